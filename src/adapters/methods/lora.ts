/**
 * @module
 * LoRA: W' = W + s·B·A, with s = alpha / r, or alpha / sqrt(r) with rsLoRA (Hu et al. 2021; peft.md §2.2).
 * With a magnitude vector m it is DoRA, see dora.ts. `lora_bias` adds s·b to the bias of the layer.
 */
import { add, matmul, reshape, scale, transpose, type Expression } from '../../tensors/index.ts';
import { LORA_FIELDS } from '../fields.ts';
import type { Form } from '../forms.ts';
import { LORA_SCALE, scaleRule } from '../patterns.ts';
import { blockDiagonal, blockForm, blocksOf } from './bdlora.ts';
import { directed } from './dora.ts';
import { loraLayout } from './lora-layout.ts';
import { number, type Method, type ModuleContext } from './method.ts';

const FORMS: readonly Form[] = [
  { parts: { 'lora_A.weight': 'r *', 'lora_B.weight': 'rows *' }, optional: { 'lora_B.bias': 'rows', lora_magnitude_vector: '*' }, layout: loraLayout },
  { parts: { lora_embedding_A: 'r *', lora_embedding_B: '*' }, optional: { lora_magnitude_vector: '*' }, layout: loraLayout },
];

const sampler = { en: 'MonteCLoRA draws from it in training only', zh: 'MonteCLoRA 仅在训练时从中采样' };

/** LoRA and DoRA, with everything that LoraConfig can switch on and that is a function of the files. */
export const lora: Method = {
  type: 'LORA',
  fields: LORA_FIELDS,
  parts: new Set(['lora_A.weight', 'lora_B.weight', 'lora_B.bias', 'lora_embedding_A', 'lora_embedding_B', 'lora_magnitude_vector']),
  leftOut: new Map([
    ['lora_velora_embed', { en: 'VeLoRA compresses activations with it in training only', zh: 'VeLoRA 仅在训练时用它压缩激活' }],
    ...['expert_weights', 'expert_weights_prior', 'gaussian_var_prior', 'std_prior'].map((name) => [`lora_monteclora_sampler.${name}`, sampler] as const),
  ]),
  onBias: ['lora_B.bias'],
  zeroAtStart: ['lora_B.weight', 'lora_embedding_A'],
  forms: (config, module) => { const blocks = blockForm(config, module); return blocks === undefined ? FORMS : [blocks]; },
  scales: (config, alpha) => scaleRule(config, LORA_SCALE, alpha),

  merge(context) {
    const { weight, unmerged, bias, part, scale: s } = context;
    const { b, a } = factors(context);
    const delta = context.rounded(scale(s, matmul(b, a)));
    const flat = (w: Expression) => reshape(delta.shape, w);
    const m = part('lora_magnitude_vector'), added = part('lora_B.bias');
    const merged = m === undefined ? add(flat(weight), delta) : directed(context, flat(weight), flat(unmerged), delta, m);
    return {
      weight: reshape(weight.shape, merged),
      ...(added === undefined || bias === undefined ? {} : { bias: add(bias, scale(s, added)), biasFormula: `b + ${number(s)}·lora_B.bias` }),
      formula: m === undefined ? `W + ${number(s)}·B·A` : `m / ‖W + ${number(s)}·B·A‖ · (W + ${number(s)}·B·A)`,
      ...(m === undefined ? { factors: { b, a, scale: s } } : {}),
    };
  },
};

/** B and A as two matrices whose product has the layout of the stored weight, kernels flattened. */
function factors({ layout, part, config, module }: ModuleContext): { b: Expression; a: Expression } {
  if (layout === 'embedding') return { b: transpose(part('lora_embedding_A')!), a: transpose(part('lora_embedding_B')!) };
  const blocks = blocksOf(config, module.path);
  const A = blockDiagonal(blocks.a, part('lora_A.weight')!), B = blockDiagonal(blocks.b, part('lora_B.weight')!), r = A.shape[0]!;
  switch (layout) {
    case 'linear': return { b: B, a: A };
    case 'conv1d': return { b: transpose(A), a: transpose(B) };
    case 'conv': return { b: reshape([B.shape[0]!, r], B), a: reshape([r, A.shape.slice(1).reduce((x, y) => x * y, 1)], A) };
  }
}
