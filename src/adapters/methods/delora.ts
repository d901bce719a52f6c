/**
 * @module
 * DeLoRA: a low-rank change whose strength is learned apart from its directions, W' = W + B·diag(λ / (r·‖Aᵢ‖·‖Bⁱ‖))·A·diag(w),
 * norms not below 1e-4 (Bini et al. 2025; peft.md §2.6). w are the column norms of the weight that was trained on; λ and w
 * stand in the file, so the config's delora_lambda is only where training began.
 */
import { constant, divide, matmul, maximum, multiply, norm, reshape, scale, type Expression } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { delora_A: 'r in', delora_B: 'out r', delora_lambda: '1', delora_w_norm: 'in' } }];
/** delora/layer.py, `_compute_delta`. */
const NORM_MIN = 1e-4;
const clamped = (norms: Expression): Expression => maximum(norms, constant([1, 1], [NORM_MIN]));

/** DELORA. */
export const delora: Method = {
  type: 'DELORA',
  facts: [{ name: 'DeLoRA', formula: 'W + B·diag(λ / (r·‖Aᵢ‖·‖Bⁱ‖))·A·diag(w)', verified: LATEST }],
  fields: fieldTable({ r: used, rank_pattern: used, delora_lambda: neutral, lambda_pattern: neutral, module_dropout: neutral }),
  parts: new Set(Object.keys(FORMS[0]!.parts)),
  zeroAtStart: ['delora_B'],
  forms: () => FORMS,
  scales: (config) => scaleRule(config, { rank: 8 }),

  merge(context) {
    const { part, side } = context, r = side('r'), A = part('delora_A')!, B = part('delora_B')!;
    const lengths = multiply(clamped(norm([1], A)), reshape([r, 1], clamped(norm([0], B))));
    const weights = divide(scale(1 / r, reshape([1, 1], part('delora_lambda')!)), lengths);
    const delta = matmul(B, multiply(multiply(A, weights), reshape([1, side('in')], part('delora_w_norm')!)));
    return plus(context, delta, 'W + B·diag(λ / (r·‖Aᵢ‖·‖Bⁱ‖))·A·diag(w)');
  },
};
