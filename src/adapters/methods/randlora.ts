/**
 * @module
 * RandLoRA: many random low-rank bases, frozen and shared, weighed by learned diagonals: W' = W + s · Σ_b B_b·Λ_b·A·Γ_b,
 * written as one product UB·UA over bases and ranks (Albert et al. 2025; peft.md §2.6). The bases fit the smaller side;
 * where that is the output, the product is transposed. The two flattenings really are in different orders.
 *
 * With save_projection false the file leaves A and B to a seed: torch draws A, then B, for the largest sides of all modules,
 * in bfloat16 (where the machine has it; any since 2020), and divides each by its standard deviation. Sparse ones are signs.
 */
import { matmul, multiply, reshape, scale, slice, transpose, whole, type Expression } from '../../tensors/index.ts';
import type { AdaptedModule } from '../adapted.ts';
import { flagField, numberField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { keptAs, number, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{
  parts: { randlora_lambda: 'r bases', randlora_gamma: 'bases short' }, weight: () => [undefined, undefined],
  holds: (side) => side('short') === Math.min(side('out'), side('in')) && side('tall') >= Math.max(side('out'), side('in')),
}];
const again = { en: 'the shared projection once more', zh: '共用投影的重复副本' };

/** A and B as torch drew them (randlora/model.py). */
function drawn(adapted: readonly AdaptedModule[], config: AdapterConfig): ReadonlyMap<string, Expression> {
  const r = numberField(config, 'r', 32), seed = numberField(config, 'projection_prng_key', 0);
  const out = Math.max(...adapted.map((module) => module.out)), columns = Math.max(...adapted.map((module) => module.in));
  const short = Math.min(out, columns), long = Math.max(out, columns), bases = Math.ceil(short / r), first = r * short;
  const sparsity = flagField(config, 'very_sparse') ? Math.sqrt(short) : flagField(config, 'sparse') ? 3 : 0, a = Math.sqrt(5);
  // The bound is that of kaiming_uniform_ with a = √5. Sparse ones PEFT draws row after row.
  const draw = (skip: number, fan: number, ...shape: number[]) => keptAs(adapted[0]!.dtype, whole('randomBasis', [], [seed, skip, Math.sqrt(3) * (Math.sqrt(2 / (1 + a * a)) / Math.sqrt(fan)), sparsity, ...shape]));
  const A = reshape([r, 1, short], draw(0, short, 1, r, short)), B = sparsity === 0 ? transpose(draw(first, r, bases, long, r), [1, 0, 2]) : draw(first, r, long, bases, r);
  return new Map([['randlora_A', A], ['randlora_B', B]]);
}

/** RANDLORA. */
export const randlora: Method = {
  type: 'RANDLORA',
  facts: [{ name: 'RandLoRA', formula: 'W + s·Σ B·Λ·A·Γ', needs: 'nothing: projections that were not saved are drawn again (MT19937)', verified: ['0.18.1', '0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({
    r: used, randlora_alpha: used, fan_in_fan_out: used, save_projection: used, projection_prng_key: used, sparse: used, very_sparse: used, randlora_dropout: neutral,
  }),
  parts: new Set(['randlora_lambda', 'randlora_gamma']),
  leftOut: new Map([['randlora_A', again], ['randlora_B', again]]),
  shared: { randlora_A: 'r 1 short+', randlora_B: 'tall bases+ r' },
  redraw: drawn,
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
