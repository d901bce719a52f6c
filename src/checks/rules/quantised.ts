/**
 * @module
 * G18: the model is quantised, so nothing can be merged into it. Info, always asked.
 */
import { defineCode } from '../../findings/index.ts';
import { findQuantization } from '../../families/index.ts';
import { join } from '../paths.ts';
import { same, type Rule } from '../rule.ts';

/** A quantised model. */
export const MODEL_QUANTISED = defineCode({
  code: 'model-quantised',
  severity: 'info',
  message: { en: 'the model is quantised ({method}): an adapter cannot be merged into it', zh: '该模型已量化（{method}）：无法把适配器合并进去' },
  why: { en: 'Codes are not numbers that something can be added to; merging needs the full-precision base.', zh: '量化后的编码不是可以相加的数值；合并需要全精度的基座。' },
  fix: { en: 'Merge into the model that this one was quantised from, then quantise the result; an adapter that was trained on this one: temper merge BASE ADAPTER -o OUT --dequantize', zh: '请合并进量化前的模型，再对结果量化；若适配器就是在该模型上训练的：temper merge 基座 适配器 -o 输出 --dequantize' },
});

/** The rule. */
export const quantised: Rule = {
  name: 'quantised',
  codes: [MODEL_QUANTISED],
  fixtures: { fires: 'deploy-g18-quantised-bnb', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      const path = join(directory.path, 'config.json'), config = await context.object(path);
      const found = purpose === 'model' ? findQuantization(checkpoint.tensors.keys(), config) : undefined;
      if (found !== undefined) report.add(MODEL_QUANTISED, { method: same(found.method) }, { path: config === undefined ? directory.path : path, found: found.evidence });
    }
  },
};
