/**
 * @module
 * VeRA: W' = W + diag(λ_b)·B·diag(λ_d)·A with A and B random, frozen and shared by all modules, cut to the module's size
 * (Kopiczko et al. 2024; peft.md §2.6). PVeRA learns a distribution; what is merged is its mean, the first half of λ_d
 * and of A. The scale is in λ. With save_projection false the file leaves A and B to a seed: torch draws A, then B, uniformly
 * between ∓√(6 / fan in), for the largest sides of all modules, and keeps them in the dtype of the base.
 */
import { matmul, multiply, reshape, slice, whole, type Expression } from '../../tensors/index.ts';
import type { AdaptedModule } from '../adapted.ts';
import { numberField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale, scaleRule } from '../patterns.ts';
import { keptAs, plus, type Method, type ModuleContext } from './method.ts';

const OWN = { r: used, fan_in_fan_out: used, save_projection: used, projection_prng_key: used, d_initial: neutral };

function merge(context: ModuleContext, prefix: 'vera' | 'pvera') {
  const { side, part, shared } = context, B = shared(`${prefix}_B`), r = B.shape[1]!;
  const b = multiply(slice(0, 0, side('out'), B), reshape([side('out'), 1], part(`${prefix}_lambda_b`)!));
  const a = multiply(slice(1, 0, side('in'), slice(0, 0, r, shared(`${prefix}_A`))), reshape([r, 1], slice(0, 0, r, part(`${prefix}_lambda_d`)!)));
  return plus(context, matmul(b, a), 'W + diag(λ_b)·B·diag(λ_d)·A');
}

/** A and B as torch drew them (vera/model.py, `_kaiming_init`). A has `halves` times r rows. */
const drawn = (prefix: 'vera' | 'pvera', halves: number) => (adapted: readonly AdaptedModule[], config: AdapterConfig): ReadonlyMap<string, Expression> => {
  const r = numberField(config, 'r', 256), rows = halves * r, seed = numberField(config, 'projection_prng_key', 0);
  const out = Math.max(...adapted.map((module) => module.out)), columns = Math.max(...adapted.map((module) => module.in));
  const draw = (skip: number, fan: number, ...shape: number[]) => keptAs(adapted[0]!.dtype, whole('torchUniform', [], [seed, skip, Math.sqrt(3) * (Math.sqrt(2) / Math.sqrt(fan)), ...shape]));
  return new Map([[`${prefix}_A`, draw(0, columns, rows, columns)], [`${prefix}_B`, draw(rows * columns, r, out, r)]]);
};

/** VERA. */
export const vera: Method = {
  type: 'VERA',
  facts: [{ name: 'VeRA', formula: 'W + diag(λ_b)·B·diag(λ_d)·A', needs: 'nothing: projections that were not saved are drawn again (MT19937)', verified: ['0.18.1', '0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({ ...OWN, vera_dropout: neutral }),
  parts: new Set(['vera_lambda_b', 'vera_lambda_d']),
  shared: { vera_A: 'r in+', vera_B: 'out+ r' },
  redraw: drawn('vera', 1),
  zeroAtStart: ['vera_lambda_b'],
  forms: (): readonly Form[] => [{ parts: { vera_lambda_b: 'out', vera_lambda_d: 'r' } }],
  scales: (config) => scaleRule(config, { rank: 256 }),
  merge: (context) => merge(context, 'vera'),
};

/** PVERA. */
export const pvera: Method = {
  type: 'PVERA',
  facts: [{ name: 'PVeRA', formula: 'W + diag(λ_b)·B·diag(λ_d)·A', needs: 'nothing: projections that were not saved are drawn again (MT19937)', verified: ['0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({ ...OWN, pvera_dropout: neutral, sample_at_inference: neutral, generator_seed: neutral }),
  parts: new Set(['pvera_lambda_b', 'pvera_lambda_d']),
  shared: { pvera_A: 'both in+', pvera_B: 'out+ mean' },
  redraw: drawn('pvera', 2),
  zeroAtStart: ['pvera_lambda_b'],
  forms: (): readonly Form[] => [{ parts: { pvera_lambda_b: 'out', pvera_lambda_d: 'both' }, holds: (side) => side('both') === 2 * side('mean') }],
  scales: () => oneScale(1),
  merge: (context) => merge(context, 'pvera'),
};
