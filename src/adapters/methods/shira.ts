/**
 * @module
 * SHiRA: W' = W + Δ, where Δ is zero but for the places that the file lists (Bhardwaj et al. 2024; peft.md §2.6). As many
 * places as a LoRA of rank r has parameters, their rows and columns beside the values. PEFT on Windows stores them as
 * float32.
 */
import { add, reshape, scale, scatter, slice } from '../../tensors/index.ts';
import { numberField } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { plus, type Method } from './method.ts';

/** SHIRA. */
export const shira: Method = {
  type: 'SHIRA',
  facts: [{ name: 'SHiRA', formula: 'W + Δ at the places listed', verified: LATEST }],
  fields: fieldTable({ r: used, fan_in_fan_out: neutral, mask_type: neutral, random_seed: neutral }),
  parts: new Set(['shira_weight', 'shira_indices']),
  integers: ['shira_indices'],
  positions: { shira_indices: (side) => [side('out'), side('in')] },
  zeroAtStart: ['shira_weight'],
  forms: (config) => [{
    parts: { shira_weight: 'n', shira_indices: '2 n' }, weight: () => [undefined, undefined],
    holds: (side) => side('n') === numberField(config, 'r', 32) * (side('out') + side('in')),
  }],
  scales: () => oneScale(1),

  merge(context) {
    const { part, side } = context, n = side('n'), at = part('shira_indices')!, line = (i: number) => reshape([n], slice(0, i, i + 1, at));
    return plus(context, scatter([side('out'), side('in')], add(scale(side('in'), line(0)), line(1)), part('shira_weight')!), 'W + Δ at the places listed');
  },
};
