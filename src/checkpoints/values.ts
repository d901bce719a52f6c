/**
 * @module
 * The bytes of one tensor, wherever and however they lie: for small tensors that something has to look at while planning.
 */
import { readBytes } from '../bytes/index.ts';
import { bitsOf, byteCount, evaluateReference, visit, type Expression } from '../tensors/index.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';

/** First byte of a source that a leaf reads, and the one behind the last. */
export function spanOf(node: Expression): readonly [source: number, start: number, end: number][] {
  switch (node.op) {
    case 'stored': return [[node.source, node.offset, node.offset + byteCount(node.dtype, node.shape)]];
    case 'partitioned': return node.pieces.map(([source, offset, length]) => [source, offset, offset + length]);
    case 'strided': {
      const size = bitsOf(node.dtype) / 8, reach = (sign: 1 | -1) => node.strides.reduce((sum, stride, axis) => sum + Math.max(0, sign * stride) * (node.shape[axis]! - 1), 0);
      return node.shape.includes(0) ? [] : [[node.source, node.offset - reach(-1) * size, node.offset + (reach(1) + 1) * size]];
    }
    default: return [];
  }
}

/** Bytes of a tensor, contiguous and little-endian. Held in memory as a whole, with what a view of it reaches over. */
export async function readValues(checkpoint: Checkpoint, { expression }: CheckpointTensor): Promise<Uint8Array> {
  const spans: (readonly [source: number, start: number, end: number])[] = [];
  visit(expression, (node) => { spans.push(...spanOf(node)); });
  const parts = await Promise.all(spans.map(async ([source, start, end]) => ({ source, start, end, bytes: await readBytes(checkpoint.files[source]!.source, start, end - start) })));
  return evaluateReference(expression, {
    read: (source, offset, length) => {
      const part = parts.find((one) => one.source === source && one.start <= offset && offset + length <= one.end);
      return part?.bytes.subarray(offset - part.start, offset - part.start + length) ?? new Uint8Array(0);
    },
  });
}
