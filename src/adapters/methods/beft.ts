/** @module BEFT: b' = b + Δb, nothing but biases (peft.md §2.6). */
import { add, reshape } from '../../tensors/index.ts';
import { fieldTable } from '../fields.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import type { Method } from './method.ts';

/** BEFT. */
export const beft: Method = {
  type: 'BEFT',
  facts: [{ name: 'BEFT', formula: 'b + Δb', verified: LATEST }],
  fields: fieldTable({}),
  parts: new Set(['beft_bias']),
  onBias: ['beft_bias'],
  zeroAtStart: ['beft_bias'],
  forms: () => [{ parts: { beft_bias: '1 out' } }],
  scales: () => oneScale(1),
  merge: ({ bias, part, side }) => ({
    formula: 'W', ...(bias === undefined ? {} : { bias: add(bias, reshape([side('out')], part('beft_bias')!)), biasFormula: 'b + Δb' }),
  }),
};
