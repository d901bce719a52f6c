/**
 * @module
 * The values of a tensor, a block at a time: straight from its file where they lie in one run, computed where they do not.
 */
import { readInto } from '../bytes/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { compile } from '../engine/index.ts';
import { bitsOf, elementCount } from '../tensors/index.ts';

/** Bytes of a block: large enough that a call costs nothing beside it, small enough for a cache. */
export const BLOCK_BYTES: number = 1 << 20;
/** Memory that views and other odd layouts may take. */
const COMPUTE_MEMORY_BYTES: number = 64 * 1024 * 1024;

/** Fills `into` with bytes of the tensor, contiguous and little-endian, from byte `at`. */
export type ReadAt = (at: number, into: Uint8Array) => Promise<void>;

/** How to read a tensor of a checkpoint. Offsets and lengths are whole elements. */
export async function readerOf(checkpoint: Checkpoint, { expression, dtype }: CheckpointTensor): Promise<ReadAt> {
  const sourceOf = (index: number) => checkpoint.files[index]!.source;
  if (expression.op === 'stored') {
    const source = sourceOf(expression.source);
    return (at, into) => readInto(source, expression.offset + at, into);
  }
  const program = await compile(expression, { source: sourceOf, stage: sourceOf }, { memoryBytes: COMPUTE_MEMORY_BYTES }), size = bitsOf(dtype) / 8;
  const { granule } = program, elements = elementCount(expression.shape);
  return async (at, into) => {
    // A program makes whole rows; what is asked for is cut out of them.
    const begin = Math.floor(at / size / granule) * granule, end = Math.min(elements, Math.ceil((at + into.length) / size / granule) * granule);
    await program.run(begin, end, (offset, bytes) => {
      const from = Math.max(offset, at), to = Math.min(offset + bytes.length, at + into.length);
      if (from < to) into.set(bytes.subarray(from - offset, to - offset), from - at);
    });
  };
}

/** Calls `see` with every block in turn. The block is only valid during the call. */
export async function eachBlock(checkpoint: Checkpoint, tensor: CheckpointTensor, see: (block: Uint8Array, at: number) => void): Promise<void> {
  if (tensor.bytes === 0) return;
  const read = await readerOf(checkpoint, tensor), buffer = new Uint8Array(Math.min(BLOCK_BYTES, Math.ceil(tensor.bytes / 8) * 8));
  for (let at = 0; at < tensor.bytes; at += buffer.length) {
    const block = buffer.subarray(0, Math.min(buffer.length, tensor.bytes - at));
    await read(at, block);
    see(block, at);
  }
}

/** First byte in which two tensors of one dtype and shape differ; undefined when they are equal. */
export async function firstDifference(a: Checkpoint, x: CheckpointTensor, b: Checkpoint, y: CheckpointTensor, onBytes: (bytes: number) => void = () => {}): Promise<number | undefined> {
  const left = await readerOf(a, x), right = await readerOf(b, y), size = Math.min(BLOCK_BYTES, x.bytes);
  const one = new Uint8Array(size), other = new Uint8Array(size);
  for (let at = 0; at < x.bytes; at += size) {
    const count = Math.min(size, x.bytes - at), p = one.subarray(0, count), q = other.subarray(0, count);
    await left(at, p);
    await right(at, q);
    onBytes(2 * count);
    for (let i = 0; i < count; i++) if (p[i] !== q[i]) return at + i;
  }
  return undefined;
}
