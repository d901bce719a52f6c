/**
 * @module
 * The bytes of a tensor, contiguous and little-endian, a block at a time, and the first one in which two tensors differ.
 */
import { readInto, type ByteSource } from '../bytes/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { compile } from '../engine/compute/index.ts';
import { bitsOf, byteCount, elementCount } from '../tensors/index.ts';

/** Bytes compared at a time. */
const BLOCK_BYTES = 256 * 1024;
/** What an odd layout may hold while it is put in order. */
const MEMORY_BYTES: number = 64 * 1024 * 1024;

/** Bytes of a tensor from a byte offset on, in ascending order of calls. */
export type Reader = (offset: number, into: Uint8Array) => Promise<void>;

/** How to read a tensor of a checkpoint: straight from its file where it lies in one run, computed where it does not. */
export async function readerOf({ files }: Checkpoint, { expression }: CheckpointTensor): Promise<Reader> {
  const source = (index: number): ByteSource => files[index]!.source;
  if (expression.op === 'stored') return (offset, into) => readInto(source(expression.source), expression.offset + offset, into);
  const program = await compile(expression, { source, stage: source }, { memoryBytes: MEMORY_BYTES }), elements = elementCount(expression.shape), bits = bitsOf(expression.dtype);
  // Programs produce whole rows; what of them is not asked for yet is held.
  let held = new Uint8Array(0), heldAt = 0;
  return async (offset, into) => {
    for (let done = 0; done < into.length;) {
      const at = offset + done, inside = at - heldAt;
      if (inside >= 0 && inside < held.length) {
        const part = held.subarray(inside, inside + into.length - done);
        into.set(part, done);
        done += part.length;
        continue;
      }
      const begin = Math.floor(Math.floor(at * 8 / bits) / program.granule) * program.granule;
      const end = Math.min(elements, begin + Math.max(1, Math.floor(BLOCK_BYTES * 8 / bits / program.granule)) * program.granule);
      held = new Uint8Array((end - begin) * bits / 8);
      heldAt = begin * bits / 8;
      await program.run(begin, end, (from, bytes) => held.set(bytes, from - heldAt));
    }
  };
}

/** First byte in which two tensors of one dtype and size differ; undefined when they are equal. */
export async function firstDifference(first: Checkpoint, a: CheckpointTensor, second: Checkpoint, b: CheckpointTensor): Promise<number | undefined> {
  const total = byteCount(a.dtype, a.shape), size = Math.max(1, Math.min(BLOCK_BYTES, total));
  const one = await readerOf(first, a), other = await readerOf(second, b), mine = new Uint8Array(size), theirs = new Uint8Array(size);
  for (let at = 0; at < total; at += size) {
    const length = Math.min(size, total - at), left = mine.subarray(0, length), right = theirs.subarray(0, length);
    await one(at, left);
    await other(at, right);
    const differs = differingByte(left, right);
    if (differs >= 0) return at + differs;
  }
  return undefined;
}

/** Index of the first byte that differs, or -1. Eight bytes a step: this is the whole cost of a comparison. */
function differingByte(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): number {
  const words = a.length >> 2, left = new Int32Array(a.buffer, 0, words), right = new Int32Array(b.buffer, 0, words);
  let word = 0;
  while (word < words && left[word] === right[word]) word++;
  for (let at = word * 4; at < a.length; at++) if (a[at] !== b[at]) return at;
  return -1;
}
