/**
 * @module
 * Distances in steps of a stored dtype: how many representable values lie between two of them. Bit patterns of a float,
 * read as sign and magnitude, are in the order of the values, so a distance is a subtraction of integers.
 *
 * A NaN is at distance 0 from any NaN (payloads are never compared) and at no distance from a number; −0 is +0.
 */
import { DTYPES, valueTable, type DType } from '../tensors/index.ts';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Whether distances are defined: floats of whole bytes. */
export function hasSteps(dtype: DType): boolean {
  return DTYPES[dtype].kind === 'float' && DTYPES[dtype].bits >= 8;
}

/** Place of a bit pattern of up to 32 bits in the order of values; NaN for a NaN. `top` is the pattern of infinity. */
const ordered32 = (bits: number, sign: number, top: number): number => {
  const magnitude = bits >= sign ? bits - sign : bits;
  return magnitude > top ? NaN : bits >= sign ? -magnitude : magnitude;
};

const orders = new Map<DType, Float64Array>();

/** Place of every bit pattern of an 8 or 16 bit float. */
function orderTable(dtype: DType): Float64Array {
  let table = orders.get(dtype);
  if (table === undefined) {
    const values = valueTable(dtype), half = values.length / 2;
    // F8_E8M0 has no sign: all patterns ascend.
    const sign = dtype === 'F8_E8M0' ? values.length : half;
    table = values.map((value, bits) => (value !== value ? NaN : bits >= sign ? sign - bits : bits));
    orders.set(dtype, table);
  }
  return table;
}

const gap = (x: number, y: number): number => (x !== x || y !== y ? (x !== x && y !== y ? 0 : NaN) : Math.abs(x - y));

/**
 * Steps between the elements of `a` and `b`, both of this dtype, one distance each; NaN where exactly one is a NaN.
 * Exact below 2^53. `dtype` must have steps (`hasSteps`).
 */
export function stepDistances(dtype: DType, a: Uint8Array, b: Uint8Array, into: Float64Array, count: number = into.length): void {
  const x = view(a), y = view(b);
  switch (dtype) {
    case 'F64': for (let i = 0; i < count; i++) into[i] = gap64(x, y, i * 8); return;
    case 'F32':
      for (let i = 0; i < count; i++) {
        const p = x.getUint32(i * 4, true), q = y.getUint32(i * 4, true);
        into[i] = p === q ? 0 : gap(ordered32(p, 0x80000000, 0x7f800000), ordered32(q, 0x80000000, 0x7f800000));
      }
      return;
    case 'BF16': case 'F16': {
      const table = orderTable(dtype);
      for (let i = 0; i < count; i++) into[i] = gap(table[x.getUint16(i * 2, true)]!, table[y.getUint16(i * 2, true)]!);
      return;
    }
    default: {
      if (!hasSteps(dtype)) throw new RangeError(`no steps between elements of ${dtype}`);
      const table = orderTable(dtype);
      for (let i = 0; i < count; i++) into[i] = gap(table[a[i]!]!, table[b[i]!]!);
    }
  }
}

/** Two words, so that neighbours are told apart: patterns of 64 bits are not exact as one number. */
function gap64(x: DataView, y: DataView, at: number): number {
  const a = x.getFloat64(at, true), b = y.getFloat64(at, true);
  if (a !== a || b !== b) return a !== a && b !== b ? 0 : NaN;
  const [high, low, otherHigh, otherLow] = [x.getUint32(at + 4, true), x.getUint32(at, true), y.getUint32(at + 4, true), y.getUint32(at, true)];
  const sign = high >= 0x80000000 ? -1 : 1, otherSign = otherHigh >= 0x80000000 ? -1 : 1;
  return Math.abs((sign * (high % 0x80000000) - otherSign * (otherHigh % 0x80000000)) * 2 ** 32 + (sign * low - otherSign * otherLow));
}

/** Steps between two single elements, for messages and tests. */
export function stepDistance(dtype: DType, a: Uint8Array, b: Uint8Array): number {
  const into = new Float64Array(1);
  stepDistances(dtype, a, b, into);
  return into[0]!;
}

/** How many elements are how far away. */
export interface Histogram {
  /** Index 0: distance 0; index i ≥ 1: distance 2^(i-2)+1 … 2^(i-1), so 1, 2, 3–4, 5–8 … Trailing zeros are left out. */
  readonly counts: readonly number[];
  /** Exactly one of the two is a NaN. */
  readonly nan: number;
}

/** Collects distances. */
export class StepCounter {
  readonly #counts: number[] = [];
  #same = 0;
  #nan = 0;
  /** Largest finite distance. */
  max = 0;
  /** Elements that are not the same, NaN against number included. */
  differing = 0;

  add(distance: number): void {
    if (distance === 0) { this.#same++; return; }
    if (distance !== distance) { this.#nan++; this.differing++; return; }
    const bucket = 1 + Math.ceil(Math.log2(distance));
    while (this.#counts.length <= bucket) this.#counts.push(0);
    this.#counts[bucket]!++;
    this.differing++;
    if (distance > this.max) this.max = distance;
  }

  get histogram(): Histogram {
    return { counts: [this.#same, ...this.#counts.slice(1)], nan: this.#nan };
  }
}
