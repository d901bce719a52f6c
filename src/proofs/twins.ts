/**
 * @module
 * Two checkpoints that should hold the same tensors, as `model.safetensors` and `pytorch_model.bin` side by side:
 * compared tensor by tensor, byte for byte.
 */
import { readInto, type ByteSource } from '../bytes/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { compile } from '../engine/compute/index.ts';
import { bitsOf, byteCount, elementCount, type Expression } from '../tensors/index.ts';

/** What came of one tensor. `dtype` and `shape`: not compared further. */
export type TwinStatus = 'equal' | 'differs' | 'dtype' | 'shape' | 'only-first' | 'only-second';

/** One tensor of either. */
export interface TwinTensor {
  readonly name: string;
  readonly status: TwinStatus;
  /** Index of the first element that differs, row-major. */
  readonly element?: number;
  /** What the two have: dtypes or shapes. */
  readonly first?: string;
  readonly second?: string;
}

/** The comparison of two checkpoints. */
export interface Twins {
  readonly equal: boolean;
  /** In the order of the first, then what only the second has. */
  readonly tensors: readonly TwinTensor[];
}

/** How to compare. */
export interface TwinOptions {
  readonly signal?: AbortSignal;
  /** Called after every tensor. */
  readonly onBytes?: (done: number, total: number, name: string) => void;
  /** Stop at the first difference: `tensors` ends there. */
  readonly brief?: boolean;
}

/** Bytes compared at a time. */
const BLOCK_BYTES = 256 * 1024;
/** What an odd layout may hold while it is put in order. */
const MEMORY_BYTES: number = 64 * 1024 * 1024;

/**
 * Compares two checkpoints. A name that one of them leaves out because it shares a storage, and says so in its metadata,
 * stands for the name that was kept.
 */
export async function compareTwins(first: Checkpoint, second: Checkpoint, options: TwinOptions = {}): Promise<Twins> {
  const find = aliased(first), findOther = aliased(second), tensors: TwinTensor[] = [];
  const names = [...first.tensors.keys()], others = [...second.tensors.keys()].filter((name) => !first.tensors.has(name));
  const total = [...first.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  let equal = true, done = 0;
  for (const name of [...names, ...others]) {
    options.signal?.throwIfAborted();
    const a = find(name), b = findOther(name);
    const tensor: TwinTensor = a === undefined ? { name, status: 'only-second' } : b === undefined ? { name, status: 'only-first' } : await compareOne(name, first, a, second, b);
    equal &&= tensor.status === 'equal';
    tensors.push(tensor);
    done += first.tensors.get(name)?.bytes ?? 0;
    options.onBytes?.(done, total, name);
    if (options.brief && !equal) break;
  }
  return { equal, tensors };
}

function aliased({ tensors, files, indexTexts }: Checkpoint): (name: string) => CheckpointTensor | undefined {
  const kept = new Map(files.flatMap(({ format, metadata }) => (format === 'safetensors' ? [...metadata, ...indexTexts ?? []] : [])));
  return (name) => tensors.get(name) ?? tensors.get(kept.get(name) ?? '');
}

async function compareOne(name: string, first: Checkpoint, a: CheckpointTensor, second: Checkpoint, b: CheckpointTensor): Promise<TwinTensor> {
  if (String(a.shape) !== String(b.shape)) return { name, status: 'shape', first: `[${a.shape}]`, second: `[${b.shape}]` };
  if (a.dtype !== b.dtype) return { name, status: 'dtype', first: a.dtype, second: b.dtype };
  const total = byteCount(a.dtype, a.shape), size = Math.max(1, Math.min(BLOCK_BYTES, total));
  const one = await readerOf(a.expression, first), other = await readerOf(b.expression, second), mine = new Uint8Array(size), theirs = new Uint8Array(size);
  for (let at = 0; at < total; at += size) {
    const length = Math.min(size, total - at), left = mine.subarray(0, length), right = theirs.subarray(0, length);
    await one(at, left);
    await other(at, right);
    const differs = firstDifference(left, right);
    if (differs >= 0) return { name, status: 'differs', element: Math.floor((at + differs) * 8 / bitsOf(a.dtype)) };
  }
  return { name, status: 'equal' };
}

/** Index of the first byte that differs, or -1. Eight bytes a step: this is the whole cost of a comparison. */
function firstDifference(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): number {
  const words = a.length >> 2, left = new Int32Array(a.buffer, 0, words), right = new Int32Array(b.buffer, 0, words);
  let word = 0;
  while (word < words && left[word] === right[word]) word++;
  for (let at = word * 4; at < a.length; at++) if (a[at] !== b[at]) return at;
  return -1;
}

/** Bytes of a tensor from a byte offset on, in ascending order of calls. */
type Reader = (offset: number, into: Uint8Array) => Promise<void>;

async function readerOf(expression: Expression, { files }: Checkpoint): Promise<Reader> {
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
