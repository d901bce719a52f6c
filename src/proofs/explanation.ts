/**
 * @module
 * Ways in which a stored element can have come about: which deltas were added how often, by what factor, and what was rounded
 * on the way. An explanation admits an element when some float32 evaluation within its error bound gives it.
 */
import type { DType } from '../tensors/index.ts';
import { UNIT } from './bounds.ts';
import { gridOf, hasGrid, isNarrower, type Grid } from './grid.ts';

/** One way. Plain data except for its grids. */
export interface Explanation {
  /** How it is known: `peft`, `peft-safe` … */
  readonly name: string;
  /** How often the whole sequence of deltas was added. */
  readonly times: number;
  /** Factor of every delta, and how uncertain it is. */
  readonly factor: number;
  readonly factorError: number;
  /** What sums are rounded to: after every step, or only once at the end. */
  readonly store: Grid;
  readonly each: boolean;
  /** What every delta is rounded to before it is added. */
  readonly delta?: Grid;
  /** The weight was rounded to `store` before anything was added. */
  readonly roundedStart: boolean;
  /** The last rounding cuts off instead of going to the nearest. */
  readonly cut: boolean;
}

/** Elements in step: what the merged model has, and what could explain it. Arrays are reused from tile to tile. */
export interface Tile {
  /** Of the merged tensor. */
  readonly dtype: DType;
  /** First element, row-major. */
  readonly begin: number;
  readonly count: number;
  /** Merged, as stored. */
  readonly m: Float64Array;
  /** The exact value, and that value rounded once to the merged dtype. */
  readonly v: Float64Array;
  readonly rounded: Float64Array;
  /** The base in the merged dtype. */
  readonly base: Float64Array;
  /** What the deltas are added to. */
  readonly start: Float64Array;
  /** Every step's delta and the error bound of its float32 evaluation. */
  readonly deltas: readonly Float64Array[];
  readonly errors: readonly Float64Array[];
  /** Steps between merged and rounded; NaN for a NaN against a number. */
  readonly distances: Float64Array;
}

/** The interval of stored values that an explanation allows for element `i`, written into `into`. */
export function allowed(how: Explanation, tile: Tile, i: number, into: Float64Array): void {
  const { store, delta, factor, factorError, each, times } = how, steps = tile.deltas.length;
  const narrow = store.dtype !== 'F32' && store.dtype !== 'F64';
  let low = tile.start[i]!, high = low;
  if (how.roundedStart) low = high = store.round(low);
  for (let time = 1; time <= times; time++) {
    for (let step = 0; step < steps; step++) {
      const d = tile.deltas[step]![i]!, e = Math.abs(factor) * tile.errors[step]![i]! + factorError * Math.abs(d);
      let least = factor * d - e, most = factor * d + e;
      if (delta !== undefined) { least = delta.round(least); most = delta.round(most); }
      low += least;
      high += most;
      const last = time === times && step === steps - 1;
      if (!each && !last) continue;
      // A sum is a float32 before it is rounded to something narrower. Nothing was added to what is not finite, or where d is 0.
      if (narrow && (least !== 0 || most !== 0) && Math.abs(low) < Infinity) { low -= UNIT * Math.abs(low); high += UNIT * Math.abs(high); }
      const cut = how.cut && last;
      low = cut ? store.towardZero(low) : store.round(low);
      high = cut ? store.towardZero(high) : store.round(high);
    }
  }
  into[0] = low;
  into[1] = high;
}

const range = new Float64Array(2);

/** Whether an explanation allows element `i`. */
export function admits(how: Explanation, tile: Tile, i: number): boolean {
  allowed(how, tile, i, range);
  const m = tile.m[i]!, low = range[0]!, high = range[1]!;
  return (m >= low && m <= high) || (m !== m && low !== low && high !== high);
}

/** What is known about the dtypes of a merge. */
export interface Dtypes {
  readonly merged: DType;
  readonly start: DType;
  /** Of the adapters' factors. */
  readonly factors: readonly DType[];
  /** Number of deltas added one after the other. */
  readonly steps: number;
  /** Whether the value is a weight plus deltas; otherwise only the last rounding is open. */
  readonly linear: boolean;
}

/** The value rounded once, every adapter in turn: PEFT's plain merge. */
export function plain(merged: DType): Explanation {
  if (!hasGrid(merged)) throw new RangeError(`cannot round to ${merged}`);
  return { name: 'peft', times: 1, factor: 1, factorError: 0, store: gridOf(merged), each: true, roundedStart: false, cut: false };
}

/** Every delta rounded to the merged dtype before it is added: PEFT's safe merge, and its merge of embeddings. */
export const safe = (how: Explanation): Explanation => ({ ...how, name: 'peft-safe', delta: how.store });

/**
 * The roundings that tools are known for, the most usual first. `peft` and `peft-safe` are PEFT's two merges. A tool may
 * also add all deltas before it rounds, round deltas to the adapter's dtype, load the base in the merged dtype first, merge
 * in the base's dtype and store something wider, or cut off instead of rounding.
 */
export function knownRoundings({ merged, start, factors, steps, linear }: Dtypes): Explanation[] {
  const first = plain(merged), known: Explanation[] = [first];
  if (linear) {
    if (steps > 1) known.push({ ...first, name: 'sum-first', each: false });
    known.push(safe(first));
    for (const dtype of new Set(factors)) {
      if (dtype !== merged && hasGrid(dtype) && dtype !== 'F32' && dtype !== 'F64') known.push({ ...first, name: `delta-${dtype}`, delta: gridOf(dtype) });
    }
    if (isNarrower(merged, start)) known.push({ ...first, name: `base-${merged}`, roundedStart: true }, { ...safe(first), name: `peft-safe, base-${merged}`, roundedStart: true });
  }
  if (isNarrower(start, merged) && hasGrid(start)) {
    const inBase = { ...plain(start), name: `merged-in-${start}` };
    known.push(inBase);
    if (linear) known.push({ ...safe(inBase), name: `peft-safe, merged-in-${start}` });
  }
  known.push({ ...first, name: 'cut-off', cut: true });
  return known;
}
