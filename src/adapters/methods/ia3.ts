/**
 * @module
 * IA³: W' = W ∘ l, one learned factor per output, or per input in feed-forward modules (Liu et al. 2022; peft.md §2.6).
 * Factors on outputs scale the bias too; factors on inputs do not.
 */
import { multiply, reshape } from '../../tensors/index.ts';
import { listField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { misfit } from '../layout.ts';
import { compilePattern, oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, type Method } from './method.ts';

/** Whether a module's factors act on its inputs: text is a pattern for the whole path, a list holds endings (ia3/model.py). */
function isFeedForward(config: AdapterConfig, module: string): boolean {
  const field = 'feedforward_modules', value = config.fields.get(field);
  if (typeof value === 'string') return compilePattern(field, value, (text) => `^(?:${text})$`).test(module);
  return (listField(config, field) ?? []).some((ending) => module.endsWith(ending));
}

/** A convolution, if the factors are as many as its outputs or its input channels. */
const kernelLayout = (onInputs: boolean): NonNullable<Form['layout']> => (module, target, weight, hints) => {
  const l = module.parts.get('ia3_l')!;
  return weight.length === l.shape.length && weight[onInputs ? 1 : 0] === l.shape[1] ? 'conv' : misfit(l, target, weight, hints);
};

/** IA3. */
export const ia3: Method = {
  type: 'IA3',
  facts: [{ name: 'IA³', formula: 'l∘W and l∘b, or W∘l in feed-forward modules', needs: 'W', verified: LATEST }],
  fields: fieldTable({ feedforward_modules: used, fan_in_fan_out: used, init_ia3_weights: neutral }),
  parts: new Set(['ia3_l']),
  // In a convolution the factors stand along axis 1 either way, with a side of 1 for every side of the kernel.
  forms: (config, module) => {
    const onInputs = isFeedForward(config, module);
    const kernels = ['1', '1 1', '1 1 1'].map((kernel): Form => ({ parts: { ia3_l: `1 ${onInputs ? 'channels' : 'out'} ${kernel}` }, layout: kernelLayout(onInputs) }));
    return [{ parts: { ia3_l: onInputs ? '1 in' : 'out 1' } }, ...kernels];
  },
  scales: () => oneScale(1),

  merge(context) {
    const { config, module, weight, bias, layout, part, side } = context, l = part('ia3_l')!;
    if (!isFeedForward(config, module.path)) {
      return {
        weight: asStored(context, multiply(matrix(context, weight), reshape([side('out'), 1], l))), formula: 'l ∘ W',
        ...(bias === undefined ? {} : { bias: multiply(bias, reshape(bias.shape, l)), biasFormula: 'l ∘ b' }),
      };
    }
    if (layout === 'conv') return { weight: multiply(weight, l), formula: 'W ∘ l' };
    return { weight: asStored(context, multiply(matrix(context, weight), l)), formula: 'W ∘ l' };
  },
};
