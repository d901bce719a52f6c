/**
 * @module
 * Is every row (or every column) of a tensor the exact one times some number of its own? That is what wrong magnitudes make
 * of a DoRA weight. It may hide within one step of a 16 bit dtype, but rounding does not push a whole line one way: when for
 * each line one number explains every element exactly as rounded once, and one does not, it was not rounding.
 */
import type { Grid } from './grid.ts';

/** Elements of a line, on average, below which a factor of its own explains anything: one number always fits one other. */
const LINE_LENGTH_MIN = 4;

/** Collects the interval in which the factor of every line must lie. */
export class LineFactors {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #grid: Grid;
  #count = 0;

  constructor(lines: number, grid: Grid) {
    this.#low = new Float64Array(lines).fill(-Infinity);
    this.#high = new Float64Array(lines).fill(Infinity);
    this.#grid = grid;
  }

  /** `m` is stored where `v` is exact, up to `error`. */
  add(line: number, m: number, v: number, error: number): void {
    if (v === 0 || !(Math.abs(v) < Infinity) || !(Math.abs(m) < Infinity)) return;
    this.#count++;
    const slack = this.#grid.step(m) / 2 + error, one = (m - slack) / v, other = (m + slack) / v;
    this.#low[line] = Math.max(this.#low[line]!, Math.min(one, other));
    this.#high[line] = Math.min(this.#high[line]!, Math.max(one, other));
  }

  /** Whether a factor per line explains everything, and it is not one throughout. */
  explain(): boolean {
    if (this.#count < LINE_LENGTH_MIN * this.#low.length) return false;
    let off = false;
    for (let line = 0; line < this.#low.length; line++) {
      const low = this.#low[line]!, high = this.#high[line]!;
      if (!(low <= high)) return false;
      if (low > 1 || high < 1) off = true;
    }
    return off;
  }
}
