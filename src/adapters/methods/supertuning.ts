/**
 * @module
 * Super-Tuning: W' = W + Δ at the places of the largest (or smallest) weights, which the file lists by their flat position;
 * with a rank ("Supra") also + s·B·A, s = lora_alpha / r (peft.md §2.6). A file without positions leaves them to the order
 * of equal magnitudes in torch's topk, which nothing defines.
 */
import { finding } from '../../findings/index.ts';
import { add, matmul, scale, scatter } from '../../tensors/index.ts';
import { numberField, type AdapterConfig } from '../config.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale, scaleRule } from '../patterns.ts';
import { POSITIONS_NOT_SAVED } from './codes.ts';
import { LATEST } from './facts.ts';
import { asStored, number, plus, type Method } from './method.ts';

const LORA = { 'supertuning_lora_A.weight': 'r in', 'supertuning_lora_B.weight': 'out r' };
const SPARSE = { supertuning_indices: 'n', supertuning_values: 'n' };
/** Both parts: with a rank. */
const isSupra = (config: AdapterConfig): boolean => numberField(config, 'r', 0) > 0;

/** SUPERTUNING. */
export const supertuning: Method = {
  type: 'SUPERTUNING',
  facts: [{ name: 'Super-Tuning, Supra', formula: 'W + Δ at the places listed (+ s·B·A)', needs: 'places in the file (save_precomputed_indices)', verified: LATEST }],
  fields: fieldTable({ r: used, lora_alpha: used, sparsity: used, select_top: neutral, save_precomputed_indices: neutral, lora_dropout: neutral }),
  parts: new Set(Object.keys({ ...SPARSE, ...LORA })),
  integers: ['supertuning_indices'],
  positions: { supertuning_indices: (side) => [side('out') * side('in')] },
  remarks: (config, parts) => (parts.size === 0 || parts.has('supertuning_indices') ? [] : [finding(POSITIONS_NOT_SAVED, {}, { path: config.path })]),
  zeroAtStart: ['supertuning_values'],
  forms: (config): readonly Form[] => [{
    parts: { ...SPARSE, ...(isSupra(config) ? LORA : {}) },
    ...(isSupra(config) ? {} : { weight: () => [undefined, undefined] }),
    holds: (side) => side('n') === Math.trunc(side('out') * side('in') * (1 - numberField(config, 'sparsity', 0.99))),
  }],
  // Without an alpha PEFT takes twice the rank.
  scales: (config, alpha) => (isSupra(config) ? scaleRule(config, { rank: 0, alpha: { field: 'lora_alpha', value: 2 * numberField(config, 'r', 0) } }, alpha) : oneScale(1)),

  merge(context) {
    const { part, side, scale: s } = context, A = part('supertuning_lora_A.weight');
    const sparse = plus(context, scatter([side('out'), side('in')], part('supertuning_indices')!, part('supertuning_values')!), 'W + Δ at the places listed');
    if (A === undefined) return sparse;
    const product = scale(s, matmul(part('supertuning_lora_B.weight')!, A));
    return { weight: add(sparse.weight!, context.rounded(asStored(context, product))), formula: `${sparse.formula} + ${number(s)}·B·A` };
  },
};
