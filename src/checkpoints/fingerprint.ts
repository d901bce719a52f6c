/**
 * @module
 * A model's fingerprint: what its weights are, whatever the files are called, however they are sharded, and in whichever
 * container they lie. A sample of every tensor, so seconds for any model: it tells two models apart, it proves nothing equal.
 */
import { readInto } from '../bytes/index.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';
import { sha256 } from './digests.ts';
import { readValues } from './values.ts';

/** Bytes of one sample; three of each tensor: its beginning, its middle, its end. */
export const FINGERPRINT_SAMPLE_BYTES = 4096;
/** Views up to this size are read whole; a larger one, which no trainer writes, leaves a model without fingerprint. */
const VIEW_BYTES_MAX = 256 * 1024 * 1024;

/** What a model's weights are. */
export interface Fingerprint {
  /** Over the digests of all tensors, without names and without repetitions: a rename or a tied copy changes nothing. */
  readonly sha256: string;
  /** Of every tensor, over dtype, shape and samples of its contiguous little-endian bytes. */
  readonly tensors: ReadonlyMap<string, string>;
}

/** The fingerprint of a model; undefined where a tensor is too large a view. */
export async function fingerprint(checkpoint: Checkpoint): Promise<Fingerprint | undefined> {
  const tensors = new Map<string, string>();
  for (const tensor of checkpoint.tensors.values()) {
    const digest = await tensorFingerprint(checkpoint, tensor);
    if (digest === undefined) return undefined;
    tensors.set(tensor.name, digest);
  }
  return { sha256: await sha256(new TextEncoder().encode([...new Set(tensors.values())].sort().join('\n'))), tensors };
}

/** The fingerprint of one tensor. */
export async function tensorFingerprint(checkpoint: Checkpoint, tensor: CheckpointTensor): Promise<string | undefined> {
  const { dtype, shape, bytes, expression } = tensor, sample = FINGERPRINT_SAMPLE_BYTES;
  const ranges = bytes <= 3 * sample ? [[0, bytes]] as const : [[0, sample], [Math.floor((bytes - sample) / 2), sample], [bytes - sample, sample]] as const;
  const head = new TextEncoder().encode(`${dtype} ${JSON.stringify(shape)}\n`);
  const all = new Uint8Array(head.length + ranges.reduce((sum, [, length]) => sum + length, 0));
  all.set(head);
  if (expression.op !== 'stored' && bytes > VIEW_BYTES_MAX) return undefined;
  const values = expression.op === 'stored' ? undefined : await readValues(checkpoint, tensor);
  let at = head.length;
  for (const [offset, length] of ranges) {
    const into = all.subarray(at, at + length);
    if (values !== undefined) into.set(values.subarray(offset, offset + length));
    else if (expression.op === 'stored' && length > 0) await readInto(checkpoint.files[expression.source]!.source, expression.offset + offset, into);
    at += length;
  }
  return sha256(all);
}
