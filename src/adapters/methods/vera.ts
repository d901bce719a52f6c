/**
 * @module
 * VeRA: W' = W + diag(λ_b)·B·diag(λ_d)·A with A and B random, frozen and shared by all modules, cut to the module's size
 * (Kopiczko et al. 2024; peft.md §2.6). PVeRA learns a distribution; what is merged is its mean, the first half of λ_d
 * and of A. The scale is in λ.
 */
import { matmul, multiply, reshape, slice } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale, scaleRule } from '../patterns.ts';
import { plus, type Method, type ModuleContext } from './method.ts';

const OWN = { r: used, fan_in_fan_out: used, save_projection: used, projection_prng_key: used, d_initial: neutral };

function merge(context: ModuleContext, prefix: 'vera' | 'pvera') {
  const { side, part, shared } = context, B = shared(`${prefix}_B`), r = B.shape[1]!;
  const b = multiply(slice(0, 0, side('out'), B), reshape([side('out'), 1], part(`${prefix}_lambda_b`)!));
  const a = multiply(slice(1, 0, side('in'), slice(0, 0, r, shared(`${prefix}_A`))), reshape([r, 1], slice(0, 0, r, part(`${prefix}_lambda_d`)!)));
  return plus(context, matmul(b, a), 'W + diag(λ_b)·B·diag(λ_d)·A');
}

/** VERA, with its projections in the file. */
export const vera: Method = {
  type: 'VERA',
  fields: fieldTable({ ...OWN, vera_dropout: neutral }),
  parts: new Set(['vera_lambda_b', 'vera_lambda_d']),
  shared: { vera_A: 'r in+', vera_B: 'out+ r' },
  zeroAtStart: ['vera_lambda_b'],
  forms: (): readonly Form[] => [{ parts: { vera_lambda_b: 'out', vera_lambda_d: 'r' } }],
  scales: (config) => scaleRule(config, { rank: 256 }),
  merge: (context) => merge(context, 'vera'),
};

/** PVERA, with its projections in the file. */
export const pvera: Method = {
  type: 'PVERA',
  fields: fieldTable({ ...OWN, pvera_dropout: neutral, sample_at_inference: neutral, generator_seed: neutral }),
  parts: new Set(['pvera_lambda_b', 'pvera_lambda_d']),
  shared: { pvera_A: 'both in+', pvera_B: 'out+ mean' },
  zeroAtStart: ['pvera_lambda_b'],
  forms: (): readonly Form[] => [{ parts: { pvera_lambda_b: 'out', pvera_lambda_d: 'both' }, holds: (side) => side('both') === 2 * side('mean') }],
  scales: () => oneScale(1),
  merge: (context) => merge(context, 'pvera'),
};
