/**
 * @module
 * Findings as text in a language, and as the JSON of the machine-readable contract.
 */
import { lookUpCode, type Finding, type Language, type ParameterValue, type Severity } from './define.ts';
import { printable } from './printable.ts';

/** Replaces every `{name}` by its parameter. A missing one stays visible rather than disappear. */
export function fill(template: string, parameters: Readonly<Record<string, ParameterValue>>, language: Language): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(parameters, name)) return whole;
    const value = parameters[name]!;
    return printable(typeof value === 'object' ? value[language] : String(value));
  });
}

/** A finding as the contract wants it: `message`, `why` and `fix` in one language, keys in snake_case. */
export interface FindingDocument {
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  readonly tensor?: string;
  readonly offset?: number;
  readonly profile?: string;
  readonly message: string;
  readonly found?: string | number;
  readonly expected?: string | number;
  readonly why?: string;
  readonly fix?: string;
}

/** Renders a finding. `path` defaults to `.`, the directory that was given. */
export function renderFinding(finding: Finding, language: Language): FindingDocument {
  const { code, severity, parameters, path = '.', tensor, offset, profile, found, expected } = finding;
  const definition = lookUpCode(code);
  const say = (text: { en: string; zh: string } | undefined) => (text ? fill(text[language], parameters, language) : undefined);
  const why = say(definition?.why), fix = say(definition?.fix);
  return {
    code, severity, path,
    ...(tensor === undefined ? {} : { tensor }),
    ...(offset === undefined ? {} : { offset }),
    ...(profile === undefined ? {} : { profile }),
    message: say(definition?.message) ?? code,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(why ? { why } : {}),
    ...(fix ? { fix } : {}),
  };
}
