/** @module Whether two tensors hold the same bytes, wherever they lie. */
import { readInto } from '../bytes/index.ts';
import { readValues } from '../checkpoints/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { sameShape } from '../tensors/index.ts';

/** Bytes compared at a time. */
const BLOCK_BYTES = 1 << 20;

/** Byte for byte, dtype and shape included. Views, which small torch files have, are read whole. */
export async function sameContent(a: Checkpoint, x: CheckpointTensor, b: Checkpoint, y: CheckpointTensor): Promise<boolean> {
  if (x.dtype !== y.dtype || !sameShape(x.shape, y.shape)) return false;
  if (x.expression.op !== 'stored' || y.expression.op !== 'stored') {
    const left = await readValues(a, x), right = await readValues(b, y);
    return left.every((byte, i) => byte === right[i]);
  }
  const left = new Uint8Array(Math.min(BLOCK_BYTES, x.bytes)), right = new Uint8Array(left.length);
  for (let at = 0; at < x.bytes; at += left.length) {
    const count = Math.min(left.length, x.bytes - at);
    await readInto(a.files[x.file]!.source, x.expression.offset + at, left.subarray(0, count));
    await readInto(b.files[y.file]!.source, y.expression.offset + at, right.subarray(0, count));
    for (let i = 0; i < count; i++) if (left[i] !== right[i]) return false;
  }
  return true;
}

/** Whether matrix `x` is the transpose of matrix `y`. Meant for factors: both are read whole. */
export async function isTransposed(checkpoint: Checkpoint, x: CheckpointTensor, y: CheckpointTensor): Promise<boolean> {
  const [m = 0, n = 0] = x.shape;
  if (x.dtype !== y.dtype || !sameShape(y.shape, [n, m])) return false;
  const left = await readValues(checkpoint, x), right = await readValues(checkpoint, y), size = x.bytes / (m * n || 1);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let k = 0; k < size; k++) {
    if (left[(i * n + j) * size + k] !== right[(j * m + i) * size + k]) return false;
  }
  return true;
}
