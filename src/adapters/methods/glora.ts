/**
 * @module
 * GLoRA: W' = W + W₀∘A + B and b' = b + b₀∘D + E + W₀·C, where each of A … E is a low-rank product (Xd·Xu), a vector, a
 * single number or nothing, as the config says (Chavan et al. 2023; peft.md §2.6). W₀ and b₀ are the layer before any
 * adapter. Without a bias PEFT makes neither C, D nor E.
 */
import { add, matmul, multiply, reshape, sameShape, scale, type Expression, type Shape } from '../../tensors/index.ts';
import { textOf, type AdapterConfig } from '../config.ts';
import { fieldTable, used } from '../fields.ts';
import { combined, type Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, type Method, type ModuleContext } from './method.ts';

/** How a letter can be stored. "none" leaves a matrix of zeros in the file, or no tensor at all. */
function path(kind: string, letter: string, rows: string, columns: string): readonly Form['parts'][] {
  const X = `glora_${letter}.X`, sides = columns === '' ? rows : `${rows} ${columns}`, nothing = [{ [`glora_${letter}.zeros`]: sides }, {}];
  switch (kind) {
    case 'lora': return [{ [`${X}d`]: `${rows} r`, [`${X}u`]: `r ${columns}` }, ...nothing];
    case 'vector': return [{ [X]: columns === '' ? rows : `${rows} 1` }, ...nothing];
    case 'constant': return [{ [X]: '1' }, ...nothing];
    default: return nothing;
  }
}

function forms(config: AdapterConfig): readonly Form[] {
  const kind = (field: string, fallback: string) => textOf(config, field) ?? fallback;
  const AB = kind('config_A_B', 'lora'), C = kind('config_C', 'lora'), DE = kind('config_D_E', 'constant');
  return combined(path(AB, 'A', 'out', 'in'), path(AB, 'B', 'out', 'in'), path(C, 'C', 'in', '1'), path(DE, 'D', 'out', ''), path(DE, 'E', 'out', '')).map((parts) => ({ parts }));
}

const LETTERS = ['A', 'B', 'C', 'D', 'E'];

/** GLORA. */
export const glora: Method = {
  type: 'GLORA',
  facts: [{ name: 'GLoRA', formula: 'W + W₀∘A + B, b + b₀∘D + E + W₀·C', needs: 'W, b', verified: LATEST }],
  fields: fieldTable({ r: used, config_A_B: used, config_C: used, config_D_E: used }),
  parts: new Set(LETTERS.flatMap((letter) => ['Xd', 'Xu', 'X', 'zeros'].map((x) => `glora_${letter}.${x}`))),
  onBias: ['glora_C.Xd', 'glora_C.Xu', 'glora_C.X', 'glora_D.X', 'glora_E.X'],
  forms,
  scales: (config) => scaleRule(config, { rank: 8 }),

  merge(context) {
    const { side, weight, bias, unmergedBias } = context, W0 = matrix(context, context.unmerged);
    const A = letter(context, 'A', [1, 1]), B = letter(context, 'B', [1, 1]), C = letter(context, 'C', [1, 1]), D = letter(context, 'D', [1]), E = letter(context, 'E', [1]);
    const onWeight = total(W0, [A && multiply(W0, A), B]), merged = { weight: onWeight === undefined ? weight : add(weight, asStored(context, onWeight)), formula: 'W + W₀∘A + B' };
    if (bias === undefined || unmergedBias === undefined) return merged;
    const onBias = total(unmergedBias, [D && multiply(unmergedBias, D), E, C && reshape([side('out')], matmul(W0, C))]);
    return { ...merged, ...(onBias === undefined ? {} : { bias: add(bias, onBias), biasFormula: 'b + b₀∘D + E + W₀·C' }) };
  },
};

/** The terms that there are, added up, in the shape of `like`; undefined when there are none. */
function total(like: Expression, terms: readonly (Expression | undefined)[]): Expression | undefined {
  const [first, ...rest] = terms.filter((term) => term !== undefined);
  if (first === undefined) return undefined;
  const sum = rest.reduce(add, first);
  return sameShape(sum.shape, like.shape) ? sum : add(scale(0, like), sum);
}

/** One of A … E as the file holds it; a single number stands under `scalar`, to be stretched. */
function letter({ part }: ModuleContext, name: string, scalar: Shape): Expression | undefined {
  const down = part(`glora_${name}.Xd`), up = part(`glora_${name}.Xu`), x = part(`glora_${name}.X`) ?? part(`glora_${name}.zeros`);
  if (down !== undefined) return matmul(down, up!);
  return x !== undefined && x.shape.length === 1 && x.shape[0] === 1 ? reshape(scalar, x) : x;
}
