/**
 * @module
 * BOFT: the inputs of a layer are turned by several block-diagonal rotations, each over another arrangement of the inputs
 * (a butterfly), and the outputs are scaled: W' = s ∘ W·B₁ᵗ·B₂ᵗ…, Bᵢ = Pᵢ·blockdiag(Rᵢ)·Pᵢᵗ, Rᵢ by Cayley (Liu et al.
 * 2024; peft.md §2.6). Without its CUDA extension PEFT trains one factor, whose P is the identity, whatever the config says.
 *
 * Pᵢ lays half blocks out anew inside groups of 2ⁱ blocks: first those at even places, then those at odd ones.
 */
import { multiply, reshape, slice, transpose, type Expression } from '../../tensors/index.ts';
import { numberField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form, Side } from '../forms.ts';
import { onInputs } from '../layout.ts';
import { oneScale } from '../patterns.ts';
import { cayley, inverse, skewPart, turned } from './cayley.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, type Method } from './method.ts';

const FORMS = (config: AdapterConfig): readonly Form[] => {
  const size = numberField(config, 'boft_block_size', 4), count = numberField(config, 'boft_block_num', 0), factors = numberField(config, 'boft_n_butterfly_factor', 1);
  const holds = (side: Side): boolean => {
    const n = side('factors'), b = side('b');
    return side('blocks') * b === side('in') && (n === 1 || (n === factors && b % 2 === 0 && side('blocks') % 2 ** (n - 1) === 0))
      && (size > 0 && !(count > 0 && !config.fields.has('boft_block_size')) ? b === size : side('blocks') === count);
  };
  const layout = onInputs((side) => side('blocks') * side('b'));
  return ['out 1', '1 out'].map((s) => ({ parts: { boft_R: 'factors blocks b b', boft_s: s }, layout, holds }));
};

/** Columns laid out by P (`to`), or back again: pairs of half blocks inside groups of `pairs` pairs. */
function arranged(W: Expression, half: number, pairs: number, to: boolean): Expression {
  const [rows, columns] = W.shape as [number, number], groups = columns / (2 * pairs * half);
  const axes = to ? [pairs, 2] : [2, pairs];
  return reshape([rows, columns], transpose(reshape([rows, groups, ...axes, half], W), [0, 1, 3, 2, 4]));
}

/** BOFT. */
export const boft: Method = {
  type: 'BOFT',
  facts: [
    { name: 'BOFT', formula: 's ∘ W·blockdiag(R)ᵗ, R by Cayley', needs: 'W', verified: LATEST },
    { name: 'BOFT with butterflies', when: 'boft_n_butterfly_factor, trained with the CUDA extension', formula: 's ∘ W·B₁ᵗ·B₂ᵗ…', needs: 'W', verified: ['0.21.0, its CUDA kernel replaced by torch'] },
  ],
  fields: fieldTable({ boft_block_size: used, boft_block_num: used, boft_n_butterfly_factor: used, boft_dropout: neutral, fan_in_fan_out: neutral }),
  parts: new Set(['boft_R', 'boft_s']),
  zeroAtStart: ['boft_R'],
  forms: FORMS,
  scales: () => oneScale(1),

  merge(context) {
    const { side, part } = context, b = side('b'), blocks = side('blocks'), factors = side('factors');
    const R = cayley(skewPart(reshape([factors * blocks, b, b], part('boft_R')!)));
    const all = context.stage(inverse(R), { en: 'rotations of a BOFT module', zh: 'BOFT 模块的旋转矩阵' });
    let W = matrix(context, context.weight);
    for (let i = 0; i < factors; i++) {
      const pairs = 2 ** i, Ri = slice(0, i * blocks, (i + 1) * blocks, all);
      // Row w times P is P⁻¹ applied to w as a column, so blocks turn what lay together before P spread it.
      W = i === 0 ? turned(W, Ri) : arranged(turned(arranged(W, b / 2, pairs, false), Ri), b / 2, pairs, true);
    }
    const scaled = multiply(W, reshape([side('out'), 1], part('boft_s')!));
    return { weight: context.rounded(asStored(context, scaled)), formula: factors === 1 ? 's ∘ W·blockdiag(R)ᵗ' : `s ∘ W·B₁ᵗ…B${factors}ᵗ` };
  },
};
