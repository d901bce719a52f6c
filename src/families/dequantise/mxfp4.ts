/**
 * @module
 * MXFP4 as GPT-OSS has it: `NAME_blocks` (…, rows, groups, 16), two FP4 (E2M1) to a byte, the first in the lower half, and
 * `NAME_scales` (…, rows, groups), powers of two biased by 127. The parameter is (…, columns, rows): transformers turns the
 * last two axes (integrations/mxfp4.py, `convert_moe_packed_tensors`).
 */
import { cast, concat, lookup, multiply, reshape, sameShape, transpose } from '../../tensors/index.ts';
import { cannot, configDType, need, type Dequantised, type Scheme } from './parts.ts';

/** Values of E2M1. */
const E2M1: readonly number[] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
/** Values of a biased exponent. */
const POWERS: readonly number[] = Array.from({ length: 256 }, (_, code) => 2 ** (code - 127));
const ENDING = '_blocks';

/** MXFP4. */
export const mxfp4: Scheme = {
  method: 'MXFP4',
  find: async (checkpoint, config) => [...checkpoint.tensors.values()].filter(({ name }) => name.endsWith(ENDING) && checkpoint.tensors.has(`${name.slice(0, -ENDING.length)}_scales`)).map((blocks): Dequantised => {
    const name = blocks.name.slice(0, -ENDING.length), scales = need(checkpoint, `${name}_scales`, 'U8', name), { shape } = blocks, groups = shape.slice(0, -1);
    if (blocks.dtype !== 'U8' || shape.length < 3 || !sameShape(groups, scales.shape)) {
      return cannot(name, `blocks of ${blocks.dtype} [${shape.join(', ')}] with scales [${scales.shape.join(', ')}]`, `块为 ${blocks.dtype} [${shape.join(', ')}]，缩放为 [${scales.shape.join(', ')}]`);
    }
    const bytes = reshape([...shape, 1], blocks.expression), axis = shape.length, pairs = reshape([...groups, 2 * shape.at(-1)!], concat(axis, [lookup(E2M1, bytes, 0), lookup(E2M1, bytes, 4)]));
    const rows = reshape([...groups.slice(0, -1), groups.at(-1)! * 2 * shape.at(-1)!], multiply(pairs, reshape([...groups, 1], lookup(POWERS, scales.expression))));
    const last = rows.shape.length - 1;
    return { name, from: [blocks.name, scales.name], expression: cast(configDType(config, name), transpose(rows, [...rows.shape.keys()].map((i) => (i === last ? last - 1 : i === last - 1 ? last : i)))) };
  }),
};
