/**
 * @module
 * GraLoRA: the weight is cut into N×N blocks with a small LoRA each, W' = W + s·(D + B_g·A_g), where block (j, n) of D is
 * (A_n[:, j]·B_j[n, :])ᵗ: A_n serves the n-th part of the inputs, B_j the j-th part of the outputs, and each gives the
 * other N-th of its rank (Jung et al. 2025; peft.md §2.6). The hybrid adds one LoRA over the whole weight.
 */
import { add, concat, matmul, reshape, scale, slice, transpose, type Expression } from '../../tensors/index.ts';
import { numberField } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { number, plus, type Method } from './method.ts';

const BLOCKS = { gralora_A: 'n inPart r', gralora_B: 'n r outPart' };
const rules: Omit<Form, 'parts'> = { weight: (side) => [side('n') * side('outPart'), side('n') * side('inPart')], holds: (side) => side('r') % side('n') === 0 };
const FORMS: readonly Form[] = [
  { parts: BLOCKS, ...rules },
  { parts: { ...BLOCKS, 'gralora_A_general.weight': 'hybrid in', 'gralora_B_general.weight': 'out hybrid' }, ...rules },
];

/** GRALORA. */
export const gralora: Method = {
  type: 'GRALORA',
  facts: [{ name: 'GraLoRA', formula: 'W + s·(D + B_g·A_g), D of N×N blocks', verified: LATEST }],
  fields: fieldTable({ r: used, hybrid_r: used, gralora_k: used, alpha: used, fan_in_fan_out: used, gralora_dropout: neutral }),
  parts: new Set(Object.keys(FORMS[1]!.parts)),
  zeroAtStart: ['gralora_B'],
  forms: (config) => [FORMS[numberField(config, 'hybrid_r', 0) > 0 ? 1 : 0]!],
  scales: (config, override) => {
    const { r = 32 } = scaleRule(config, { rank: 32 }).of(''), hybrid = numberField(config, 'hybrid_r', 0), alpha = override ?? numberField(config, 'alpha', 64);
    return { of: () => ({ r, scale: alpha / (r + hybrid), from: `alpha ${alpha} / (r ${r} + hybrid_r ${hybrid})`, findings: [] }) };
  },

  merge(context) {
    const { side, part, scale: s } = context, n = side('n'), sub = side('r') / n;
    const A = (i: number) => reshape([side('inPart'), side('r')], slice(0, i, i + 1, part('gralora_A')!));
    const B = (i: number) => reshape([side('r'), side('outPart')], slice(0, i, i + 1, part('gralora_B')!));
    const block = (j: number, i: number): Expression => transpose(matmul(slice(1, j * sub, (j + 1) * sub, A(i)), slice(0, i * sub, (i + 1) * sub, B(j))));
    const all = [...Array(n).keys()], D = concat(0, all.map((j) => concat(1, all.map((i) => block(j, i)))));
    const general = part('gralora_A_general.weight');
    const delta = general === undefined ? D : add(D, matmul(part('gralora_B_general.weight')!, general));
    return plus(context, scale(s, delta), `W + ${number(s)}·${general === undefined ? 'D' : '(D + B_g·A_g)'}`);
  },
};
