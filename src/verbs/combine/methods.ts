/**
 * @module
 * The ways to combine LoRAs that PEFT's `add_weighted_adapter` has (peft.md §3), as a table: what they work on, what they
 * drop first, and how they add up the rest.
 */

/** cat: factors side by side. factors: {A} and {B} apart. delta: the products, then a decomposition. */
export interface CombineMethod {
  readonly on: 'cat' | 'factors' | 'delta';
  readonly drop: 'nothing' | 'small' | 'random';
  readonly add: 'sum' | 'ties';
}

/** By PEFT's names. */
export const COMBINE_METHODS = {
  cat: { on: 'cat', drop: 'nothing', add: 'sum' },
  linear: { on: 'factors', drop: 'nothing', add: 'sum' },
  svd: { on: 'delta', drop: 'nothing', add: 'sum' },
  ties: { on: 'factors', drop: 'small', add: 'ties' },
  ties_svd: { on: 'delta', drop: 'small', add: 'ties' },
  dare_linear: { on: 'factors', drop: 'random', add: 'sum' },
  dare_ties: { on: 'factors', drop: 'random', add: 'ties' },
  dare_linear_svd: { on: 'delta', drop: 'random', add: 'sum' },
  dare_ties_svd: { on: 'delta', drop: 'random', add: 'ties' },
  magnitude_prune: { on: 'factors', drop: 'small', add: 'sum' },
  magnitude_prune_svd: { on: 'delta', drop: 'small', add: 'sum' },
} as const satisfies Record<string, CombineMethod>;

/** Name of a method. */
export type CombineName = keyof typeof COMBINE_METHODS;

/** How ties elects a sign: by the sum of the values, or of their signs. */
export type SignElection = 'total' | 'frequency';

/** Which elements of a tensor are kept; asked in row-major order, every index once. */
export type Keep = (value: number, index: number) => boolean;

/** Looks at all values of a tensor in row-major order. */
export type Pass = (see: (value: number) => void) => Promise<void> | void;

const f32 = new Float32Array(1), u32 = new Uint32Array(f32.buffer);

/** Bits of |value| as float32: ordered like the magnitudes. */
function magnitudeBits(value: number): number {
  f32[0] = Math.abs(value);
  return u32[0]!;
}

/** Halves of a pattern of 32 bits that are counted one after the other. */
const HALF = 1 << 16;

/**
 * Keeps the `count` largest magnitudes, as float32, of the tensor that `pass` shows; of equal ones at the border those that
 * come first. Two passes with a table of counts each: no copy of the tensor, no sorting.
 */
export async function keepLargest(pass: Pass, count: number): Promise<Keep> {
  if (count <= 0) return () => false;
  const border = async (of: (bits: number) => number | undefined, wanted: number): Promise<{ half: number; above: number }> => {
    const counts = new Float64Array(HALF);
    await pass((value) => { const half = of(magnitudeBits(value)); if (half !== undefined) counts[half]!++; });
    let above = 0;
    for (let half = HALF - 1; half > 0; half--) {
      if (above + counts[half]! >= wanted) return { half, above };
      above += counts[half]!;
    }
    return { half: 0, above };
  };
  const high = await border((bits) => bits >>> 16, count);
  const low = await border((bits) => (bits >>> 16 === high.half ? bits & (HALF - 1) : undefined), count - high.above);
  const threshold = high.half * HALF + low.half;
  let ties = count - high.above - low.above;
  return (value) => {
    const bits = magnitudeBits(value);
    return bits > threshold || (bits === threshold && ties-- > 0);
  };
}

/** One element of the result from those of the sources, dropped ones as 0. */
export function addUp(values: readonly number[], weights: readonly number[], add: CombineMethod['add'], election: SignElection): number {
  let sum = 0;
  if (add === 'sum') {
    for (let i = 0; i < values.length; i++) sum += weights[i]! * values[i]!;
    return sum;
  }
  let votes = 0;
  for (const value of values) votes += election === 'total' ? value : Math.sign(value);
  const elected = votes >= 0 ? 1 : -1;
  let kept = 0;
  for (let i = 0; i < values.length; i++) {
    if (Math.sign(values[i]!) !== elected) continue;
    sum += weights[i]! * values[i]!;
    kept++;
  }
  return kept > 1 ? sum / kept : sum;
}
