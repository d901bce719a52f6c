/**
 * @module
 * The factors of a fused product: read once for the bound, then packed into a lane for the kernel and, unscaled and row
 * by row, for the recomputation.
 */
import { columnBound, isBoundable, isSafe, roundings, rowBound } from './bound.ts';
import { split, volume, whole, type Box } from './boxes.ts';
import type { LanePool, Block, Lane } from './lane.ts';
import type { FusedParts } from './match.ts';
import { decode } from './numbers.ts';
import { Context, type Operator } from './operators.ts';
import { READ_OVERHEAD } from './views.ts';

/** Elements of a factor that are decoded at once. */
const CHUNK = 64 << 10;
/** Bytes that reading a chunk takes: as stored, in pieces that are put together, as float64 where it is no float32, and a window of the file. */
export const CHUNK_BYTES: number = CHUNK * (4 + 4 + 8) + READ_OVERHEAD;
/** Columns of a panel of A, rows of a strip of B. */
export const PANEL = 8, STRIP = 4;

/** Multiples of a step that hold `n`. */
export const steps = (n: number, step: number): number => Math.ceil(n / step);

/** P per row, Q per column. */
export interface Bounds {
  readonly p: Float32Array;
  readonly q: Float32Array;
}

/** Reads both factors; undefined where the float32 kernel must not be used. */
export async function readBounds(parts: FusedParts, pool: LanePool): Promise<Bounds | undefined> {
  const { rows, columns, rank, scale, dtype, a, b } = parts;
  if (!isBoundable(rank, scale)) return undefined;
  const weights = roundings(rank, scale);
  return pool.use({}, async (lane) => factorContext(lane), async (context) => {
    const rowSums = new Float64Array(rows), columnSums = new Float64Array(columns);
    await eachChunk(context, b, whole(b.shape), (values, { lo, hi }) => { addRowSquares(values, weights, lo[0]!, lo[1]!, hi[1]! - lo[1]!, rowSums); });
    await eachChunk(context, a, whole(a.shape), (values, { lo, hi }) => { addColumnSquares(values, weights, lo[0]!, lo[1]!, hi[1]! - lo[1]!, columnSums); });
    // Math.max keeps a NaN, and then every comparison is false.
    const largestRow = Math.sqrt(rowSums.reduce((x, y) => Math.max(x, y), 0)), largestColumn = Math.sqrt(columnSums.reduce((x, y) => Math.max(x, y), 0));
    if (!isSafe(largestRow, largestColumn, scale)) return undefined;
    return {
      p: Float32Array.from(rowSums, (sum) => rowBound(Math.sqrt(sum), rank, scale, dtype)),
      q: Float32Array.from(columnSums, (sum) => columnBound(Math.sqrt(sum))),
    };
  });
}

/** `sums[first + i] += Σ weights[k + x]·values[i][x]²`. */
function addRowSquares(values: Float32Array, weights: Float64Array, first: number, k: number, width: number, sums: Float64Array): void {
  for (let i = first, at = 0; at < values.length; i++, at += width) {
    let sum = sums[i]!;
    for (let x = 0; x < width; x++) { const value = values[at + x]!; sum += weights[k + x]! * value * value; }
    sums[i] = sum;
  }
}

/** `sums[first + x] += weights[k + i]·values[i][x]²`. */
function addColumnSquares(values: Float32Array, weights: Float64Array, k: number, first: number, width: number, sums: Float64Array): void {
  for (let i = k, at = 0; at < values.length; i++, at += width) {
    const weight = weights[i]!;
    for (let x = 0; x < width; x++) { const value = values[at + x]!; sums[first + x] = sums[first + x]! + weight * value * value; }
  }
}

/** Factors are views and moves of views: nothing in them is shared or kept. */
export const factorContext = (lane: Lane): Context => new Context(lane, CHUNK);

/** Shows a factor in chunks, as float32, which holds its values. */
async function eachChunk(context: Context, factor: Operator, wanted: Box, see: (values: Float32Array, box: Box) => void): Promise<void> {
  const { lane } = context;
  for (const box of split(wanted, context.chunk)) {
    const block = await context.evaluate(factor, box), count = volume(box);
    if (factor.dtype === 'F32') {
      see(lane.floats(block, count), box);
      lane.release(block);
      continue;
    }
    const wide = lane.allocate(count * 8);
    decode(lane, factor.dtype, block.at, wide.at, count);
    see(Float32Array.from(lane.doubles(wide, count)), box);
    lane.release(wide);
    lane.release(block);
  }
}

/** A in a lane: `[columns/8][rank][8]` for the kernel, `[columns][rank]` for single sums; Q to match. */
export interface PackedColumns {
  readonly panels: Block;
  readonly transposed: Block;
  readonly q: Block;
}

/** Bytes of `PackedColumns`. */
export const columnBytes = (columns: number, rank: number): number => steps(columns, PANEL) * PANEL * 4 * (2 * rank + 1);

/** Packs all of A. */
export async function packColumns(context: Context, { a, rank, columns }: FusedParts, bounds: Bounds): Promise<PackedColumns> {
  const { lane } = context, padded = steps(columns, PANEL) * PANEL;
  const panels = lane.allocate(padded * rank * 4), transposed = lane.allocate(padded * rank * 4), q = lane.allocate(padded * 4);
  lane.floats(panels, padded * rank).fill(0);
  lane.floats(q, padded).fill(0);
  lane.floats(q, columns).set(bounds.q);
  await eachChunk(context, a, whole(a.shape), (values, { lo, hi }) => {
    const packed = lane.floats(panels, padded * rank), rows = lane.floats(transposed, padded * rank), width = hi[1]! - lo[1]!;
    for (let k = lo[0]!, at = 0; k < hi[0]!; k++, at += width) packTerm(values, at, width, lo[1]!, k, rank, packed, rows);
  });
  return { panels, transposed, q };
}

/** Term k of `width` columns from `first` on. */
function packTerm(values: Float32Array, at: number, width: number, first: number, k: number, rank: number, panels: Float32Array, rows: Float32Array): void {
  for (let x = 0, j = first; x < width; x++, j++) {
    const value = values[at + x]!;
    panels[((j >> 3) * rank + k) * PANEL + (j & 7)] = value;
    rows[j * rank + k] = value;
  }
}

/** Some rows of B in a lane: `[rows/4][rank][4]` times the scale for the kernel, `[rows][rank]` for single sums; P to match. */
export interface PackedRows {
  readonly strips: Block;
  readonly plain: Block;
  readonly p: Block;
}

/** Bytes of `PackedRows`. */
export const rowBytes = (rows: number, rank: number): number => steps(rows, STRIP) * STRIP * 4 * (2 * rank + 1);

/** Packs rows `first … first + count` into blocks that hold at least as many. Rows up to a whole strip are zero. */
export async function packRows(context: Context, { b, rank, scale }: FusedParts, bounds: Bounds, first: number, count: number, into: PackedRows): Promise<void> {
  const { lane } = context, padded = steps(count, STRIP) * STRIP;
  lane.floats(into.strips, padded * rank).fill(0);
  lane.floats(into.p, padded).fill(0);
  lane.floats(into.p, count).set(bounds.p.subarray(first, first + count));
  await eachChunk(context, b, { lo: [first, 0], hi: [first + count, rank] }, (values, { lo, hi }) => {
    const packed = lane.floats(into.strips, padded * rank), plain = lane.floats(into.plain, padded * rank), width = hi[1]! - lo[1]!;
    for (let i = lo[0]! - first, at = 0; i < hi[0]! - first; i++, at += width) packRow(values, at, width, i, lo[1]!, rank, scale, packed, plain);
  });
}

/** `width` terms of row i, from term `first` on. */
function packRow(values: Float32Array, at: number, width: number, i: number, first: number, rank: number, scale: number, strips: Float32Array, plain: Float32Array): void {
  for (let x = 0, k = first; x < width; x++, k++) {
    const value = values[at + x]!;
    strips[((i >> 2) * rank + k) * STRIP + (i & 3)] = value * scale; // rounds to float32, counted in the bound
    plain[i * rank + k] = value;
  }
}
