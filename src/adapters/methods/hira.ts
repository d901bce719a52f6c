/**
 * @module
 * HiRA: W' = W + W₀ ∘ (B·A), a low-rank matrix laid over the weight (Huang et al. 2025; peft.md §2.6). W₀ is the weight
 * before any adapter, so several add up whatever their order (hira/layer.py `_merge`).
 */
import { matmul, multiply } from '../../tensors/index.ts';
import { fieldTable, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { scaleRule } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { matrix, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { hira_A: 'r in', hira_B: 'out r' } }];

/** HIRA, on linear layers. */
export const hira: Method = {
  type: 'HIRA',
  facts: [{ name: 'HiRA', formula: 'W + W₀∘(B·A)', needs: 'W', verified: LATEST }],
  fields: fieldTable({ r: used, rank_pattern: used, fan_in_fan_out: used, hira_dropout: neutral }),
  parts: new Set(Object.keys(FORMS[0]!.parts)),
  zeroAtStart: ['hira_B'],
  forms: () => FORMS,
  scales: (config) => scaleRule(config, { rank: 32 }),
  merge: (context) => plus(context, multiply(matrix(context, context.unmerged), matmul(context.part('hira_B')!, context.part('hira_A')!)), 'W + W₀∘(B·A)'),
};
