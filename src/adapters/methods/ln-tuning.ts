/**
 * @module
 * LN tuning: a norm is trained whole and replaces the base's (peft.md §2.6). Its keys say `X.ln_tuning_layers.weight`
 * and are sorted out with the other whole tensors; this method owns no other.
 */
import { fieldTable } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import type { Method } from './method.ts';

/** LN_TUNING. */
export const lnTuning: Method = {
  type: 'LN_TUNING',
  facts: [{ name: 'LN tuning', formula: 'norms replaced', result: "copied, rounded to the base's dtype", verified: LATEST }],
  fields: fieldTable({}),
  parts: new Set(),
  forms: () => [],
  scales: () => oneScale(1),
  merge: () => ({ formula: 'T' }),
};
