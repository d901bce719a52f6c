/**
 * @module
 * RandLoRA: many random low-rank bases, frozen and shared, weighed by learned diagonals: W' = W + s · Σ_b B_b·Λ_b·A·Γ_b,
 * written as one product UB·UA over bases and ranks (Albert et al. 2025; peft.md §2.6). The bases fit the smaller side;
 * where that is the output, the product is transposed. The two flattenings really are in different orders.
 */
import { matmul, multiply, reshape, scale, slice, transpose } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { number, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{
  parts: { randlora_lambda: 'r bases', randlora_gamma: 'bases short' }, weight: () => [undefined, undefined],
  holds: (side) => side('short') === Math.min(side('out'), side('in')) && side('tall') >= Math.max(side('out'), side('in')),
}];
const again = { en: 'the shared projection once more', zh: '共用投影的重复副本' };

/** RANDLORA, with its projections in the file. */
export const randlora: Method = {
  type: 'RANDLORA',
  fields: fieldTable({
    r: used, randlora_alpha: used, fan_in_fan_out: used, save_projection: used, projection_prng_key: used, sparse: neutral, very_sparse: neutral, randlora_dropout: neutral,
  }),
  parts: new Set(['randlora_lambda', 'randlora_gamma']),
  leftOut: new Map([['randlora_A', again], ['randlora_B', again]]),
  shared: { randlora_A: 'r 1 short+', randlora_B: 'tall bases+ r' },
  zeroAtStart: ['randlora_lambda'],
  forms: () => FORMS,
  scales: (config, alpha) => scaleRule(config, { rank: 32, alpha: { field: 'randlora_alpha', value: 640 } }, alpha),

  merge(context) {
    const { side, part, shared, scale: s } = context, r = side('r'), n = side('bases'), short = side('short'), long = Math.max(side('out'), side('in'));
    const bases = slice(2, 0, short, shared('randlora_A')), lambda = reshape([r, n, 1], part('randlora_lambda')!), gamma = reshape([1, n, short], part('randlora_gamma')!);
    const UA = reshape([r * n, short], multiply(multiply(lambda, bases), gamma));
    const UB = reshape([long, n * r], slice(1, 0, n, slice(0, 0, long, shared('randlora_B'))));
    const D = matmul(UB, UA);
    return plus(context, scale(s, side('in') === short ? D : transpose(D)), `W + ${number(s)}·Σ B·Λ·A·Γ`);
  },
};
