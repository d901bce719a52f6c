/**
 * @module
 * bitsandbytes. 4 bits: codes of NF4 or FP4 two to a byte, the first in the upper half, each run of `blocksize` with an absmax
 * of its own; nested ("double quant"), the absmax are 8-bit codes themselves, in runs of 256, on top of an offset
 * (bitsandbytes/functional.py: `QuantState.as_dict`, `dequantize_4bit`). 8 bits: rows with a scale, `SCB / 127`.
 */
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { readValues } from '../../checkpoints/values.ts';
import { parseJson } from '../../containers/json.ts';
import { isTemperError } from '../../findings/index.ts';
import { add, cast, concat, constant, decodeTensor, elementCount, lookup, reshape, slice, type Expression } from '../../tensors/index.ts';
import { byRuns, cannot, configDType, dtypeOf, need, single, type Dequantised, type Scheme } from './parts.ts';

const STATE = /^(.+)\.quant_state\.bitsandbytes__(nf4|fp4)$/;

/** quant_state is a few hundred bytes of JSON. */
const STATE_BYTES_MAX = 1 << 16;

/** 1/127, as the kernels have it: `absmax * 7.874015718698502e-3`, a float32. */
const INT8_STEP = Math.fround(7.874015718698502e-3);

/** 4 bits. */
export const bnb4: Scheme = {
  method: 'bitsandbytes 4-bit',
  async find(checkpoint) {
    const found: Dequantised[] = [];
    for (const tensor of checkpoint.tensors.values()) {
      const name = STATE.exec(tensor.name)?.[1];
      if (name !== undefined) found.push(await fourBits(checkpoint, name, tensor));
    }
    return found;
  },
};

async function fourBits(checkpoint: Checkpoint, name: string, state: CheckpointTensor): Promise<Dequantised> {
  const fields = await readState(checkpoint, name, state), shape = fields.get('shape'), blocksize = fields.get('blocksize');
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(blocksize)) return cannot(name, 'its quant_state names no shape and blocksize', '它的 quant_state 没有给出形状与 blocksize');
  const packed = need(checkpoint, name, 'U8', name), count = elementCount(shape), blocks = Math.ceil(count / blocksize), nested = fields.get('nested_blocksize');
  if (elementCount(packed.shape) !== Math.ceil(count / 2)) return cannot(name, `${elementCount(packed.shape)} bytes for ${count} elements of 4 bits`, `${count} 个 4 位元素对应 ${elementCount(packed.shape)} 字节`);
  const map = await table(checkpoint, `${name}.quant_map`, 16, name), bytes = reshape([elementCount(packed.shape), 1], packed.expression);
  // Upper half first; an odd number of elements leaves half a byte over.
  const pairs = reshape([2 * elementCount(packed.shape)], concat(1, [cast('F32', lookup(map, bytes, 4)), cast('F32', lookup(map, bytes, 0))]));
  const from = [name, `${name}.absmax`, `${name}.quant_map`, state.name];
  let absmax: Expression;
  if (nested === undefined) absmax = flat(need(checkpoint, `${name}.absmax`, 'F32', name), blocks, name);
  else {
    const offset = fields.get('nested_offset');
    if (!isCount(nested) || typeof offset !== 'number') return cannot(name, 'its quant_state is nested without nested_blocksize and nested_offset', '它的 quant_state 是嵌套的，却没有 nested_blocksize 与 nested_offset');
    const codes = flat(need(checkpoint, `${name}.absmax`, 'U8', name), blocks, name), outer = flat(need(checkpoint, `${name}.nested_absmax`, 'F32', name), Math.ceil(blocks / nested), name);
    absmax = cast('F32', add(byRuns(cast('F32', lookup(await table(checkpoint, `${name}.nested_quant_map`, 256, name), codes)), outer, nested), constant([1], [Math.fround(offset)])));
    from.push(`${name}.nested_absmax`, `${name}.nested_quant_map`);
  }
  const values = byRuns(2 * elementCount(packed.shape) === count ? pairs : slice(0, 0, count, pairs), absmax, blocksize);
  return { name, from, expression: cast(dtypeOf(fields.get('dtype'), name), reshape(shape, values)) };
}

async function readState(checkpoint: Checkpoint, name: string, state: CheckpointTensor): Promise<ReadonlyMap<string, unknown>> {
  const bad = (): never => cannot(name, 'its quant_state is no JSON object', '它的 quant_state 不是 JSON 对象');
  if (state.dtype !== 'U8' || state.bytes > STATE_BYTES_MAX) return bad();
  try {
    const value = parseJson(await readValues(checkpoint, state), state.name);
    return value instanceof Map ? value : bad();
  } catch (error) {
    return isTemperError(error, 'cannot-dequantise') || !isTemperError(error) ? (() => { throw error; })() : bad();
  }
}

/** Values of a code book. */
async function table(checkpoint: Checkpoint, name: string, entries: number, of: string): Promise<number[]> {
  const tensor = need(checkpoint, name, 'F32', of);
  if (elementCount(tensor.shape) !== entries) return cannot(of, `${name} has ${elementCount(tensor.shape)} entries, not ${entries}`, `${name} 有 ${elementCount(tensor.shape)} 项，应为 ${entries} 项`);
  const values = [...decodeTensor(tensor.dtype, tensor.shape, await readValues(checkpoint, tensor))];
  return values.every((value) => Math.abs(value) < Infinity) ? values : cannot(of, `${name} holds values that are not finite`, `${name} 中有非有限的数值`);
}

function flat(tensor: CheckpointTensor, count: number, of: string): Expression {
  return elementCount(tensor.shape) === count ? reshape([count], tensor.expression) : cannot(of, `${tensor.name} has ${elementCount(tensor.shape)} entries, not ${count}`, `${tensor.name} 有 ${elementCount(tensor.shape)} 项，应为 ${count} 项`);
}

/** 8 bits. */
export const bnb8: Scheme = {
  method: 'bitsandbytes 8-bit',
  find: async (checkpoint, config) => [...checkpoint.tensors.values()].filter(({ name }) => name.endsWith('.SCB')).map((scales): Dequantised => {
    const module = scales.name.slice(0, -'.SCB'.length), name = `${module}.weight`, weight = need(checkpoint, name, 'I8', name), rows = weight.shape[0] ?? 0;
    need(checkpoint, scales.name, 'F32', name);
    if (weight.shape.length !== 2 || elementCount(scales.shape) !== rows) return cannot(name, `${scales.name} has ${elementCount(scales.shape)} entries for [${weight.shape.join(', ')}]`, `${scales.name} 有 ${elementCount(scales.shape)} 项，而权重为 [${weight.shape.join(', ')}]`);
    const values = single(single(weight.expression, reshape([rows, 1], scales.expression)), constant([1, 1], [INT8_STEP]));
    // weight_format tells how the bytes are laid out on the GPU; files hold rows.
    return { name, from: [name, scales.name, ...checkpoint.tensors.has(`${module}.weight_format`) ? [`${module}.weight_format`] : []], expression: cast(configDType(config, name), values) };
  }),
};
