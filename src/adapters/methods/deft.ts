/**
 * @module
 * DEFT: W' = W + P·(c·R − Qᵗ·W₀) with Q = relu(P): takes a subspace out of the weight and puts another in its place; PaRa
 * only takes out, W' = W − P·Qᵗ·W₀ (peft.md §2.6). c = alpha / min(r, out), or 1. W₀ is the weight before any adapter.
 * With the projection qr, Q comes from the QR decomposition of P and stands in the place of both P and relu(P).
 * relu(P) = (P + |P|) / 2, and |P| is the norm of a single element: both exact.
 */
import { add, matmul, norm, reshape, scale, transpose, whole, type Expression } from '../../tensors/index.ts';
import { flagField, numberField, textField } from '../config.ts';
import { fieldTable, later, neutral, used, wordRule } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, matrix, number, plus, type Method } from './method.ts';
import { absolute, DECOMPOSITION_ROUNDINGS, sizeOfThin, thinTimes } from './singular.ts';

const relu = (P: Expression): Expression => scale(0.5, add(P, reshape(P.shape, norm([2], reshape([...P.shape, 1], P)))));

/** DEFT. */
export const deft: Method = {
  type: 'DEFT',
  facts: [
    { name: 'DEFT', when: 'relu', formula: 'W + P·(c·R − relu(P)ᵗ·W₀)', needs: 'W', verified: LATEST },
    { name: 'DEFT by QR', when: 'decomposition_method: qr', formula: 'the same with P orthonormal', needs: 'W', result: 'bit for bit; a column whose sign float32 cannot decide is refused', verified: ['0.20.0', '0.21.0'] },
    { name: 'PaRa', when: 'para', formula: 'W − P·relu(P)ᵗ·W₀', needs: 'W', verified: LATEST },
  ],
  fields: fieldTable({
    r: used, alpha: used, para: used, fan_in_fan_out: used, init_scale: neutral, deft_dropout: neutral,
    decomposition_method: wordRule(['relu', 'qr'], later('PEFT has no such decomposition', 'PEFT 没有这种分解')),
  }),
  parts: new Set(['deft_P', 'deft_R']),
  forms: (config) => [{ parts: { deft_P: 'out rank', ...(flagField(config, 'para') ? {} : { deft_R: 'rank in' }) } }],
  scales: () => oneScale(1),

  merge(context) {
    const { config, part, side } = context, P = part('deft_P')!, R = part('deft_R'), alpha = numberField(config, 'alpha', 0), W0 = matrix(context, context.unmerged);
    const c = alpha === 0 ? 1 : alpha / side('rank'), qr = textField(config, 'decomposition_method') === 'qr', by = qr ? 'Qᵗ' : 'relu(P)ᵗ', to = qr ? 'Q' : 'P';
    // Only in Q·R do the signs of Q matter.
    const Q = !qr ? P : context.stage(whole('orthogonal', [P], [R === undefined ? 0 : 1]), { en: `Q of deft_P of ${context.module.path}`, zh: `${context.module.path} 的 deft_P 的 Q` });
    const right = transpose(qr ? Q : relu(P)), removed = scale(-1, thinTimes(context, right, W0));
    const merged = R === undefined ? plus(context, matmul(Q, removed), `W − ${to}·${by}·W₀`) : plus(context, matmul(Q, add(scale(c, R), removed)), `W + ${to}·(${number(c)}·R − ${by}·W₀)`);
    const taken = sizeOfThin(right, W0), size = matmul(absolute(Q), R === undefined ? taken : add(scale(c, absolute(R)), taken));
    return { ...merged, intermediate: asStored(context, size), roundings: DECOMPOSITION_ROUNDINGS + side('out') + 2 * side('rank') };
  },
};
