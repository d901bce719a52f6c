/**
 * @module
 * Is every row of a tensor the exact row times some number of its own? That is what a wrong magnitude makes of a DoRA weight.
 * It may hide within one step of a 16 bit dtype, but rounding does not push a whole row one way: when for each row one number
 * explains every element exactly as rounded once, and one does not, it was not rounding.
 */
import type { Grid } from './grid.ts';

/** Collects the interval in which the factor of every row must lie. */
export class RowFactors {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #grid: Grid;

  constructor(rows: number, grid: Grid) {
    this.#low = new Float64Array(rows).fill(-Infinity);
    this.#high = new Float64Array(rows).fill(Infinity);
    this.#grid = grid;
  }

  /** `m` is stored where `v` is exact, up to `error`. */
  add(row: number, m: number, v: number, error: number): void {
    if (v === 0 || !(Math.abs(v) < Infinity) || !(Math.abs(m) < Infinity)) return;
    const slack = this.#grid.step(m) / 2 + error, one = (m - slack) / v, other = (m + slack) / v;
    this.#low[row] = Math.max(this.#low[row]!, Math.min(one, other));
    this.#high[row] = Math.min(this.#high[row]!, Math.max(one, other));
  }

  /** Whether a factor per row explains everything, and it is not one throughout. */
  explain(): boolean {
    let off = false;
    for (let row = 0; row < this.#low.length; row++) {
      const low = this.#low[row]!, high = this.#high[row]!;
      if (!(low <= high)) return false;
      if (low > 1 || high < 1) off = true;
    }
    return off;
  }
}
