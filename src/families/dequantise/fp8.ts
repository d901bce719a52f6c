/**
 * @module
 * FP8 in blocks, as DeepSeek-V3 and Qwen's -FP8 models have it: `weight` in float8 and `weight_scale_inv` with one factor per block
 * of `weight_block_size` (128 by 128 when config.json says nothing); the blocks at the edges may be smaller.
 */
import { elementCount, cast, concat, reshape, slice, type Expression } from '../../tensors/index.ts';
import { cannot, configDType, single, type Dequantised, type Scheme } from './parts.ts';

const ENDING = '_scale_inv';
const BLOCK_DEFAULT: readonly [number, number] = [128, 128];

/** Blocks of float8. */
export const fp8Blocks: Scheme = {
  method: 'block-wise FP8',
  find: async (checkpoint, config) => [...checkpoint.tensors.values()].filter(({ name }) => name.endsWith(`.weight${ENDING}`)).map((scales): Dequantised => {
    const name = scales.name.slice(0, -ENDING.length), weight = checkpoint.tensors.get(name) ?? cannot(name, 'it is missing', '缺少该张量'), [height, width] = blockSize(config);
    const [rows, columns] = weight.shape, tiles = [Math.ceil(rows! / height), Math.ceil(columns! / width)] as const;
    if (!weight.dtype.startsWith('F8_')) return cannot(name, `it is ${weight.dtype}, no float8`, `它为 ${weight.dtype}，不是 float8`);
    if (weight.shape.length !== 2 || scales.shape.length !== 2 || scales.shape[0] !== tiles[0] || scales.shape[1] !== tiles[1]) {
      return cannot(name, `[${scales.shape.join(', ')}] factors for [${weight.shape.join(', ')}] in blocks of ${height} by ${width}`, `权重为 [${weight.shape.join(', ')}]、块为 ${height}×${width}，而系数为 [${scales.shape.join(', ')}]`);
    }
    const factors = cast('F32', scales.expression);
    return { name, from: [name, scales.name], expression: cast(configDType(config, name), blocks(weight.expression, factors, height, width)) };
  }),
};

function blockSize(config: ReadonlyMap<string, unknown> | undefined): readonly [number, number] {
  const own = config?.get('quantization_config'), size = own instanceof Map ? own.get('weight_block_size') as unknown : undefined;
  const sides = Array.isArray(size) && size.length === 2 && size.every((side) => Number.isSafeInteger(side) && side > 0) ? size as [number, number] : BLOCK_DEFAULT;
  return sides;
}

/** Weight times factor, block by block. */
function blocks(weight: Expression, factors: Expression, height: number, width: number): Expression {
  const [rows, columns] = weight.shape as [number, number], cut = (side: number, block: number) => [...new Set([0, Math.floor(side / block) * block, side])];
  const ys = cut(rows, height), xs = cut(columns, width), strips: Expression[] = [];
  for (const [i, top] of ys.slice(0, -1).entries()) {
    const bottom = ys[i + 1]!, parts: Expression[] = [];
    for (const [j, left] of xs.slice(0, -1).entries()) {
      const right = xs[j + 1]!, m = Math.ceil((bottom - top) / height), n = Math.ceil((right - left) / width), h = (bottom - top) / m, w = (right - left) / n;
      const part = slice(1, left, right, slice(0, top, bottom, weight)), own = slice(1, left / width, left / width + n, slice(0, top / height, top / height + m, factors));
      parts.push(elementCount(part.shape) === 0 ? part : reshape([bottom - top, right - left], single(reshape([m, h, n, w], part), reshape([m, 1, n, 1], own))));
    }
    strips.push(parts.length === 1 ? parts[0]! : concat(1, parts));
  }
  return strips.length === 1 ? strips[0]! : concat(0, strips);
}
