/**
 * @module
 * AdaLoRA: W' = W + s · B·(E ∘ A), where E weighs the ranks that training kept (Zhang et al. 2023; peft.md §2.6).
 * s = lora_alpha / (init_r + 1e-5): the file does not hold the live rank counter, which starts at init_r, so neither r,
 * target_r nor the rank left enters. A module may have lost every rank; it then stays as it was.
 */
import { matmul, multiply, scale } from '../../tensors/index.ts';
import { numberField } from '../config.ts';
import { LORA_FIELDS, neutral, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { number, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { lora_A: 'left in', lora_B: 'out left', lora_E: 'left 1' } }];

/** ADALORA. */
export const adalora: Method = {
  type: 'ADALORA',
  facts: [{ name: 'AdaLoRA', formula: 'W + s·B·(E∘A), s = lora_alpha / (init_r + 1e-5)', verified: LATEST }],
  fields: new Map([...LORA_FIELDS, ...Object.entries({
    init_r: used, r: neutral, target_r: neutral, tinit: neutral, tfinal: neutral, deltaT: neutral, beta1: neutral, beta2: neutral,
    orth_reg_weight: neutral, total_step: neutral, use_rslora: neutral,
  })]),
  parts: new Set(Object.keys(FORMS[0]!.parts)),
  zeroAtStart: ['lora_E'],
  mayShrinkToNothing: true,
  forms: () => FORMS,
  scales: (config, override) => {
    const r = numberField(config, 'init_r', 12), alpha = override ?? numberField(config, 'lora_alpha', 8);
    return oneScale((alpha > 0 ? alpha : r) / (r + 1e-5), alpha > 0 ? `lora_alpha ${alpha} / (init_r ${r} + 1e-5)` : `init_r ${r} / (init_r ${r} + 1e-5)`);
  },

  merge(context) {
    const { part, side, scale: s } = context;
    if (side('left') === 0) return { formula: 'W' };
    return plus(context, scale(s, matmul(part('lora_B')!, multiply(part('lora_A')!, part('lora_E')!))), `W + ${number(s)}·B·(E∘A)`);
  },
};
