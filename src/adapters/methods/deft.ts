/**
 * @module
 * DEFT: W' = W + P·(c·R − Qᵗ·W₀) with Q = relu(P): takes a subspace out of the weight and puts another in its place; PaRa
 * only takes out, W' = W − P·Qᵗ·W₀ (peft.md §2.6). c = alpha / min(r, out), or 1. W₀ is the weight before any adapter.
 * relu(P) = (P + |P|) / 2, and |P| is the norm of a single element: both exact.
 */
import { add, matmul, norm, reshape, scale, transpose, type Expression } from '../../tensors/index.ts';
import { flagField, numberField } from '../config.ts';
import { fieldTable, later, neutral, used, wordRule } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { matrix, number, plus, type Method } from './method.ts';

const relu = (P: Expression): Expression => scale(0.5, add(P, reshape(P.shape, norm([2], reshape([...P.shape, 1], P)))));

/** DEFT with the projection relu. */
export const deft: Method = {
  type: 'DEFT',
  fields: fieldTable({
    r: used, alpha: used, para: used, fan_in_fan_out: used, init_scale: neutral, deft_dropout: neutral,
    decomposition_method: wordRule(['relu'], later('the signs of a QR decomposition enter', '结果取决于 QR 分解的符号')),
  }),
  parts: new Set(['deft_P', 'deft_R']),
  forms: (config) => [{ parts: { deft_P: 'out rank', ...(flagField(config, 'para') ? {} : { deft_R: 'rank in' }) } }],
  scales: () => oneScale(1),

  merge(context) {
    const { config, part, side } = context, P = part('deft_P')!, R = part('deft_R'), alpha = numberField(config, 'alpha', 0);
    const removed = scale(-1, matmul(transpose(relu(P)), matrix(context, context.unmerged)));
    if (R === undefined) return plus(context, matmul(P, removed), 'W − P·relu(P)ᵗ·W₀');
    const c = alpha === 0 ? 1 : alpha / side('rank');
    return plus(context, matmul(P, add(scale(c, R), removed)), `W + P·(${number(c)}·R − relu(P)ᵗ·W₀)`);
  },
};
