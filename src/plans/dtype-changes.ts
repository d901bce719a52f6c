/** @module The dtype that config.json names. */
import type { ComputeDType } from '../tensors/index.ts';
import { fieldPaths, type ConfigChange } from './config.ts';

/** torch's words for the dtypes that config.json may name. */
const CONFIG_DTYPE: Readonly<Record<ComputeDType, string>> = { BF16: 'bfloat16', F16: 'float16', F32: 'float32', F64: 'float64' };

/** config.json names the dtype as `torch_dtype` (transformers 4) or `dtype` (5); where it names none, none is added. */
export function dtypeChanges(fields: ReadonlyMap<string, unknown> | undefined, dtype: ComputeDType): ConfigChange[] {
  const word = CONFIG_DTYPE[dtype];
  return ['torch_dtype', 'dtype'].flatMap((field) => fieldPaths(fields, field)
    .filter(([first, second]) => (second === undefined ? fields?.has(String(first)) : true))
    .map((path) => ({ path, value: word })));
}
