/**
 * @module
 * Whether there is anything to judge: a folder in which nothing is recognised is not fine, it was not understood; and a folder
 * without a model is nothing that could be deployed. Error, and a note under the profile deploy.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { Rule } from '../rule.ts';

/** Nothing that is known. */
export const NOTHING_RECOGNISED = defineCode({
  code: 'nothing-recognised',
  severity: 'error',
  message: { en: '{folder} holds nothing that Temper knows: there was nothing to check', zh: '{folder} 中没有 Temper 认识的内容：没有可检查的东西' },
  why: { en: 'Silence would look like a clean answer.', zh: '沉默会被误认为没有问题。' },
  fix: { en: 'Give the folder with config.json, adapter_config.json or a training state; what this one is: temper inspect {folder}', zh: '请给出含有 config.json、adapter_config.json 或训练状态的目录；查看该目录是什么：temper inspect {folder}' },
});

/** No model. */
export const NOTHING_TO_DEPLOY = defineCode({
  code: 'nothing-to-deploy',
  severity: 'info',
  message: { en: '{folder} holds no model that can be deployed: {what}', zh: '{folder} 中没有可以部署的模型：{what}' },
  why: { en: 'A serving engine loads a model, or a model and an adapter beside it.', zh: '推理引擎加载的是模型，或模型加上旁边的适配器。' },
  fix: { en: 'Merge it into its base, or convert the state first: temper merge BASE {folder} -o OUT; temper convert {folder} -o OUT', zh: '请先合并进基座，或先转换训练状态：temper merge BASE {folder} -o OUT；temper convert {folder} -o OUT' },
});

const MODELS = ['full-model', 'sentence-transformers', 'llama-pth', 'xtuner-export'];
const ADAPTERS: Text = { en: 'adapters', zh: '只有适配器' }, STATES: Text = { en: 'training states', zh: '只有训练状态' };

/** The rule. */
export const recognised: Rule = {
  name: 'recognised',
  codes: [NOTHING_RECOGNISED, NOTHING_TO_DEPLOY],
  fixtures: { profile: 'deploy', silent: 'deploy-healthy' },
  check(context, report) {
    const known = context.directories().filter(({ kinds }) => kinds.length > 0);
    if (known.length === 0) {
      // One weights file without a configuration is judged as the file that it is.
      if (![...context.tree.files.values()].some(({ role }) => role === 'weights' || role === 'adapter-weights')) report.add(NOTHING_RECOGNISED, { folder: '.' }, { path: '' });
      return;
    }
    if (!context.asks('deploy') || known.some((one) => !one.servesAsBase && one.kinds.some((kind) => MODELS.includes(kind)))) return;
    report.add(NOTHING_TO_DEPLOY, { folder: '.', what: known.some(({ kinds }) => kinds.includes('adapter')) ? ADAPTERS : STATES }, { path: '', profile: 'deploy' });
  },
};
