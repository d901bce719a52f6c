/** @module IA3 vectors combined as PEFT does: the weighted sum of the vectors (peft.md §3). */
import { listField } from '../../adapters/index.ts';
import { configText } from '../../adapters/written.ts';
import { finding, TemperError } from '../../findings/index.ts';
import { elementCount, sameShape } from '../../tensors/index.ts';
import type { Combined } from '../combine.ts';
import { SHAPES_DIFFER } from './codes.ts';
import { valuesOf, type Source } from './sources.ts';

/** The tensors and the configuration of the combined adapter. */
export async function combineVectors(sources: readonly Source[]): Promise<{ tensors: Combined[]; config: string }> {
  const errors = sources.flatMap(({ adapter }) => adapter.findings.filter(({ severity }) => severity === 'error'));
  if (errors.length > 0) throw new TemperError(errors);
  const made = new Map<string, { key: string; shape: readonly number[]; values: Float64Array; from: string[] }>();
  for (const source of sources) {
    for (const { path, parts } of source.adapter.modules) {
      for (const tensor of parts.values()) {
        const own = made.get(path) ?? { key: `base_model.model.${path}.ia3_l`, shape: tensor.shape, values: new Float64Array(elementCount(tensor.shape)), from: [] };
        if (!sameShape(own.shape, tensor.shape)) throw new TemperError([finding(SHAPES_DIFFER, { module: path, first: own.shape.join(', '), second: tensor.shape.join(', ') }, { tensor: path, severity: 'error' })]);
        for (const [i, x] of (await valuesOf(source, tensor)).entries()) own.values[i]! += source.weight * x;
        own.from.push(tensor.name);
        made.set(path, own);
      }
    }
  }
  const union = (field: string) => [...new Set(sources.flatMap(({ adapter }) => listField(adapter.config, field, true) ?? []))].sort();
  const fields = Object.fromEntries(sources[0]!.adapter.config.fields);
  return { tensors: [...made.values()], config: configText({ ...fields, target_modules: union('target_modules'), feedforward_modules: union('feedforward_modules') }) };
}
