/**
 * @module
 * A quantised weight and what belongs to it, and the weight that it stands for. Every scheme is one file that yields such
 * weights; numbers that were rounded to float32 on the way are rounded to float32 here too.
 */
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { cast, concat, multiply, reshape, slice, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { CANNOT_DEQUANTISE } from './codes.ts';

/** A weight by its name in the 16-bit model. */
export interface Dequantised {
  readonly name: string;
  /** The stored tensors that it is made of, the first of them in its place. */
  readonly from: readonly string[];
  readonly expression: Expression;
}

/** One way to quantise. */
export interface Scheme {
  /** As people call it. */
  readonly method: string;
  /** The weights of this scheme; none when the checkpoint has another. */
  find(checkpoint: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): Promise<readonly Dequantised[]>;
}

/** Throws that a tensor cannot be turned back. */
export function cannot(tensor: string, en: string, zh: string): never {
  return refuse(CANNOT_DEQUANTISE, { tensor, reason: { en, zh } satisfies Text }, { tensor });
}

/** A tensor that must be there. */
export function need(checkpoint: Checkpoint, name: string, dtype: CheckpointTensor['dtype'], of: string): CheckpointTensor {
  const tensor = checkpoint.tensors.get(name);
  if (tensor === undefined) return cannot(of, `${name} is missing`, `缺少 ${name}`);
  if (tensor.dtype !== dtype) return cannot(of, `${name} is ${tensor.dtype}, not ${dtype}`, `${name} 为 ${tensor.dtype}，应为 ${dtype}`);
  return tensor;
}

const DTYPES = new Map<unknown, ComputeDType>([['bfloat16', 'BF16'], ['float16', 'F16'], ['float32', 'F32'], ['torch.bfloat16', 'BF16'], ['torch.float16', 'F16'], ['torch.float32', 'F32']]);

/** A dtype by torch's word; bfloat16 when nothing is said. */
export function dtypeOf(word: unknown, of: string): ComputeDType {
  if (word === undefined || word === null) return 'BF16';
  const shown = typeof word === 'string' ? word : typeof word;
  return DTYPES.get(word) ?? cannot(of, `the dtype ${shown} is none that is computed with`, `精度 ${shown} 无法用于计算`);
}

/** The dtype that config.json names for the weights. */
export const configDType = (config: ReadonlyMap<string, unknown> | undefined, of: string): ComputeDType => dtypeOf(config?.get('torch_dtype') ?? config?.get('dtype'), of);

/** A product in float32, as kernels have it. */
export const single = (a: Expression, b: Expression): Expression => cast('F32', multiply(a, b));

/**
 * Runs of `size` elements of a flat array, each with a factor of its own; the last run may be shorter. `by` has one factor per
 * run.
 */
export function byRuns(of: Expression, by: Expression, size: number): Expression {
  const count = of.shape[0]!, runs = Math.floor(count / size), rest = count - runs * size, parts: Expression[] = [];
  if (runs > 0) parts.push(reshape([runs * size], single(reshape([runs, size], slice(0, 0, runs * size, of)), reshape([runs, 1], slice(0, 0, runs, by)))));
  if (rest > 0) parts.push(reshape([rest], single(reshape([1, rest], slice(0, runs * size, count, of)), reshape([1, 1], slice(0, runs, runs + 1, by)))));
  return parts.length === 1 ? parts[0]! : concat(0, parts);
}
