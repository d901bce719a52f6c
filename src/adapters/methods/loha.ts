/**
 * @module
 * LoHa: W' = W + s · (w1_a·w1_b) ∘ (w2_a·w2_b), the Hadamard product of two low-rank matrices (FedPara, Hyeon-Woo et al.
 * 2022; LyCORIS; peft.md §2.6). Convolutions may have a core t between the factors, see cp.ts.
 */
import { elementCount, matmul, multiply, reshape, scale } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { tuckerProduct } from './cp.ts';
import { LATEST } from './facts.ts';
import { number, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [
  { parts: { hada_w1_a: 'out r', hada_w1_b: 'r in', hada_w2_a: 'out r', hada_w2_b: 'r in' } },
  {
    parts: { hada_t1: 'r r k l', hada_w1_a: 'r out', hada_w1_b: 'r channels', hada_t2: 'r r k l', hada_w2_a: 'r out', hada_w2_b: 'r channels' },
    weight: (side) => [side('out'), side('channels') * side('k') * side('l')],
  },
];

/** LOHA. */
export const loha: Method = {
  type: 'LOHA',
  facts: [{ name: 'LoHa', formula: 'W + s·(w1_a·w1_b)∘(w2_a·w2_b)', verified: LATEST }],
  fields: fieldTable({ r: used, alpha: used, rank_pattern: used, alpha_pattern: used, use_effective_conv2d: used, rank_dropout: neutral, module_dropout: neutral }),
  parts: new Set(FORMS.flatMap((form) => Object.keys(form.parts))),
  zeroAtStart: ['hada_w2_a'],
  forms: () => FORMS,
  scales: (config, alpha) => scaleRule(config, { rank: 8, alpha: { field: 'alpha', value: 8 } }, alpha),

  merge(context) {
    const { part, side, scale: s } = context;
    const factor = (n: 1 | 2) => {
      const t = part(`hada_t${n}`), a = part(`hada_w${n}_a`)!, b = part(`hada_w${n}_b`)!;
      return t === undefined ? matmul(a, b) : tuckerProduct(t, a, b);
    };
    const delta = scale(s, multiply(factor(1), factor(2)));
    return plus(context, reshape([side('out'), elementCount(delta.shape) / side('out')], delta), `W + ${number(s)}·(w1_a·w1_b)∘(w2_a·w2_b)`);
  },
};
