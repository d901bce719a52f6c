/**
 * @module
 * Positions that an adapter stores: whole numbers, each below the size of what it points into. Their tensors are read once
 * while planning, for a wrong one is found before anything is written or not at all.
 */
import { readInto } from '../bytes/index.ts';
import { readValues } from '../checkpoints/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, type Finding } from '../findings/index.ts';
import { bitsOf, decodeElements } from '../tensors/index.ts';
import { POSITION_OUTSIDE } from './methods/codes.ts';

/** Elements read at a time. */
const BLOCK_ELEMENTS = 1 << 17;

/** Positions to look at: one limit for all of them, or one for every row of the tensor. */
export interface Positions { readonly tensor: CheckpointTensor; readonly limits: readonly number[]; readonly target: string }

/** The first position that is none, if there is one. */
export async function positionFinding(checkpoint: Checkpoint, { tensor, limits, target }: Positions): Promise<Finding | undefined> {
  const size = bitsOf(tensor.dtype) / 8, count = tensor.bytes / size, perRow = count / (limits.length === 1 ? 1 : tensor.shape[0]!);
  const { expression } = tensor, file = checkpoint.files[tensor.file]!;
  const whole = expression.op === 'stored' ? undefined : await readValues(checkpoint, tensor), values = new Float64Array(Math.min(count, BLOCK_ELEMENTS));
  for (let begin = 0; begin < count; begin += values.length) {
    const length = Math.min(values.length, count - begin), bytes = whole?.subarray(begin * size) ?? new Uint8Array(length * size);
    if (expression.op === 'stored') await readInto(file.source, expression.offset + begin * size, bytes);
    decodeElements(tensor.dtype, bytes, values, length);
    for (let i = 0; i < length; i++) {
      const limit = limits[Math.floor((begin + i) / perRow)]!, value = values[i]!;
      if (!(value >= 0 && value < limit && Number.isInteger(value))) {
        return finding(POSITION_OUTSIDE, { tensor: tensor.name, value, element: begin + i, target, limit }, { path: file.path, tensor: tensor.name, found: value, expected: `0 … ${limit - 1}` });
      }
    }
  }
  return undefined;
}
