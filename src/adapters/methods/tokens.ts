/**
 * @module
 * Trainable tokens on their own: chosen rows of an embedding are replaced (peft.md §1.9). The rows themselves are sorted
 * out with the keys, for LoRA adapters can carry them too; this method owns no other tensor.
 */
import { fieldTable, used } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import type { Method } from './method.ts';

/** The stand-alone tuner TRAINABLE_TOKENS. */
export const trainableTokens: Method = {
  type: 'TRAINABLE_TOKENS',
  facts: [{ name: 'trainable tokens', when: 'also with LORA: trainable_token_indices', formula: 'rows replaced', result: "copied, rounded to the base's dtype", verified: LATEST }],
  fields: fieldTable({ token_indices: used }),
  parts: new Set(),
  forms: () => [],
  scales: () => oneScale(1),
  merge: () => ({ formula: 'rows replaced' }),
};
