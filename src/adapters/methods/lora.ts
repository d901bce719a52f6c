/**
 * @module
 * LoRA: W' = W + s·B·A, with s = alpha / r, or alpha / sqrt(r) with rsLoRA (Hu et al. 2021; peft.md §2.2).
 * With a magnitude vector m it is DoRA, see dora.ts. `lora_bias` adds s·b to the bias of the layer.
 */
import { add, matmul, reshape, scale, transpose, type Expression } from '../../tensors/index.ts';
import { directed } from './dora.ts';
import type { Method, ModuleContext } from './method.ts';

/** LoRA and DoRA, with everything that LoraConfig can switch on and that is a function of the files. */
export const lora: Method = {
  type: 'LORA',
  parts: new Set(['lora_A.weight', 'lora_B.weight', 'lora_B.bias', 'lora_embedding_A', 'lora_embedding_B', 'lora_magnitude_vector']),
  pairs: [['lora_A.weight', 'lora_B.weight'], ['lora_embedding_A', 'lora_embedding_B']],
  rank: (module) => (module.parts.get('lora_A.weight') ?? module.parts.get('lora_embedding_A'))?.shape[0],

  merge(context) {
    const { weight, unmerged, bias, part, scale: s } = context;
    const { b, a } = factors(context);
    const delta = context.rounded(scale(s, matmul(b, a)));
    const flat = (w: Expression) => reshape(delta.shape, w);
    const m = part('lora_magnitude_vector'), added = part('lora_B.bias');
    const merged = m === undefined ? add(flat(weight), delta) : directed(context, flat(weight), flat(unmerged), delta, m);
    return {
      weight: reshape(weight.shape, merged),
      ...(added === undefined || bias === undefined ? {} : { bias: add(bias, scale(s, added)) }),
      formula: m === undefined ? `W + ${number(s)}·B·A` : `m / ‖W + ${number(s)}·B·A‖ · (W + ${number(s)}·B·A)`,
      ...(m === undefined ? { factors: { b, a, scale: s } } : {}),
    };
  },
};

/** B and A as two matrices whose product has the layout of the stored weight, kernels flattened. */
function factors({ layout, part }: ModuleContext): { b: Expression; a: Expression } {
  if (layout === 'embedding') return { b: transpose(part('lora_embedding_A')!), a: transpose(part('lora_embedding_B')!) };
  const A = part('lora_A.weight')!, B = part('lora_B.weight')!, r = A.shape[0]!;
  switch (layout) {
    case 'linear': return { b: B, a: A };
    case 'conv1d': return { b: transpose(A), a: transpose(B) };
    case 'conv': return { b: reshape([B.shape[0]!, r], B), a: reshape([r, A.shape.slice(1).reduce((x, y) => x * y, 1)], A) };
  }
}

const number = (s: number): string => String(Number(s.toPrecision(6)));
