/**
 * @module
 * Findings collected while a file is read. A hostile file has as many problems as it has bytes, so their number is
 * bounded; how many were left out is said.
 */
import { defineCode, finding, TemperError, type Code, type Finding, type ParameterValue, type Place, type Placeholders } from '../findings/index.ts';

/** Findings kept of one file. Nobody reads more, and half a million records could each have three. */
export const NOTES_MAX: number = 100;

/** Stands for the findings beyond NOTES_MAX. */
export const MORE_PROBLEMS = defineCode({
  code: 'more-problems',
  severity: 'error',
  message: { en: '{file} has {count} more problems that are not listed', zh: '{file} 还有 {count} 个问题未列出' },
  why: { en: 'The listed ones are the first; a file with that many is not worth reading on.', zh: '列出的是最先发现的；问题这么多的文件不值得继续读。' },
  fix: { en: 'Do not use this file; get it from its author again.', zh: '不要使用该文件；请向作者重新获取。' },
});

/** A bounded list of findings about one file. */
export class Notes {
  /** What messages call the file. */
  readonly file: string;
  readonly #list: Finding[] = [];
  #dropped = 0;
  #errors = 0;

  /** `file` is what messages call it; it becomes the parameter `file` and the path of every finding. */
  constructor(file: string) {
    this.file = file;
  }

  /** Adds a finding; the parameter `file` and the path are filled in. */
  add<M extends string>(code: Code<M>, parameters: Readonly<Record<Exclude<Placeholders<M>, 'file'>, ParameterValue>>, place: Place = {}): void {
    if ((place.severity ?? code.severity) === 'error') this.#errors++;
    if (this.#list.length >= NOTES_MAX) { this.#dropped++; return; }
    this.#list.push(finding(code, { file: this.file, ...parameters } as Record<Placeholders<M>, ParameterValue>, { path: this.file, ...place }));
  }

  /** Takes over findings made elsewhere. */
  take(findings: readonly Finding[]): void {
    for (const one of findings) {
      if (one.severity === 'error') this.#errors++;
      if (this.#list.length >= NOTES_MAX) this.#dropped++;
      else this.#list.push(one);
    }
  }

  /** How many errors were added. */
  get errors(): number { return this.#errors; }

  /** What was kept, and one finding for all that was not. */
  get findings(): readonly Finding[] {
    return this.#dropped === 0 ? this.#list
      : [...this.#list, finding(MORE_PROBLEMS, { file: this.file, count: this.#dropped }, { path: this.file })];
  }

  /** Throws when there are errors. */
  refuseErrors(): void {
    const errors = this.findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new TemperError(errors);
  }
}
