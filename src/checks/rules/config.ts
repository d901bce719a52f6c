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

/** A model without weights. */
export const MODEL_WITHOUT_WEIGHTS = defineCode({
  code: 'model-without-weights',
  severity: 'error',
  message: { en: '{folder} has the configuration of a model and no weights', zh: '{folder} 有模型配置，却没有权重' },
  why: { en: 'from_pretrained ends with "does not appear to have a file named model.safetensors or pytorch_model.bin".', zh: 'from_pretrained 会报错“does not appear to have a file named model.safetensors or pytorch_model.bin”。' },
  fix: { en: 'Copy the weights from where the model was saved, or take them out of the training state: temper convert CHECKPOINT -o OUT', zh: '请从保存模型的地方复制权重，或从训练状态中取出：temper convert CHECKPOINT -o OUT' },
});

/** Folders whose weights are in a training state or are an adapter's, which other rules judge. */
const ELSEWHERE: ReadonlySet<string> = new Set(['deepspeed', 'fsdp', 'accelerate-state', 'xtuner-workdir', 'xtuner-export', 'adapter']);
const STATES = /^(?:global_step\d+|pytorch_model_fsdp_\d+)$/;
const WEIGHTS: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights', 'fsdp-weights']);

const NO_OBJECT: Text = { en: 'it is JSON, but no object', zh: '是 JSON，但不是对象' };
/** Names under which transformers looks for a model. */
const LOADED = /^(?:model|pytorch_model)(?:[.-].*)?\.(?:safetensors|bin|json)$/;

const NO_TYPE: Text = { en: 'it has neither model_type nor auto_map', zh: '既没有 model_type 也没有 auto_map' };
const NO_ARCHITECTURES: Text = { en: 'it has no architectures', zh: '没有 architectures' };

/** The rule. */
export const config: Rule = {
  name: 'config',
  codes: [CONFIG_MISSING, CONFIG_INCOMPLETE, MODEL_WITHOUT_WEIGHTS],
  fixtures: { fires: 'deploy-g1-config-missing', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const directory of context.directories()) {
      const architectures = (await context.object(join(directory.path, 'config.json')))?.get('architectures'), { kinds, folders, files } = directory;
      if (!Array.isArray(architectures) || directory.servesAsBase || kinds.some((kind) => ELSEWHERE.has(kind)) || folders.some((name) => STATES.test(name))) continue;
      if (!files.some(({ role }) => WEIGHTS.has(role))) report.add(MODEL_WITHOUT_WEIGHTS, { folder: directory.path || '.' }, { path: directory.path });
    }
    for (const directory of context.directories('full-model')) {
      const path = join(directory.path, 'config.json');
      // A file of another name may be anything: a LoRA of a diffusion model, a checkpoint of a script.
      if (!context.has(directory, 'config.json') && !directory.files.some(({ name }) => LOADED.test(name))) continue;
      if (!context.has(directory, 'config.json')) { report.add(CONFIG_MISSING, { folder: directory.path === '' ? '.' : directory.path }, { path: directory.path }); continue; }
      const members = await context.object(path);
      // Broken JSON is told by the rule about files; parts of a diffusion pipeline name their class themselves.
      if (members === undefined && await context.json(path) !== undefined) report.add(CONFIG_INCOMPLETE, { file: path, problem: NO_OBJECT }, { path });
      if (members === undefined || members.has('_class_name')) continue;
      if (text(members, 'model_type') === undefined && !members.has('auto_map')) report.add(CONFIG_INCOMPLETE, { file: path, problem: NO_TYPE }, { path });
      const architectures = members.get('architectures');
      if (!Array.isArray(architectures) || architectures.length === 0) report.add(CONFIG_INCOMPLETE, { file: path, problem: NO_ARCHITECTURES }, { path, severity: 'warning' });
    }
  },
};
