/**
 * @module
 * OFT as PEFT wrote it before 0.16, with square blocks oft_r of which only the skew part counts, always by Cayley:
 * 0.14 and 0.15 turn the inputs and scale the outputs, W' = s ∘ W·blockdiag(R)ᵗ. Up to 0.13 the outputs are turned,
 * W' = blockdiag(R)ᵗ·W; their last block may reach beyond the weight and is cut (oft/layer.py of 0.7.1, 0.13.2, 0.15.2).
 */
import { concat, constant, multiply, scale, scatter, slice, transpose, type Expression } from '../../tensors/index.ts';
import { flagField, numberField, type AdapterConfig } from '../config.ts';
import type { Form } from '../forms.ts';
import { misfit, onInputs } from '../layout.ts';
import { scaleRule } from '../patterns.ts';
import { cayley, inverse, project, skewPart, turned } from './cayley.ts';
import { asStored, matrix, type Merged, type ModuleContext } from './method.ts';

/** Side of the blocks that the config asks for over so many columns: the nearest divisor, the smaller of two (oft/layer.py, `adjust_oft_parameters`). */
export function blockSide(config: AdapterConfig, columns: number, fallback: { readonly r: number; readonly side: number }): number {
  const r = numberField(config, 'r', fallback.r), side = numberField(config, 'oft_block_size', fallback.side), wanted = r > 0 ? r : side;
  if (!Number.isSafeInteger(wanted) || wanted <= 0) return NaN;
  if (wanted >= columns) return r > 0 ? 1 : columns;
  let low = wanted, high = wanted;
  while (low > 1 && columns % low !== 0) low--;
  while (columns % high !== 0) high++;
  const nearest = wanted - low <= high - wanted ? low : high;
  return r > 0 ? columns / nearest : nearest;
}

/** The two forms. */
export const LEGACY_FORMS = (config: AdapterConfig, module: string): readonly Form[] => [
  {
    parts: { oft_r: 'blocks b b', oft_s: 'out 1' }, layout: onInputs(() => undefined),
    holds: (side) => side('b') === blockSide(config, side('in'), { r: 8, side: 0 }) && (flagField(config, 'block_share') ? side('blocks') === 1 : side('blocks') * side('b') === side('in')),
  },
  {
    parts: { oft_r: 'blocks b b' }, layout: (own, target, weight, hints) => (weight.length === 2 ? 'linear' : weight.length === 4 ? 'conv' : misfit(own.parts.get('oft_r')!, target, weight, hints)),
    holds: (side) => {
      const { r = 8 } = scaleRule(config).of(module);
      return side('b') === Math.ceil(side('out') / r) && side('blocks') === (flagField(config, 'block_share') ? 1 : r);
    },
  },
];

/** The turned weight of such a module; undefined for one of today's. */
export function legacyWeight(context: ModuleContext): Merged | undefined {
  const { config, part, side } = context, r = part('oft_r'), s = part('oft_s'), W = matrix(context, context.weight);
  if (r === undefined) return undefined;
  const b = side('b'), blocks = r.shape[0]!;
  // The side that ε grows with is that of the outputs even where the inputs are turned.
  const perBlock = s === undefined ? b : Math.ceil(side('out') / (side('in') / b));
  const epsilon = numberField(config, 'eps', 6e-5) * perBlock * perBlock / Math.sqrt(blocks);
  const stage = (R: Expression) => context.stage(R, { en: 'rotations of an OFT module', zh: 'OFT 模块的旋转矩阵' });
  const rotation = cayley(skewPart(flagField(config, 'coft') ? project(r, epsilon) : r));
  if (s !== undefined) {
    return { weight: context.rounded(asStored(context, multiply(turned(W, stage(inverse(rotation))), s))), formula: 's ∘ W·blockdiag(R)ᵗ, R = (I−Q)(I+Q)⁻¹' };
  }
  const out = side('out'), whole = Math.ceil(out / b) * b, R = stage(rotation);
  const tall = whole === out ? W : concat(0, [scale(1, W), zeros([whole - out, side('in')])]);
  const turnedOutputs = transpose(turned(transpose(tall), blocks === 1 ? R : slice(0, 0, whole / b, R)));
  return { weight: context.rounded(asStored(context, slice(0, 0, out, turnedOutputs))), formula: 'blockdiag(R)ᵗ·W, R = (I−Q)(I+Q)⁻¹' };
}

const nothing = constant([0], []);
const zeros = (shape: readonly number[]): Expression => scatter(shape, nothing, nothing);
