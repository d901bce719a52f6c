/**
 * @module
 * LoRA: W' = W + s·B·A, with s = alpha / r, or alpha / sqrt(r) with rsLoRA (Hu et al. 2021; peft.md §2.2).
 * With a magnitude vector m it is DoRA, see dora.ts. `lora_bias` adds s·b to the bias of the layer. What PiSSA, OLoRA and KaSA took
 * out of the base at the start is subtracted, see initial.ts; KaSA puts a diagonal between B and A.
 */
import { refuse } from '../../findings/index.ts';
import { add, matmul, multiply, reshape, scale, transpose, type Expression } from '../../tensors/index.ts';
import { BASE_CHANGING_INITIALISATION } from '../codes.ts';
import { textOf, type AdapterConfig } from '../config.ts';
import { LORA_FIELDS } from '../fields.ts';
import type { Form } from '../forms.ts';
import { LORA_SCALE, scaleRule } from '../patterns.ts';
import { blockDiagonal, blockForm, blocksOf } from './bdlora.ts';
import { directed } from './dora.ts';
import { LATEST } from './facts.ts';
import { isKasa, removedFromBase, type Removed } from './initial.ts';
import { loraLayout } from './lora-layout.ts';
import { asStored, number, type Merged, type Method, type ModuleContext } from './method.ts';
import { absolute, sizeOfProduct, withKept } from './singular.ts';

const FORMS: readonly Form[] = [
  { parts: { 'lora_A.weight': 'r *', 'lora_B.weight': 'rows *' }, optional: { 'lora_B.bias': 'rows', lora_magnitude_vector: '*' }, layout: loraLayout },
  { parts: { lora_embedding_A: 'r *', lora_embedding_B: '*' }, optional: { lora_magnitude_vector: '*' }, layout: loraLayout },
];

const KASA: Form = { parts: { 'lora_A.weight': 'r in', 'lora_B.weight': 'out r', lora_diag: 'r' }, holds: (side) => side('r') < Math.min(side('out'), side('in')), layout: loraLayout };

const formsOf = (config: AdapterConfig, module: string): readonly Form[] => {
  const blocks = blockForm(config, module);
  return isKasa(config) ? [KASA] : blocks === undefined ? FORMS : [blocks];
};

const sampler = { en: 'MonteCLoRA draws from it in training only', zh: 'MonteCLoRA 仅在训练时从中采样' };

/** LoRA and DoRA, with everything that LoraConfig can switch on and that is a function of the files. */
export const lora: Method = {
  type: 'LORA',
  facts: [
    { name: 'LoRA, rsLoRA, LoRA+, EVA, MiCA, VeLoRA, MonteCLoRA', formula: 'W + s·B·A', verified: ['0.6.2', '0.13.2', '0.17.1', '0.21.0'] },
    { name: 'DoRA', when: 'use_dora', formula: 'm / ‖W + s·B·A‖ · (W + s·B·A)', needs: 'W', verified: LATEST },
    { name: 'BD-LoRA', when: 'use_bdlora', formula: 'W + s·B·A, one factor block-diagonal', verified: LATEST },
    { name: 'KaSA', when: 'kasa_config', formula: 'W without its r smallest singular values + s·B·diag(d)·A', needs: 'W, its singular value decomposition', result: 'bit for bit; PEFT decomposes in float32, which agrees to about 1e-6 of the largest weight; a cut between values that float32 cannot tell apart is refused', verified: LATEST },
    { name: 'experts', when: 'target_parameters', formula: 'W[e] + s·B[e]·A[e]', needs: 'whole or one by one in the base', verified: ['0.17.1', '0.21.0'] },
    { name: 'replicated layers', when: 'layer_replication', formula: 'each copy with its own delta', verified: ['0.21.0, every copy given its own weights'] },
    { name: 'PiSSA, OLoRA, CorDA, LoRA-GA', when: 'init_lora_weights', formula: 'W + s·(B·A − B₀·A₀)', needs: '`--initial-adapter`, or the residual base; PiSSA and OLoRA alone: W, decomposed again', result: 'bit for bit; alone as for KaSA', verified: ['0.18.1', '0.19.1', '0.20.0', '0.21.0'] },
  ],
  fields: LORA_FIELDS,
  parts: new Set(['lora_A.weight', 'lora_B.weight', 'lora_B.bias', 'lora_embedding_A', 'lora_embedding_B', 'lora_magnitude_vector', 'lora_diag']),
  leftOut: new Map([
    ['lora_velora_embed', { en: 'VeLoRA compresses activations with it in training only', zh: 'VeLoRA 仅在训练时用它压缩激活' }],
    ...['expert_weights', 'expert_weights_prior', 'gaussian_var_prior', 'std_prior'].map((name) => [`lora_monteclora_sampler.${name}`, sampler] as const),
  ]),
  onBias: ['lora_B.bias'],
  zeroAtStart: ['lora_B.weight', 'lora_embedding_A'],
  forms: formsOf,
  scales: (config, alpha) => scaleRule(config, LORA_SCALE, alpha),

  merge(context) {
    const { weight, unmerged, bias, part, scale: s } = context;
    const { b, a } = factors(context), removed = removedFromBase(context);
    if (removed !== undefined) return withoutPart(context, removed, b, a);
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

/** W − (what was taken out of it) + s·B·A, of linear layers. */
function withoutPart(context: ModuleContext, { b: left, a: right, size, roundings, formula }: Removed, b: Expression, a: Expression): Merged {
  const { weight, layout, part, config, module, scale: s } = context, init = textOf(config, 'init_lora_weights') ?? 'kasa';
  // PEFT decomposes a GPT-2 weight as it is stored for OLoRA, and as (out, in) for PiSSA; KaSA it refuses there.
  const known = layout === 'linear' || (layout === 'conv1d' && init === 'pissa');
  if (!known || part('lora_magnitude_vector') !== undefined || part('lora_B.bias') !== undefined) refuse(BASE_CHANGING_INITIALISATION, { init, method: `${module.path}, ${layout}` }, { tensor: module.path });
  const taken = scale(-1, asStored(context, matmul(left, right))), all = roundings + b.shape[1]!;
  // What is left of the base PEFT keeps in its dtype.
  const kept = add(absolute(context.unmerged), asStored(context, sizeOfProduct(left, right)));
  return {
    weight: add(weight, context.rounded(add(scale(s, matmul(b, a)), taken))),
    intermediate: withKept(context, add(scale(Math.abs(s), sizeOfProduct(b, a)), asStored(context, size)), all, kept, 1), roundings: all,
    formula: `W − (${formula}) + ${number(s)}·${isKasa(config) ? 'B·diag(d)·A' : 'B·A'}`,
  };
}

/** B and A as two matrices whose product has the layout of the stored weight, kernels flattened. */
function factors({ layout, part, config, module }: ModuleContext): { b: Expression; a: Expression } {
  if (layout === 'embedding') return { b: transpose(part('lora_embedding_A')!), a: transpose(part('lora_embedding_B')!) };
  const blocks = blocksOf(config, module.path);
  const A = blockDiagonal(blocks.a, part('lora_A.weight')!), B = blockDiagonal(blocks.b, part('lora_B.weight')!), r = A.shape[0]!;
  switch (layout) {
    case 'linear': return { b: isKasa(config) ? multiply(B, reshape([1, r], part('lora_diag')!)) : B, a: A };
    case 'conv1d': return { b: transpose(A), a: transpose(B) };
    case 'conv': return { b: reshape([B.shape[0]!, r], B), a: reshape([r, A.shape.slice(1).reduce((x, y) => x * y, 1)], A) };
  }
}
