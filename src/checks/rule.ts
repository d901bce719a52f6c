/**
 * @module
 * What a rule is: one idea about a directory, in one file, with its codes and the golden directories that prove it.
 */
import { finding, type Code, type Finding, type ParameterValue, type Place, type Placeholders } from '../findings/index.ts';
import type { CheckContext } from './context.ts';
import type { Profile } from './profiles.ts';

/** A rule. Adding one is a file in rules/ and a line in rules/index.ts. */
export interface Rule {
  /** Short word, for tests and for people who read the code. */
  readonly name: string;
  /** Purposes without which it has nothing to say; absent: it always looks. */
  readonly profiles?: readonly Profile[];
  /** What it may report. */
  readonly codes: readonly Code[];
  /**
   * Golden directories (tests/fixtures/trees): one where it reports, for a purpose if need be, and one where it looks and is
   * silent. Without the first, a test damages a healthy one.
   */
  readonly fixtures: { readonly fires?: string; readonly profile?: Profile; readonly silent: string };
  /** Looks. Never throws for what a directory holds. */
  readonly check: (context: CheckContext, report: Report) => Promise<void> | void;
}

/** Collects the findings of a rule. */
export class Report {
  readonly #findings: Finding[] = [];

  /** Adds one. `path` is relative to the directory that was given; '' is that directory itself. */
  add<M extends string>(code: Code<M>, parameters: Readonly<Record<Placeholders<M>, ParameterValue>>, place: Place): void {
    this.take([finding(code, parameters, place)]);
  }

  /** Adds findings made elsewhere. */
  take(findings: readonly Finding[]): void {
    for (const one of findings) this.#findings.push({ ...one, path: one.path === undefined || one.path === '' ? '.' : one.path });
  }

  /** What was added, each once. */
  get findings(): readonly Finding[] {
    return [...new Map(this.#findings.map((one) => [JSON.stringify(one), one])).values()];
  }
}

/** The same text in every language, for names and numbers within a text. */
export const same = (text: string) => ({ en: text, zh: text });

/** The first names of many, and how many more there are. */
export function someOf(names: readonly string[], shown = 8): string {
  return names.length <= shown + 1 ? names.join(', ') : `${names.slice(0, shown).join(', ')} … (+${names.length - shown})`;
}
