/**
 * @module
 * FourierFT: W' = W + s · Re(ifft2(S)), where S is zero but for n coefficients c at positions (u, v) that a seed names (Gao et al.
 * 2024; peft.md §2.6). Written out, Δ = s/(out·in) · Σₖ cₖ · cos 2π(i·uₖ/out + j·vₖ/in).
 */
import { constant, matmul, multiply, norm, reshape, scale, whole } from '../../tensors/index.ts';
import { numberField } from '../config.ts';
import { fieldTable, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { frequencyRule } from '../patterns.ts';
import { asStored, number, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { fourierft_spectrum: 'r' }, weight: () => [undefined, undefined], holds: (side) => side('r') <= side('out') * side('in') }];

/** Two transforms with a logarithm of stages each. */
const TRANSFORM_ROUNDINGS = 64;

/** FOURIERFT. */
export const fourierft: Method = {
  type: 'FOURIERFT',
  facts: [{ name: 'FourierFT', formula: 'W + s·Re(ifft2(S))', needs: 'nothing: positions follow from the seed (MT19937)', verified: ['0.18.1', '0.19.1', '0.20.0', '0.21.0'] }],
  fields: fieldTable({ n_frequency: used, n_frequency_pattern: used, scaling: used, random_loc_seed: used, fan_in_fan_out: used }),
  parts: new Set(['fourierft_spectrum']),
  zeroAtStart: ['fourierft_spectrum'],
  forms: () => FORMS,
  scales: (config) => frequencyRule(config, 150),

  merge(context) {
    const { config, side, part, scale: s } = context, out = side('out'), columns = side('in'), c = part('fourierft_spectrum')!;
    const sum = whole('fourierSum', [c], [numberField(config, 'random_loc_seed', 777), out, columns]), by = s / (out * columns);
    // A transform in float32 is off by a few roundings of the norm of all coefficients, everywhere.
    const size = matmul(constant([out, 1], Array<number>(out).fill(Math.abs(by))), multiply(reshape([1, 1], norm([0], c)), constant([1, columns], Array<number>(columns).fill(1))));
    return { ...plus(context, scale(by, sum), `W + ${number(s)}·Re(ifft2(S))`), intermediate: asStored(context, size), roundings: TRANSFORM_ROUNDINGS };
  },
};
