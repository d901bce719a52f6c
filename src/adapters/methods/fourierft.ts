/**
 * @module
 * FourierFT: W' = W + s · Re(ifft2(S)), where S is zero but for n coefficients c at positions that a seed names (Gao et al. 2024;
 * peft.md §2.6). Written out, Δ = s/(out·in) · Σₖ cₖ · cos 2π(i·uₖ/out + j·vₖ/in): a sum of n waves, each a product of one
 * along the rows and one along the columns, by the addition theorem.
 */
import { concat, matmul, multiply, reshape, scale, whole } from '../../tensors/index.ts';
import { numberField } from '../config.ts';
import { fieldTable, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { frequencyRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { number, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { fourierft_spectrum: 'r' }, weight: () => [undefined, undefined], holds: (side) => side('r') <= side('out') * side('in') }];

/** FOURIERFT. */
export const fourierft: Method = {
  type: 'FOURIERFT',
  facts: [{ name: 'FourierFT', formula: 'W + s·Re(ifft2(S))', needs: 'nothing: positions follow from the seed (MT19937)', verified: LATEST }],
  fields: fieldTable({ n_frequency: used, n_frequency_pattern: used, scaling: used, random_loc_seed: used, fan_in_fan_out: used }),
  parts: new Set(['fourierft_spectrum']),
  zeroAtStart: ['fourierft_spectrum'],
  forms: () => FORMS,
  scales: (config) => frequencyRule(config, 150),

  merge(context) {
    const { config, side, part, scale: s } = context, out = side('out'), columns = side('in'), n = side('r'), seed = numberField(config, 'random_loc_seed', 777);
    const c = reshape([1, n], part('fourierft_spectrum')!), [along, across] = [0, 1].map((axis) => whole('harmonics', [], [axis, seed, out, columns, n])) as [Wave, Wave];
    return plus(context, scale(s / (out * columns), matmul(multiply(along, concat(1, [c, c])), across)), `W + ${number(s)}·Re(ifft2(S))`);
  },
};

type Wave = ReturnType<typeof whole>;
