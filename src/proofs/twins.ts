/**
 * @module
 * Two checkpoints that should hold the same tensors, as `model.safetensors` and `pytorch_model.bin` side by side:
 * compared tensor by tensor, byte for byte.
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { layerOf } from '../families/layers.ts';
import type { Text } from '../findings/index.ts';
import { bitsOf } from '../tensors/index.ts';
import { firstDifference } from './reader.ts';

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

/**
 * Compares two checkpoints. A name that one of them leaves out because it shares a storage, and says so in its metadata,
 * stands for the name that was kept; where nothing says so, a head that equals another tensor beside it is that tensor.
 */
export async function compareTwins(first: Checkpoint, second: Checkpoint, options: TwinOptions = {}): Promise<Twins> {
  const find = aliased(first), findOther = aliased(second), tensors: TwinTensor[] = [];
  const names = [...first.tensors.keys()], others = [...second.tensors.keys()].filter((name) => !first.tensors.has(name));
  const total = [...first.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  let equal = true, done = 0;
  for (const name of [...names, ...others]) {
    options.signal?.throwIfAborted();
    const a = find(name), b = findOther(name);
    const tensor: TwinTensor = a === undefined ? { name, status: await isTied(second, b!, first) ? 'equal' : 'only-second' }
      : b === undefined ? { name, status: await isTied(first, a, second) ? 'equal' : 'only-first' } : await compareOne(name, first, a, second, b);
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

const NORM = /(?:norm|ln_\w+)\.(?:weight|bias)$/i;

/**
 * Whether a tensor that the other one lacks is another one again that it has: a tied weight stands in a .bin under both names,
 * safetensors keeps one. Heads are tied, and nothing within a layer, where norms of ones and biases of zeros are equal by chance.
 */
async function isTied(one: Checkpoint, tensor: CheckpointTensor, other: Checkpoint): Promise<boolean> {
  if (layerOf(tensor.name) !== undefined || NORM.test(tensor.name)) return false;
  for (const [name, twin] of one.tensors) {
    if (name !== tensor.name && other.tensors.has(name) && twin.bytes === tensor.bytes && twin.dtype === tensor.dtype && await firstDifference(one, tensor, one, twin) === undefined) return true;
  }
  return false;
}

async function compareOne(name: string, first: Checkpoint, a: CheckpointTensor, second: Checkpoint, b: CheckpointTensor): Promise<TwinTensor> {
  if (String(a.shape) !== String(b.shape)) return { name, status: 'shape', first: `[${a.shape}]`, second: `[${b.shape}]` };
  if (a.dtype !== b.dtype) return { name, status: 'dtype', first: a.dtype, second: b.dtype };
  const at = await firstDifference(first, a, second, b);
  if (at !== undefined) return { name, status: 'differs', element: Math.floor(at * 8 / bitsOf(a.dtype)) };
  return { name, status: 'equal' };
}

/** What differs, in words; `used` and `other` are what to call the two. */
export function describeTwin({ name, status, element, first = '', second = '' }: TwinTensor, used: string, other: string): Text {
  switch (status) {
    case 'differs': return { en: `${name} differs from element ${element} on`, zh: `${name} 从第 ${element} 个元素起不同` };
    case 'only-first': return { en: `${name} is only in ${used}`, zh: `${name} 只在 ${used} 中` };
    case 'only-second': return { en: `${name} is only in ${other}`, zh: `${name} 只在 ${other} 中` };
    default: return { en: `${name} is ${first} in ${used} and ${second} in ${other}`, zh: `${name} 在 ${used} 中是 ${first}，在 ${other} 中是 ${second}` };
  }
}
