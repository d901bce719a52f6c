/**
 * @module
 * Two embeddings compared row by row: which rows of the base changed, and what the rows beyond it are. Whole-tensor
 * comparisons say "differs" when only new rows were trained (producers' digest, §6.4).
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { bitsOf, decodeElements, ENCODABLE, encodeElements, type DType } from '../tensors/index.ts';
import { readerOf } from '../proofs/reader.ts';
import { BLOCK_BYTES } from './stream.ts';

/** What was seen. */
export interface RowChanges {
  readonly rows: number;
  readonly baseRows: number;
  /** Rows of the base whose values are other ones. */
  readonly changedBaseRows: number;
  readonly maxAbsDelta: number;
  /** Norm of the change of the base rows, relative to theirs. */
  readonly relativeNorm: number;
  readonly newRows: number;
  /** New rows that are the mean of the base, as resizing initialises them. */
  readonly newRowsEqualToMean: number;
}

/**
 * Resizing draws new rows from a normal distribution around the mean of the old ones with 1e-9 of their covariance
 * (transformers ≥ 4.46), so they lie within a ten-thousandth of the spread of the mean. Nothing trained is that close.
 */
const MEAN_TOLERANCE = 1e-3;

/** Compares `tuned` with `base`, matrices of the same width. Reads each once. */
export async function compareRows(base: Checkpoint, old: CheckpointTensor, tuned: Checkpoint, now: CheckpointTensor): Promise<RowChanges> {
  const width = old.shape[1] ?? 0, baseRows = old.shape[0] ?? 0, rows = now.shape[0] ?? 0, shared = Math.min(baseRows, rows);
  const before = await rowsOf(base, old, width), after = roundedTo(old.dtype, now.dtype, width, await rowsOf(tuned, now, width)), mean = new Float64Array(width), squares = new Float64Array(width);
  let changed = 0, maxAbs = 0, delta = 0, norm = 0;
  for (let row = 0; row < baseRows; row++) {
    const x = await before(row);
    for (let i = 0; i < width; i++) { mean[i]! += x[i]! / baseRows; squares[i]! += x[i]! ** 2 / baseRows; }
    if (row >= shared) continue;
    const y = await after(row);
    let differs = false;
    for (let i = 0; i < width; i++) {
      const d = y[i]! - x[i]!;
      norm += x[i]! ** 2;
      if (d === 0) continue;
      differs = true;
      delta += d * d;
      maxAbs = Math.max(maxAbs, Math.abs(d));
    }
    if (differs) changed++;
  }
  let equal = 0;
  const spread = Math.sqrt(squares.reduce((sum, square, i) => sum + Math.max(0, square - mean[i]! ** 2), 0) / Math.max(1, width));
  const step = 2 ** -(now.dtype === 'BF16' || old.dtype === 'BF16' ? 8 : now.dtype === 'F16' || old.dtype === 'F16' ? 11 : 24);
  for (let row = shared; row < rows; row++) {
    const y = await after(row);
    if (y.every((value, i) => Math.abs(value - mean[i]!) <= MEAN_TOLERANCE * spread + step * Math.abs(mean[i]!))) equal++;
  }
  return { rows, baseRows, changedBaseRows: changed, maxAbsDelta: maxAbs, relativeNorm: norm === 0 ? 0 : Math.sqrt(delta / norm), newRows: rows - shared, newRowsEqualToMean: equal };
}

/**
 * Masters of training are wider than the base: a difference below its step is none, for it is gone when the weights are put
 * into the base's dtype.
 */
function roundedTo(dtype: DType, from: DType, width: number, rows: (row: number) => Promise<Float64Array>): (row: number) => Promise<Float64Array> {
  if (bitsOf(from) <= bitsOf(dtype) || !ENCODABLE.has(dtype)) return rows;
  const bytes = new Uint8Array(width * bitsOf(dtype) / 8), values = new Float64Array(width);
  return async (row) => {
    encodeElements(dtype, await rows(row), bytes);
    decodeElements(dtype, bytes, values);
    return values;
  };
}

/** Gives rows in ascending order, read many at a time. */
async function rowsOf(checkpoint: Checkpoint, tensor: CheckpointTensor, width: number): Promise<(row: number) => Promise<Float64Array>> {
  const read = await readerOf(checkpoint, tensor), rowBytes = width * bitsOf(tensor.dtype) / 8, rows = tensor.shape[0] ?? 0, many = Math.max(1, Math.floor(BLOCK_BYTES / Math.max(1, rowBytes)));
  let from = 0, to = 0, bytes = new Uint8Array(0);
  const values = new Float64Array(width);
  return async (row) => {
    if (row < from || row >= to) {
      from = row;
      to = Math.min(rows, row + many);
      bytes = new Uint8Array((to - from) * rowBytes);
      await read(from * rowBytes, bytes);
    }
    decodeElements(tensor.dtype, bytes.subarray((row - from) * rowBytes, (row - from + 1) * rowBytes), values);
    return values;
  };
}
