/**
 * @module
 * UniLoRA: W' = W + B·A, where every element of A and B is an element of one vector θ, over the square root of how often it is
 * used (Li et al. 2025; peft.md §2.6). Which element, the file says (save_indices), or numpy's generator does: one
 * shuffled, balanced list for A, then B, of all modules in the order of the model. Then the file holds θ alone, and the
 * modules are those that target_modules names.
 */
import { matmul, multiply, reshape, slice, whole, type Expression } from '../../tensors/index.ts';
import type { AdaptedModule } from '../adapted.ts';
import { flagField, numberField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { keptAs, plus, type Method, type ModuleContext } from './method.ts';

const STORED: Form['parts'] = { unilora_indices_A: 'r in', unilora_indices_B: 'out r', unilora_scales_A: 'r in', unilora_scales_B: 'out r' };
const forms = (config: AdapterConfig): readonly Form[] => {
  const holds: Form['holds'] = (side) => side('d') === numberField(config, 'theta_d_length', 256);
  return [{ parts: STORED, holds }, { parts: { unilora_theta_d: 'd' }, weight: () => [undefined, undefined], holds }];
};
const rankOf = (config: AdapterConfig): number => numberField(config, 'r', 4);

/** The places of all modules in one list. */
function drawn(adapted: readonly AdaptedModule[], config: AdapterConfig): ReadonlyMap<string, Expression> {
  const count = adapted.reduce((sum, module) => sum + rankOf(config) * (module.in + module.out), 0);
  const indices = whole('balancedIndices', [], [numberField(config, 'proj_seed', 42), numberField(config, 'theta_d_length', 256), count]);
  return new Map<string, Expression>([['unilora_indices', indices], ['unilora_scales', whole('occurrenceScales', [indices])]]);
}

/** A or B of a module: elements of θ, and what they are multiplied by. */
function factor(context: ModuleContext, name: 'A' | 'B'): Expression {
  const { config, side, part, shared, adapted, module, unmerged } = context, theta = shared('unilora_theta_d'), stored = part(`unilora_indices_${name}`);
  if (stored !== undefined) return multiply(whole('gather', [theta, stored]), part(`unilora_scales_${name}`)!);
  const r = rankOf(config), at = adapted.findIndex(({ path }) => path === module.path), shape = name === 'A' ? [r, side('in')] : [side('out'), r];
  const before = adapted.slice(0, at).reduce((sum, own) => sum + r * (own.in + own.out), 0) + (name === 'A' ? 0 : r * side('in'));
  const own = (of: string) => reshape(shape, slice(0, before, before + shape[0]! * shape[1]!, shared(of)));
  return multiply(whole('gather', [theta, own('unilora_indices')]), keptAs(unmerged.dtype, own('unilora_scales')));
}

/** UNILORA. */
export const unilora: Method = {
  type: 'UNILORA',
  facts: [{ name: 'UniLoRA', formula: 'W + B·A, both picked out of one vector θ', needs: 'where the indices are not saved (PCG64), the order of the modules in the model', result: 'bit for bit; with indices in the file the scales are those of the file, as PEFT rounded them', verified: ['0.20.0', '0.21.0'] }],
  fields: fieldTable({
    r: used, theta_d_length: used, proj_seed: used, save_indices: used, fan_in_fan_out: used, unilora_dropout: neutral, init_theta_d_bound: neutral,
  }),
  parts: new Set(Object.keys(STORED)),
  shared: { unilora_theta_d: 'd' },
  untold: 'unilora_theta_d',
  redraw: drawn,
  ordered: (config, modules) => modules > 1 && !flagField(config, 'save_indices'),
  integers: ['unilora_indices_A', 'unilora_indices_B'],
  positions: { unilora_indices_A: (side) => [side('d')], unilora_indices_B: (side) => [side('d')] },
  forms,
  scales: (config) => scaleRule(config, { rank: 4 }),

  merge: (context) => plus(context, matmul(factor(context, 'B'), factor(context, 'A')), 'W + θ[B]·θ[A]'),
};
