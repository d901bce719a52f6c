/**
 * @module
 * What a scan has seen so far: names and their judgement, findings, and the verdict that follows from both.
 */
import type { Finding } from '../../findings/index.ts';
import { Notes } from '../../containers/notes.ts';
import type { PyGlobal } from '../../containers/torch/index.ts';
import { SCAN_DANGEROUS, SCAN_FRAMEWORK, SCAN_UNKNOWN } from './codes.ts';
import { judge, type Level } from './judge.ts';

/** The answer of a scan, from harmless to worst (fixtures/hostile/README.md). */
export const VERDICTS = ['data-only', 'benign-framework', 'finding', 'unknown', 'refuse', 'dangerous'] as const;
/** One of them. */
export type Verdict = typeof VERDICTS[number];

/** The worst of several verdicts. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let at = 0;
  for (const verdict of verdicts) at = Math.max(at, VERDICTS.indexOf(verdict));
  return VERDICTS[at]!;
}

/** Names listed of one file; a stream may name 65 536. */
const NAMES_SHOWN = 20;

/** Collects. */
export class ScanReport {
  readonly notes: Notes;
  readonly #globals = new Map<string, { level: Level; offset: number }>();
  readonly #kept = new Set<string>();

  /** `file` is what messages call it. */
  constructor(file: string) {
    this.notes = new Notes(file);
  }

  /** Adds names; `level` overrides the tables for one that was used in a way they do not know. */
  add(globals: readonly PyGlobal[], override: ReadonlyMap<string, Level> = new Map()): void {
    for (const { module, name, path, offset } of globals) {
      const level = override.get(path) ?? judge(module, name), known = this.#globals.get(path);
      if (known === undefined || LEVELS.indexOf(level) > LEVELS.indexOf(known.level)) this.#globals.set(path, { level, offset: known?.offset ?? offset });
    }
  }

  /** Raises the verdict to dangerous for a reason that is no name; `key` keeps it from being said twice. */
  danger(name: string, offset: number): void {
    const key = `${name}\n${offset}`;
    if (this.#kept.has(key)) return;
    this.#kept.add(key);
    this.#dangers.push({ name, offset });
  }
  readonly #dangers: { name: string; offset: number }[] = [];

  /** Every name, in order of appearance. */
  get globals(): readonly string[] { return [...this.#globals.keys()]; }

  /** Findings, those about names last. */
  get findings(): readonly Finding[] {
    const notes = new Notes(this.#label), of = (level: Level) => [...this.#globals].filter(([, one]) => one.level === level);
    for (const { name, offset } of [...of('dangerous').map(([name, { offset }]) => ({ name, offset })), ...this.#dangers]) notes.add(SCAN_DANGEROUS, { name, offset }, { offset });
    for (const [name, { offset }] of of('unknown')) notes.add(SCAN_UNKNOWN, { name, offset }, { offset });
    const framework = of('framework').map(([name]) => name);
    if (framework.length > 0) {
      const rest = framework.length - NAMES_SHOWN;
      notes.add(SCAN_FRAMEWORK, { names: framework.slice(0, NAMES_SHOWN).join(', ') + (rest > 0 ? ` + ${rest}` : '') });
    }
    return [...this.notes.findings, ...notes.findings];
  }
  get #label(): string { return this.notes.file; }

  get verdict(): Verdict {
    const levels = new Set([...this.#globals.values()].map(({ level }) => level));
    if (levels.has('dangerous') || this.#dangers.length > 0) return 'dangerous';
    if (this.notes.errors > 0) return 'refuse';
    if (levels.has('unknown')) return 'unknown';
    if (this.notes.findings.some(({ severity }) => severity === 'warning')) return 'finding';
    return levels.has('framework') ? 'benign-framework' : 'data-only';
  }
}

const LEVELS: readonly Level[] = ['data', 'framework', 'unknown', 'dangerous'];
