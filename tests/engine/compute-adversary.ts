/**
 * @module
 * Tiles of `round(W + s·B·A)` that are hard to round, and their definition: float64, k ascending, one rounding.
 */
import { add, cast, matmul, roundBits, scale, stored, valueTable, type Expression } from '../../src/tensors/index.ts';
import { random, type Files, type Random } from './compute-support.ts';

export type Half = 'BF16' | 'F16';

/** A tile and what it is made of. */
export interface Tile {
  readonly dtype: Half;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly s: number;
  readonly b: Float32Array;
  readonly a: Float32Array;
  readonly w: Uint16Array;
}

/** How a kind of data is made. `w` may look at the float64 delta; null: any bit pattern. */
interface Kind {
  readonly dtypes: readonly Half[];
  readonly s: (rank: number) => number;
  readonly b: (r: Random, i: number, k: number) => number;
  readonly a: (r: Random, k: number, j: number) => number;
  readonly w: ((r: Random, delta: number, rms: number) => number) | null;
}

const both = ['BF16', 'F16'] as const;
const spread = (r: Random, low: number, high: number): number => 2 ** (low + r.next() * (high - low)) * (r.next() < 0.5 ? -1 : 1);

export const KINDS: ReadonlyMap<string, Kind> = new Map(Object.entries({
  'ordinary': { dtypes: both, s: () => 2, b: (r) => r.normal(), a: (r) => r.normal(), w: (r, _, rms) => r.normal() * rms / 0.03 },
  'large delta, scale not a power of two': { dtypes: both, s: (rank) => 16 / Math.sqrt(rank), b: (r) => r.normal(), a: (r) => r.normal(), w: (r, _, rms) => r.normal() * rms / 0.3 },
  'W near minus delta': { dtypes: both, s: () => 0.7, b: (r) => r.normal() * 0.05, a: (r) => r.normal() * 0.05, w: (r, delta) => -delta * (1 + (r.int(9) - 4) * 2 ** -8) },
  'W zero, delta small': { dtypes: both, s: () => 2, b: (r) => r.normal() * 2e-4, a: (r) => r.normal() * 2e-4, w: () => 0 },
  'exact ties': { dtypes: both, s: () => 0.25, b: (r) => r.int(9) - 4, a: (r) => r.int(9) - 4, w: (r) => r.int(513) - 256 },
  'products below float32': { dtypes: ['BF16'], s: () => 2 ** 20, b: (r) => spread(r, -90, -60), a: (r) => spread(r, -80, -60), w: (r) => spread(r, -130, -100) },
  'denormal results': { dtypes: ['BF16'], s: () => 3, b: (r) => spread(r, -75, -60), a: (r) => spread(r, -75, -60), w: (r) => spread(r, -134, -124) },
  'any bits in W': { dtypes: both, s: () => 1.1, b: (r) => spread(r, -20, 3), a: (r) => spread(r, -20, 3), w: null },
  'huge': { dtypes: both, s: () => -8, b: (r) => spread(r, 5, 20), a: (r) => spread(r, 5, 20), w: (r) => spread(r, 10, 15.9) },
  'zero rows and columns': { dtypes: both, s: () => 2, b: (r, i) => (i % 3 ? 0 : r.normal()), a: (r, _, j) => (j % 5 ? r.normal() : 0), w: (r) => (r.next() < 0.3 ? (r.next() < 0.5 ? -0 : 0) : r.normal()) },
  'near overflow': { dtypes: ['BF16'], s: () => 2 ** 10, b: (r) => spread(r, 20, 30), a: (r) => spread(r, 20, 30), w: (r) => spread(r, 120, 127.99) },
  'subnormal results': { dtypes: ['F16'], s: () => 0.5, b: (r) => r.normal() * 1e-3, a: (r) => r.normal() * 1e-3, w: (r) => r.normal() * 1e-5 },
  'drift to one side': { dtypes: both, s: () => 1, b: (r, _, k) => (k ? 2 ** -12 * (1 - 2 ** -9 * r.next()) : 1 + r.int(512) * 2 ** -23), a: (_, k) => (k ? 2 ** -12 : 1), w: (r) => 2 ** -8 * (1 + r.int(256) * 2 ** -8) },
} satisfies Record<string, Kind>));

/** A tile of a kind. */
export function makeTile(kind: string, dtype: Half, rank: number, rows: number, columns: number, seed: number): Tile {
  const { s: scaleOf, b: makeB, a: makeA, w: makeW } = KINDS.get(kind)!, r = random(seed), s = scaleOf(rank);
  const b = Float32Array.from({ length: rows * rank }, (_, n) => makeB(r, Math.floor(n / rank), n % rank));
  const a = Float32Array.from({ length: rank * columns }, (_, n) => makeA(r, Math.floor(n / columns), n % columns));
  const w = new Uint16Array(rows * columns), delta = new Float64Array(columns), rms = s * Math.sqrt(rank);
  for (let i = 0; i < rows; i++) {
    sumRow(b, a, i, rank, columns, delta);
    for (let j = 0; j < columns; j++) w[i * columns + j] = makeW === null ? r.int(65_536) : roundBits(dtype, makeW(r, s * delta[j]!, rms));
  }
  return { dtype, rows, columns, rank, s, b, a, w };
}

function sumRow(b: Float32Array, a: Float32Array, i: number, rank: number, columns: number, sum: Float64Array): void {
  sum.fill(0);
  for (let k = 0; k < rank; k++) {
    const x = b[i * rank + k]!, at = k * columns;
    for (let j = 0; j < columns; j++) sum[j] = sum[j]! + x * a[at + j]!;
  }
}

/** The definition, by plain loops. */
export function roundedTile({ dtype, rows, columns, rank, s, b, a, w }: Tile): Uint16Array {
  const out = new Uint16Array(rows * columns), sum = new Float64Array(columns), table = valueTable(dtype);
  for (let i = 0; i < rows; i++) {
    sumRow(b, a, i, rank, columns, sum);
    for (let j = 0; j < columns; j++) out[i * columns + j] = roundBits(dtype, table[w[i * columns + j]!]! + s * sum[j]!);
  }
  return out;
}

const bytesOf = (array: Float32Array | Uint16Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The tile as an expression over three files. */
export function tileExpression({ dtype, rows, columns, rank, s, b, a, w }: Tile): { expression: Expression; files: Files } {
  const product = matmul(stored(1, 0, 'F32', [rows, rank]), stored(2, 0, 'F32', [rank, columns]));
  return { expression: cast(dtype, add(stored(0, 0, dtype, [rows, columns]), scale(s, product))), files: { files: [bytesOf(w), bytesOf(b), bytesOf(a)] } };
}

/** Number of elements in which bytes differ from the definition. */
export function wrongElements(bytes: Uint8Array, expected: Uint16Array): number {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, expected.length);
  return expected.reduce((wrong, half, i) => wrong + (halves[i] === half ? 0 : 1), 0);
}
