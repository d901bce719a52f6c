/**
 * @module
 * VB-LoRA: W' = W + B·A, both factors put together from pieces of v numbers, each a mixture of k vectors of one bank that
 * all modules share (Li et al. 2024; peft.md §2.6). The file holds logits for the whole bank, of which the k largest count,
 * through a softmax; or, with save_only_topk_weights, which k, and the weights of all but the last, 1 − Σ.
 */
import { add, concat, constant, elementCount, matmul, reshape, scale, scatter, transpose, whole, type Expression } from '../../tensors/index.ts';
import { flagField, numberField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form, Side } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { plus, type Method, type ModuleContext } from './method.ts';

const A = 'vblora_logits_A', B = 'vblora_logits_B', INDICES = '_topk_indices', WEIGHTS = '_topk_weights';

const FORMS = (config: AdapterConfig): readonly Form[] => {
  const v = numberField(config, 'vector_length', 256), num = numberField(config, 'num_vectors', 256), k = numberField(config, 'topk', 2);
  const rules: Omit<Form, 'parts'> = { weight: (side) => [side('outPieces') * v, side('inPieces') * v], holds: (side) => side('v') === v && side('bank') === num && k >= 1 && k <= num };
  if (!flagField(config, 'save_only_topk_weights')) return [{ parts: { [A]: 'r inPieces bank', [B]: 'outPieces r bank' }, ...rules }];
  const parts = { [A + INDICES]: 'r inPieces k', [A + WEIGHTS]: 'r inPieces last', [B + INDICES]: 'outPieces r k', [B + WEIGHTS]: 'outPieces r last' };
  return [{ parts, ...rules, holds: (side) => rules.holds!(side) && side('k') === k && side('last') === k - 1 }];
};

/** How much of every vector of the bank is in every piece, (pieces, bank). */
function mixture({ part, side, config }: ModuleContext, name: string): Expression {
  const bank = side('bank'), logits = part(name);
  if (logits !== undefined) return reshape([elementCount(logits.shape.slice(0, -1)), bank], whole('topSoftmax', [logits], [numberField(config, 'topk', 2)]));
  const indices = part(name + INDICES)!, k = side('k'), pieces = elementCount(indices.shape.slice(0, -1)), given = scale(1, reshape([pieces, k - 1], part(name + WEIGHTS)!));
  const rest = add(constant([1, 1], [1]), scale(-1, matmul(given, constant([k - 1, 1], Array<number>(k - 1).fill(1)))));
  const starts = scale(bank, reshape([pieces, 1], whole('range', [], [pieces])));
  return scatter([pieces, bank], reshape([pieces * k], add(reshape([pieces, k], indices), starts)), reshape([pieces * k], concat(1, [given, rest])));
}

const bankOnly = (side: Side): readonly number[] => [side('bank')];

/** VBLORA. */
export const vblora: Method = {
  type: 'VBLORA',
  facts: [
    { name: 'VB-LoRA', formula: 'W + B·A, mixed from a bank of vectors by the top k of a softmax', verified: LATEST },
    { name: 'VB-LoRA, compressed', when: 'save_only_topk_weights', formula: 'the same, from the stored indices and weights', verified: LATEST },
  ],
  fields: fieldTable({
    r: used, num_vectors: used, vector_length: used, topk: used, save_only_topk_weights: used, fan_in_fan_out: used,
    vblora_dropout: neutral, init_vector_bank_bound: neutral, init_logits_std: neutral,
  }),
  parts: new Set([A, B].flatMap((name) => [name, name + INDICES, name + WEIGHTS])),
  shared: { vblora_vector_bank: 'bank v' },
  integers: [A + INDICES, B + INDICES],
  positions: { [A + INDICES]: bankOnly, [B + INDICES]: bankOnly },
  // With one vector per piece there is nothing beside its index to store.
  mayShrinkToNothing: true,
  forms: FORMS,
  scales: (config) => scaleRule(config, { rank: 4 }),

  merge(context) {
    const { side, shared } = context, r = side('r'), v = side('v'), bank = shared('vblora_vector_bank');
    const a = reshape([r, side('inPieces') * v], matmul(mixture(context, A), bank));
    const b = reshape([side('outPieces') * v, r], transpose(reshape([side('outPieces'), r, v], matmul(mixture(context, B), bank)), [0, 2, 1]));
    return plus(context, matmul(b, a), 'W + B·A, mixed from the vector bank');
  },
};
