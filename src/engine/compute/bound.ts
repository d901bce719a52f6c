/**
 * @module
 * The error bound of the float32 kernel, known before it runs: |computed − exact| ≤ P[i]·Q[j] + half a unit of the result.
 *
 * Term k of a dot product that starts at 0 and runs upwards passes through g_k roundings of at most u = 2^-24 each, so its
 * part of the error is below ((1+u)^g_k − 1)·|b·a|. Cauchy–Schwarz with the weights under both roots splits the sum into
 * a vector over rows and one over columns. It holds for separate and for fused multiply-add, in any mixture: fusing only
 * leaves roundings out. Evidence: 230 million elements, random and adversarial, none wrong; half the bound is too
 * small (tests/engine/compute-bound.test.ts).
 */

/** Above this rank the second order terms are no longer covered by `SLACK`. */
export const RANK_MAX: number = 4096;
/**
 * Terms that are summed in one chain: longer chains make the bound, and with it the list, too long. At rank 64 blocks of 32
 * cost as much as they save for BF16, and halve the list for F16.
 */
const BLOCK_TERMS = 32;
/** Scales for which no factor of the bound leaves the range of float32. */
const SCALE_MIN = 2 ** -40, SCALE_MAX = 2 ** 40;
/** No intermediate of the kernel overflows while norms and their product are below it. */
const NORM_LIMIT = 2 ** 100;

const UNIT = 2 ** -24;
/** Second order terms, the float64 reference's own roundings, those of P, Q and P·Q. */
const SLACK = 1 + 2 ** -10;
/** Added to Q, so that P·Q covers products that are lost to underflow, each at most 2^-150. */
const COLUMN_FLOOR = 2 ** -40;
/** float16: the test needs an interval around zero that float32 can tell from zero. */
const F16_ROW_FLOOR = 2 ** -60;

/** Output dtypes of the float32 kernel. */
export type HalfDType = 'BF16' | 'F16';

/** Terms that the kernel sums in one chain, for a rank. */
export const blockTerms = (rank: number): number => Math.min(rank, BLOCK_TERMS);

/** Whether the bound is defined at all for this rank and scale. */
export function isBoundable(rank: number, scale: number): boolean {
  const size = Math.abs(scale);
  return rank >= 1 && rank <= RANK_MAX && size >= SCALE_MIN && size <= SCALE_MAX;
}

/**
 * How many roundings the product of term k passes through until the end, for sums in blocks of `block` terms that are added in
 * order: its own, those of its block's chain, those of the sum of blocks. One more where the scale, multiplied
 * into B before, rounds.
 */
export function roundings(rank: number, scale: number, block: number = blockTerms(rank)): Float64Array {
  const blocks = Math.ceil(rank / block), folded = isPowerOfTwo(scale) ? 0 : 1;
  return Float64Array.from({ length: rank }, (_, k) => {
    const index = Math.floor(k / block), at = k % block, size = Math.min(block, rank - index * block);
    // The first addition is to 0 and exact, so the first two terms meet in one rounding.
    const inside = at === 0 ? size : size - at + 1;
    const outside = blocks === 1 ? 0 : index === 0 ? blocks - 1 : blocks - index;
    return inside + outside + folded;
  });
}

const isPowerOfTwo = (x: number): boolean => Math.abs(x) === 2 ** Math.round(Math.log2(Math.abs(x)));

/** The next float32 that is not below. */
function up(x: number): number {
  const rounded = Math.fround(x);
  return rounded >= x ? rounded : Math.fround(x * (1 + 2 ** -23));
}

/** P of a row from √Σ g_k·B[i,k]². */
export function rowBound(norm: number, rank: number, scale: number, dtype: HalfDType): number {
  const floor = rank * 2 ** -149 * Math.max(1, Math.abs(scale)) / COLUMN_FLOOR;
  return up(UNIT * Math.abs(scale) * norm * SLACK + Math.max(floor, dtype === 'F16' ? F16_ROW_FLOOR : 0));
}

/** Q of a column from √Σ g_k·A[k,j]². */
export const columnBound = (norm: number): number => up(norm + COLUMN_FLOOR);

/** Whether the kernel stays finite with factors of these largest norms. NaN and infinity in a factor make it false. */
export function isSafe(largestRow: number, largestColumn: number, scale: number): boolean {
  const row = largestRow * Math.max(1, Math.abs(scale));
  return row < NORM_LIMIT && largestColumn < NORM_LIMIT && row * largestColumn < NORM_LIMIT;
}
