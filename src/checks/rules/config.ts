/**
 * @module
 * G1: a model has a config.json that loaders can follow. Always asked of every folder that holds a model.
 */
import { defineCode } from '../../findings/index.ts';
import type { Text } from '../../findings/index.ts';
import { text } from '../members.ts';
import { join } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** No config.json. */
export const CONFIG_MISSING = defineCode({
  code: 'config-missing',
  severity: 'error',
  message: { en: '{folder} has weights but no config.json', zh: '{folder} 有权重，却没有 config.json' },
  why: { en: 'Without it no loader knows which architecture the weights belong to.', zh: '没有它，加载器就不知道权重属于哪种架构。' },
  fix: { en: 'Copy config.json from the base model: hf download ORG/NAME config.json', zh: '从基座模型复制 config.json：hf download ORG/NAME config.json' },
});

/** A config.json that says too little. */
export const CONFIG_INCOMPLETE = defineCode({
  code: 'config-incomplete',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'AutoModel and serving engines choose the class of the model by these fields.', zh: 'AutoModel 和推理引擎依据这些字段选择模型的类。' },
  fix: { en: 'Take the field over from the config.json of the base model.', zh: '请从基座模型的 config.json 补上该字段。' },
});

const NO_TYPE: Text = { en: 'it has neither model_type nor auto_map', zh: '既没有 model_type 也没有 auto_map' };
const NO_ARCHITECTURES: Text = { en: 'it has no architectures', zh: '没有 architectures' };

/** The rule. */
export const config: Rule = {
  name: 'config',
  codes: [CONFIG_MISSING, CONFIG_INCOMPLETE],
  fixtures: { fires: 'deploy-g1-config-missing', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const directory of context.directories('full-model')) {
      const path = join(directory.path, 'config.json');
      if (!context.has(directory, 'config.json')) { report.add(CONFIG_MISSING, { folder: directory.path === '' ? '.' : directory.path }, { path: directory.path }); continue; }
      const members = await context.object(path);
      // Broken JSON is told by the rule about files.
      if (members === undefined) continue;
      if (text(members, 'model_type') === undefined && !members.has('auto_map')) report.add(CONFIG_INCOMPLETE, { file: path, problem: NO_TYPE }, { path });
      const architectures = members.get('architectures');
      if (!Array.isArray(architectures) || architectures.length === 0) report.add(CONFIG_INCOMPLETE, { file: path, problem: NO_ARCHITECTURES }, { path, severity: 'warning' });
    }
  },
};
