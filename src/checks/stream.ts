/**
 * @module
 * The values of a tensor, a block at a time.
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { readerOf } from '../proofs/reader.ts';

/** Bytes of a block: large enough that a call costs nothing beside it, small enough for a cache. */
export const BLOCK_BYTES: number = 1 << 20;
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
