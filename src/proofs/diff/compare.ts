/**
 * @module
 * Two tensors compared: as bytes until the first difference, then as numbers, tile by tile, in memory that does not depend
 * on their size. Values of two dtypes are widened to float64, which is exact.
 */
import { bitsOf, decodeElements, DTYPES, elementCount, encodeElements, ENCODABLE, sameShape, slice, type DType, type Expression } from '../../tensors/index.ts';
import { sameElements } from '../bytewise.ts';
import { gridOf, hasGrid } from '../grid.ts';
import { openStream, TILE_ELEMENTS, type Compile, type Stream } from '../streams.ts';
import { turn } from '../turn.ts';
import { RankSample, type ChangeRank } from './rank.ts';

/** What became of a tensor from A to B. */
export type DiffStatus = 'added' | 'removed' | 'changed' | 'same' | 'dtype_changed' | 'shape_changed';

/** How two tensors differ. */
export interface Difference {
  readonly status: DiffStatus;
  readonly elements: number;
  readonly differing: number;
  /** Largest |b − a| of elements that are finite in both. */
  readonly maxAbs?: number;
  /** ‖b − a‖ / ‖a‖; null when a is zero and b is not. */
  readonly relativeNorm?: number | null;
  /** Elements that are finite on one side only. */
  readonly notFinite?: number;
  /** Rows of a vocabulary that differ; of those both have, when it grew or shrank. */
  readonly changedRows?: number;
  readonly rank?: ChangeRank;
  /** No element is more than one step of the dtype off, and all values are finite: another rounding of the same numbers. */
  readonly roundingOnly?: boolean;
}

/** How to look at a tensor. */
export interface CompareOptions {
  /** Rows are tokens: count those that differ, and compare the common ones when there are more on one side. */
  readonly vocabulary?: boolean;
  /** Work out the rank of the change of a matrix. */
  readonly rank?: boolean;
  /** Nothing but the status is wanted: a tensor of one dtype is read no further than to its first difference, and `differing` is then 1. */
  readonly onlyStatus?: boolean;
  readonly signal?: AbortSignal;
  readonly onTile?: (elements: number) => void;
}

/** dtypes with values that `decodeElements` knows. */
const isNumber = (dtype: DType): boolean => ['float', 'int', 'uint', 'bool'].includes(DTYPES[dtype].kind) && bitsOf(dtype) >= 8;

/** Compares `a` with `b`. */
export async function compareTensors(a: Expression, b: Expression, compile: Compile, options: CompareOptions = {}): Promise<Difference> {
  if (!sameShape(a.shape, b.shape)) {
    const common = Math.min(a.shape[0] ?? 0, b.shape[0] ?? 0), elements = elementCount(b.shape);
    const comparable = options.vocabulary && a.shape.length === 2 && b.shape.length === 2 && a.shape[1] === b.shape[1] && isNumber(a.dtype) && isNumber(b.dtype);
    if (!comparable) return { status: 'shape_changed', elements, differing: elements };
    const { status: _, rank: __, ...rest } = await new Comparison(slice(0, 0, common, a), slice(0, 0, common, b), options).run(compile);
    return { ...rest, status: 'shape_changed' };
  }
  if (a.dtype === b.dtype) {
    const differing = await firstDifference(a, b, compile, options);
    if (differing === undefined) return { status: 'same', elements: elementCount(a.shape), differing: 0 };
    if (options.onlyStatus) return { status: 'changed', elements: elementCount(a.shape), differing: 1 };
  }
  if (isNumber(a.dtype) && isNumber(b.dtype)) return new Comparison(a, b, options).run(compile);
  // Packed and quantised elements have no values here: their bytes differ, or their dtypes do.
  const elements = elementCount(a.shape);
  return { status: a.dtype === b.dtype ? 'changed' : 'dtype_changed', elements, differing: elements };
}

/** Place of the first tile that is not the same, or undefined. */
async function firstDifference(a: Expression, b: Expression, compile: Compile, { signal, onTile }: CompareOptions): Promise<number | undefined> {
  const total = elementCount(a.shape), bits = bitsOf(a.dtype), left = await openStream(compile, a), right = await openStream(compile, b);
  for (let begin = 0; begin < total; begin += TILE_ELEMENTS) {
    await turn(signal);
    const end = Math.min(total, begin + TILE_ELEMENTS);
    if (!sameElements(a.dtype, await left.read(begin, end), await right.read(begin, end), ((end - begin) * bits) / 8)) return begin;
    onTile?.(end - begin);
  }
  return undefined;
}

/** Two roundings of one number are at most this many steps apart. */
const ROUNDING_STEPS = 1;

/** Two tensors of one shape whose elements are numbers. */
class Comparison {
  readonly #a: Expression;
  readonly #b: Expression;
  readonly #options: CompareOptions;
  readonly #columns: number;
  readonly #rows: Uint8Array | undefined;
  readonly #sample: RankSample | undefined;
  readonly #step: (a: number, b: number) => number;
  /** Directions in which every element may be a rounding of the other one. */
  readonly #roundings: { readonly from: 'a' | 'b'; readonly to: DType; holds: boolean }[];
  #differing = 0;
  #notFinite = 0;
  #max = 0;
  /** Largest difference in steps of the dtype; not followed any further beyond ROUNDING_STEPS. */
  #steps = 0;
  #squaresA = 0;
  #squaresD = 0;

  constructor(a: Expression, b: Expression, options: CompareOptions) {
    this.#a = a;
    this.#b = b;
    this.#options = options;
    const { shape } = a, matrix = shape.length === 2 || shape.length > 3;
    this.#columns = Math.max(1, elementCount(shape.slice(1)));
    this.#rows = options.vocabulary ? new Uint8Array(shape[0] ?? 0) : undefined;
    this.#sample = options.rank && matrix && hasGrid(a.dtype) && hasGrid(b.dtype) && !shape.includes(0) ? new RankSample(shape[0]!, this.#columns) : undefined;
    const left = hasGrid(a.dtype) ? gridOf(a.dtype) : undefined, right = hasGrid(b.dtype) ? gridOf(b.dtype) : undefined;
    this.#step = (x, y) => { const most = Math.max(Math.abs(x), Math.abs(y)); return Math.max(left?.step(most) ?? 0, right === left ? 0 : right?.step(most) ?? 0); };
    this.#roundings = a.dtype === b.dtype ? [] : [{ from: 'a' as const, to: b.dtype, holds: true }, { from: 'b' as const, to: a.dtype, holds: true }].filter(({ to }) => ENCODABLE.has(to));
  }

  async run(compile: Compile): Promise<Difference> {
    const [a, b] = [this.#a, this.#b], total = elementCount(a.shape), left = await openStream(compile, a), right = await openStream(compile, b);
    const size = Math.min(total, TILE_ELEMENTS), x = new Float64Array(size), y = new Float64Array(size), scratch = new Uint8Array(size * 8);
    for (let begin = 0; begin < total; begin += TILE_ELEMENTS) {
      await turn(this.#options.signal);
      const end = Math.min(total, begin + TILE_ELEMENTS), count = end - begin;
      const bytesA = await read(left, a.dtype, begin, end, x), bytesB = await read(right, b.dtype, begin, end, y);
      this.#look(begin, count, x, y);
      for (const rounding of this.#roundings) {
        if (!rounding.holds) continue;
        const [values, stored] = rounding.from === 'a' ? [x, bytesB] : [y, bytesA];
        encodeElements(rounding.to, values, scratch, count);
        rounding.holds = sameElements(rounding.to, scratch, stored, (count * bitsOf(rounding.to)) / 8);
      }
      this.#options.onTile?.(count);
    }
    return this.#result(total);
  }

  #look(begin: number, count: number, x: Float64Array, y: Float64Array): void {
    let squaresA = 0, squaresD = 0, differing = 0, notFinite = 0, max = 0, steps = this.#steps;
    const rows = this.#rows, columns = this.#columns, step = this.#step;
    for (let i = 0; i < count; i++) {
      const p = x[i]!, q = y[i]!, square = p * p;
      if (square < Infinity) squaresA += square;
      // Any NaN is any other one.
      if (p === q || (p !== p && q !== q)) continue;
      differing++;
      if (rows !== undefined) rows[Math.floor((begin + i) / columns)] = 1;
      const d = Math.abs(q - p);
      if (!(d < Infinity)) { notFinite++; continue; }
      squaresD += d * d;
      if (d > max) max = d;
      if (steps <= ROUNDING_STEPS) steps = Math.max(steps, d / step(p, q));
    }
    this.#squaresA += squaresA;
    this.#squaresD += squaresD;
    this.#differing += differing;
    this.#notFinite += notFinite;
    this.#max = Math.max(this.#max, max);
    this.#steps = steps;
    if (this.#sample !== undefined) this.#collect(this.#sample, begin, count, x, y);
  }

  #collect(sample: RankSample, begin: number, count: number, x: Float64Array, y: Float64Array): void {
    const columns = this.#columns, last = Math.floor((begin + count - 1) / columns);
    for (let i = lowerBound(sample.rows, Math.floor(begin / columns)); i < sample.rows.length && sample.rows[i]! <= last; i++) {
      const start = sample.rows[i]! * columns - begin;
      for (let j = 0; j < sample.columns.length; j++) {
        const at = start + sample.columns[j]!;
        if (at >= 0 && at < count) sample.set(i, j, y[at]! - x[at]!, this.#step(x[at]!, y[at]!));
      }
    }
  }

  #result(elements: number): Difference {
    const differing = this.#differing, otherDType = this.#a.dtype !== this.#b.dtype;
    const status = otherDType && (differing === 0 || this.#roundings.some(({ holds }) => holds)) ? 'dtype_changed' : differing === 0 ? 'same' : 'changed';
    const relative = this.#squaresD === 0 ? 0 : this.#squaresA === 0 ? null : Math.sqrt(this.#squaresD) / Math.sqrt(this.#squaresA);
    // Integers have no steps: 0 steps of 0 make the difference infinitely many.
    const roundingOnly = status === 'changed' && !otherDType && this.#notFinite === 0 && this.#steps <= ROUNDING_STEPS;
    return {
      status, elements, differing, maxAbs: this.#max, relativeNorm: relative,
      ...(this.#notFinite === 0 ? {} : { notFinite: this.#notFinite }),
      ...(this.#rows === undefined ? {} : { changedRows: this.#rows.reduce((sum, row) => sum + row, 0) }),
      ...(roundingOnly ? { roundingOnly } : {}),
      ...(this.#sample === undefined || status !== 'changed' || roundingOnly ? {} : { rank: this.#sample.rank() }),
    };
  }
}

/** Elements as they are stored, and as numbers in `into`. */
async function read(stream: Stream, dtype: DType, begin: number, end: number, into: Float64Array): Promise<Uint8Array> {
  const bytes = await stream.read(begin, end);
  decodeElements(dtype, bytes, into, end - begin);
  return bytes;
}

/** Index of the first number that is not below `least`. */
function lowerBound(sorted: Int32Array, least: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < least) low = middle + 1; else high = middle;
  }
  return low;
}
