/**
 * @module
 * The one error type. An operation that cannot go on throws it with a finding inside; checks never throw.
 */
import { finding, lookUpCode, type Code, type Finding, type ParameterValue, type Place, type Placeholders } from './define.ts';
import { fill } from './render.ts';

const TAG = Symbol.for('temper.error');

/** Thrown when an operation cannot run or refuses. Holds one finding, or several of the same kind of refusal. */
export class TemperError extends Error {
  readonly findings: readonly Finding[];
  readonly [TAG] = true;

  constructor(findings: readonly Finding[], options?: ErrorOptions) {
    const first = findings[0];
    if (first === undefined) throw new Error('a TemperError needs a finding');
    const code = lookUpCode(first.code);
    super(`${first.code}: ${code ? fill(code.message.en, first.parameters, 'en') : ''}`, options);
    this.name = 'TemperError';
    this.findings = findings;
  }

  /** Code of the first finding. */
  get code(): string {
    return this.findings[0]!.code;
  }
}

/** Whether `error` is a TemperError, whichever copy of this package made it; with `code`, whether it has that code. */
export function isTemperError(error: unknown, code?: string): error is TemperError {
  return typeof error === 'object' && error !== null && TAG in error
    && (code === undefined || (error as TemperError).code === code);
}

/** Throws a refusal with one finding. */
export function refuse<M extends string>(
  code: Code<M>,
  parameters: Readonly<Record<Placeholders<M>, ParameterValue>>,
  place: Place = {},
  options?: ErrorOptions,
): never {
  throw new TemperError([finding(code, parameters, { ...place, severity: 'error' })], options);
}
