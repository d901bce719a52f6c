/**
 * @module
 * Do small differences all lean one way? Rounding is as often up as down; another delta (a wrong factor, an earlier checkpoint)
 * pushes towards itself or away, even where it stays within a step.
 */

/** Differences below this number say nothing. */
const COUNT_MIN = 20;

/** Counts the differences that no float32 evaluation explains, by their direction along the delta. */
export class Leaning {
  #beyond = 0;
  #short = 0;
  /** Balance of every row and of every column, where they may share a rounding (a norm, a quotient). */
  readonly #lines: readonly [Int32Array, Int32Array] | undefined;

  /** `shared`: a whole row or column may be off for one rounding, so only their number counts, not that of their elements. */
  constructor(rows: number, columns: number, shared: boolean) {
    this.#lines = shared ? [new Int32Array(rows), new Int32Array(columns)] : undefined;
  }

  add(row: number, column: number, beyond: boolean): void {
    if (beyond) this.#beyond++;
    else this.#short++;
    if (this.#lines === undefined) return;
    this.#lines[0][row]! += beyond ? 1 : -1;
    this.#lines[1][column]! += beyond ? 1 : -1;
  }

  /** How many standard deviations from an even balance. */
  get sigmas(): number {
    const count = this.#beyond + this.#short, balance = Math.abs(this.#beyond - this.#short);
    if (count < COUNT_MIN) return 0;
    if (this.#lines === undefined) return balance / Math.sqrt(count);
    return Math.min(...this.#lines.map((lines) => balance / Math.sqrt(lines.reduce((sum, line) => sum + line * line, 0) || 1)));
  }
}
