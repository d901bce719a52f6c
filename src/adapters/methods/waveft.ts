/**
 * @module
 * WaveFT: W' = W + s · idwt2(S), where S is zero but for n coefficients c at positions that a seed names (Bilican et al. 2025;
 * peft.md §2.6). Δ = s · Σₖ cₖ · φₖ·ψₖᵗ with a wave along the rows and one along the columns for each; without the transform
 * (use_idwt false) the coefficients stand in the weight themselves.
 */
import { scale, scatter, whole, type Expression } from '../../tensors/index.ts';
import { flagField, numberField, textField } from '../config.ts';
import { fieldTable, later, used, wordRule } from '../fields.ts';
import type { Form } from '../forms.ts';
import { frequencyRule } from '../patterns.ts';
import { asStored, number, plus, type Method } from './method.ts';
import { absolute } from './singular.ts';
import { WAVELET_FILTERS } from './wavelet-filters.ts';

const FORMS: readonly Form[] = [{ parts: { waveft_spectrum: 'r' }, weight: () => [undefined, undefined], holds: (side) => side('r') <= side('out') * side('in') }];

/** WAVEFT. */
export const waveft: Method = {
  type: 'WAVEFT',
  facts: [{ name: 'WaveFT', when: 'use_idwt, wavelet_family', formula: 'W + s·idwt2(S), or W + s·S', needs: 'nothing: positions follow from the seed (MT19937)', verified: ['0.18.1', '0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({
    n_frequency: used, n_frequency_pattern: used, proportional_parameters: used, scaling: used, random_loc_seed: used, use_idwt: used, fan_in_fan_out: used,
    wavelet_family: wordRule([...WAVELET_FILTERS.keys()], later('PEFT has no filter of this family, or one that does not give back the size of the weight', 'PEFT 没有该小波族的滤波器，或其滤波器无法还原权重的尺寸')),
  }),
  parts: new Set(['waveft_spectrum']),
  zeroAtStart: ['waveft_spectrum'],
  forms: () => FORMS,
  scales: (config) => frequencyRule(config, 25),

  merge(context) {
    const { config, side, part, scale: s } = context, out = side('out'), columns = side('in'), n = side('r'), seed = numberField(config, 'random_loc_seed', 777);
    const c = part('waveft_spectrum')!;
    if (!flagField(config, 'use_idwt', true)) {
      return plus(context, scale(s, scatter([out, columns], whole('torchPositions', [], [seed, out * columns, n]), c)), `W + ${number(s)}·S`);
    }
    const filter = WAVELET_FILTERS.get(textField(config, 'wavelet_family') ?? 'db1')!, sum = (of: Expression, sizes: 0 | 1) => whole('waveletSum', [of], [seed, out, columns, sizes, ...filter]);
    const size = scale(Math.abs(s), sum(absolute(c), 1));
    return { ...plus(context, scale(s, sum(c, 0)), `W + ${number(s)}·idwt2(S)`), intermediate: asStored(context, size), roundings: filter.length * filter.length };
  },
};
