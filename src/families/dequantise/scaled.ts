/**
 * @module
 * float8 or int8 with `weight_scale`, one factor for the whole weight or one per row: compressed-tensors ("float-quantized",
 * "int-quantized", llm-compressor's FP8 and W8A8 models), FBGEMM's FP8. Scales of activations (`input_scale`) say nothing of the weight.
 */
import { elementCount, cast, reshape } from '../../tensors/index.ts';
import { cannot, configDType, single, type Dequantised, type Scheme } from './parts.ts';

const ENDING = '_scale';
/** What may lie beside such a weight, for activations. */
const BESIDE: readonly string[] = ['input_scale', 'input_scale_ub', 'input_zero_point'];

/** Weights with a factor, or one per row. */
export const scaled: Scheme = {
  method: 'FP8 or int8 with scales',
  find: async (checkpoint, config) => [...checkpoint.tensors.values()].filter(({ name }) => name.endsWith(`.weight${ENDING}`) && checkpoint.tensors.has(name.slice(0, -ENDING.length))).map((scales): Dequantised => {
    const name = scales.name.slice(0, -ENDING.length), module = name.slice(0, -'.weight'.length), weight = checkpoint.tensors.get(name)!, rows = weight.shape[0] ?? 0, count = elementCount(scales.shape);
    if (!weight.dtype.startsWith('F8_') && weight.dtype !== 'I8') return cannot(name, `it is ${weight.dtype}, neither float8 nor int8`, `它为 ${weight.dtype}，既非 float8 也非 int8`);
    if (!['F32', 'BF16', 'F16'].includes(scales.dtype)) return cannot(name, `${scales.name} is ${scales.dtype}`, `${scales.name} 为 ${scales.dtype}`);
    if (weight.shape.length !== 2 || (count !== 1 && count !== rows)) return cannot(name, `${count} factors for [${weight.shape.join(', ')}]`, `权重为 [${weight.shape.join(', ')}]，而系数有 ${count} 个`);
    if (checkpoint.tensors.has(`${name}_zero_point`)) return cannot(name, 'it has a zero point', '它带有零点（zero point）');
    const from = [name, scales.name, ...BESIDE.map((part) => `${module}.${part}`).filter((part) => checkpoint.tensors.has(part))];
    return { name, from, expression: cast(configDType(config, name), single(weight.expression, reshape([count, 1], scales.expression))) };
  }),
};
