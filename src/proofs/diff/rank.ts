/**
 * @module
 * The rank of a change: how many singular values of the difference stand out from the rounding of what is stored. A LoRA
 * of rank 8 that was merged into bfloat16 weights is a matrix of full rank, of which eight values are the adapter and the
 * rest is rounding.
 *
 * Large matrices are judged by a sample of rows and columns: the rank of a part is never above that of the whole, and for
 * a part of this size it is the same unless the change is hidden in a few rows.
 */
import { orthonormalise } from '../lowrank/orthonormal.ts';
import { smallSvd } from '../lowrank/jacobi.ts';
import { picks, signs } from '../lowrank/signs.ts';

/** Rows, and columns, of the sample: 8 MiB of float64. */
export const RANK_SAMPLE = 1024;

/** Ranks are told apart up to here; adapters beyond are rare, and a full fine-tune has thousands. */
export const RANK_SHOWN_MAX = 64;

/** Columns of the sketch: the first answers for most adapters, the second for the rest. */
const SKETCHES: readonly number[] = [24, RANK_SHOWN_MAX + 8];
/** Up to this side a matrix is decomposed as a whole. */
const WHOLE_SIDE_MAX = 128;
/** Columns of a sketch that must lie below the threshold before the ones above are believed to be all. */
const SPARE = 8;
/** A matrix of independent errors has a norm of at most its largest row plus its largest column (Latała 2005), up to this. */
const SLACK = 1.25;
/** Below this share of the largest value the arithmetic itself decides. */
const ARITHMETIC = 2 ** -40;
const SEED = 1;

/** Rank of a change. `least`: at least that many. `of`: the rank that the matrix could have. */
export interface ChangeRank { readonly rank: number; readonly least: boolean; readonly of: number }

/** Elements of the sample, and the power of the rounding in every row and column of it. */
export class RankSample {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly #values: Float64Array;
  readonly #rowNoise: Float64Array;
  readonly #columnNoise: Float64Array;
  readonly #of: number;

  constructor(rows: number, columns: number) {
    this.#of = Math.min(rows, columns);
    this.rows = picks(rows, RANK_SAMPLE, SEED);
    this.columns = picks(columns, RANK_SAMPLE, SEED + 1);
    this.#values = new Float64Array(this.rows.length * this.columns.length);
    this.#rowNoise = new Float64Array(this.rows.length);
    this.#columnNoise = new Float64Array(this.columns.length);
  }

  /** The element at row `i`, column `j` of the sample, and the step of the numbers around it. */
  set(i: number, j: number, difference: number, step: number): void {
    // What is not finite has no place in a matrix.
    if (!(Math.abs(difference) < Infinity)) return;
    this.#values[i * this.columns.length + j] = difference;
    const power = (step * step) / 12;
    this.#rowNoise[i]! += power;
    this.#columnNoise[j]! += power;
  }

  /** The rank of what was set. */
  rank(): ChangeRank {
    const [m, n] = [this.rows.length, this.columns.length], side = Math.min(m, n);
    const threshold = SLACK * (Math.sqrt(max(this.#rowNoise)) + Math.sqrt(max(this.#columnNoise)));
    const sizes = side <= WHOLE_SIDE_MAX ? [side] : SKETCHES.map((k) => Math.min(k, side));
    for (const k of sizes) {
      const values = this.#sketch(k), limit = Math.max(threshold, ARITHMETIC * (values[0] ?? 0));
      const rank = values.filter((value) => value > limit).length;
      if (k === side || rank <= k - SPARE) return { rank, least: false, of: this.#of };
    }
    return { rank: RANK_SHOWN_MAX, least: true, of: this.#of };
  }

  /** Singular values of the sample within the range of `k` random combinations of its columns. */
  #sketch(k: number): Float64Array {
    const values = this.#values, [m, n] = [this.rows.length, this.columns.length];
    const range = Array.from({ length: k }, (_, c) => {
      const test = signs(n, c, SEED), column = new Float64Array(m);
      for (let i = 0; i < m; i++) {
        let sum = 0;
        for (let j = 0, at = i * n; j < n; j++, at++) sum += values[at]! * test[j]!;
        column[i] = sum;
      }
      return column;
    });
    const projected = orthonormalise(range).q.map((q) => {
      const row = new Float64Array(n);
      for (let i = 0; i < m; i++) {
        const weight = q[i]!;
        if (weight === 0) continue;
        for (let j = 0, at = i * n; j < n; j++, at++) row[j]! += weight * values[at]!;
      }
      return row;
    });
    return smallSvd(orthonormalise(projected).r, false).values;
  }
}

function max(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}
