/**
 * @module
 * sentence-transformers: modules.json and the folders that it names, pooling that fits the encoder. Errors for a directory in
 * that layout; for a bare encoder, that the layout is missing, as a warning under the profile sentence-transformers.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { integer, text } from '../members.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** No layout. */
export const ST_MODULES_MISSING = defineCode({
  code: 'sentence-transformers-modules-missing',
  severity: 'warning',
  message: { en: '{folder} has no modules.json: sentence-transformers uses mean pooling without normalisation', zh: '{folder} 没有 modules.json：sentence-transformers 会使用平均池化且不做归一化' },
  why: { en: 'It says so in one log line. bge and most encoders need the CLS token and normalised vectors, so retrieval silently gets worse.', zh: '它只打印一行日志。bge 等多数编码器需要 CLS 池化和归一化，检索效果会悄然变差。' },
  fix: { en: 'Copy modules.json, sentence_bert_config.json, 1_Pooling/ and 2_Normalize/ from the base model.', zh: '请从基座模型复制 modules.json、sentence_bert_config.json、1_Pooling/ 和 2_Normalize/。' },
});

/** A module that is not there, or does not fit. */
export const ST_MODULE_BROKEN = defineCode({
  code: 'sentence-transformers-module',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'SentenceTransformer does not load the directory, or computes other vectors than in training.', zh: 'SentenceTransformer 无法加载该目录，或得到与训练时不同的向量。' },
  fix: { en: 'Copy the module from the base model; an empty 2_Normalize/ is lost by git and zip: mkdir 2_Normalize', zh: '请从基座模型复制该模块；空目录 2_Normalize/ 会被 git 和 zip 丢掉：mkdir 2_Normalize' },
});

/** Another pooling than the family's. */
export const ST_POOLING = defineCode({
  code: 'sentence-transformers-pooling',
  severity: 'warning',
  message: { en: '{file} pools by {found}; {name} was trained with {expected}', zh: '{file} 使用 {found} 池化；而 {name} 训练时使用 {expected}' },
  why: { en: 'Nothing fails: the vectors are other ones than in training, and retrieval gets worse.', zh: '不会报错：得到的向量与训练时不同，检索效果变差。' },
  fix: { en: 'Take 1_Pooling/config.json from the base model.', zh: '请使用基座模型的 1_Pooling/config.json。' },
});

/** Pooling of families by the name of the model (FlagEmbedding's own table). First match counts. */
const POOLINGS: readonly (readonly [RegExp, string])[] = [
  [/bge-(?:en-icl|multilingual-gemma2|code)|e5-mistral|gte-qwen2|qwen3-embedding/i, 'lasttoken'], [/bge-|gte-[\w-]*zh|gte-[\w-]*v1\.5|gte-multilingual/i, 'cls'], [/(?:^|\/)(?:multilingual-)?e5-(?:small|base|large)/i, 'mean'],
];

/** Encoders whose vectors are pooled. */
const ENCODERS = /^(?:Bert|XLMRoberta|Roberta|MPNet|DistilBert|Electra|Deberta|DebertaV2|NomicBert|NewModel|ModernBert|Qwen[23]|Mistral|Llama|Gemma2?)(?:Model)?$/;

/** The rule. */
export const sentenceTransformers: Rule = {
  name: 'sentence-transformers',
  codes: [ST_MODULES_MISSING, ST_MODULE_BROKEN, ST_POOLING],
  fixtures: { fires: 'st-without-modules-json', profile: 'sentence-transformers', silent: 'st-layout5-bge' },
  async check(context, report) {
    for (const directory of context.directories()) {
      if (context.has(directory, 'modules.json')) { await judge(context, directory, report); continue; }
      if (!context.asks('sentence-transformers') || !directory.kinds.includes('full-model') || directory.servesAsBase || directory.kinds.includes('trainer-checkpoint')) continue;
      // A module of a layout above has its own folder.
      const architectures = (await context.object(join(directory.path, 'config.json')))?.get('architectures');
      if (Array.isArray(architectures) && architectures.some((name) => typeof name === 'string' && ENCODERS.test(name))) report.add(ST_MODULES_MISSING, { folder: directory.path || '.' }, { path: directory.path, profile: 'sentence-transformers' });
    }
  },
};

async function judge(context: CheckContext, directory: TreeDirectory, report: Report): Promise<void> {
  const file = join(directory.path, 'modules.json'), modules = await context.json(file);
  const say = (problem: Text, path = file) => report.add(ST_MODULE_BROKEN, { file: path, problem }, { path });
  if (!Array.isArray(modules)) return;
  const main = await context.object(join(directory.path, 'config.json')), hidden = integer(main, 'hidden_size'), name = text(main, '_name_or_path') ?? '', wanted = POOLINGS.find(([test]) => test.test(name))?.[1];
  for (const one of modules) {
    const path = one instanceof Map ? text(one, 'path') : undefined, type = one instanceof Map ? text(one, 'type') : undefined;
    if (path === undefined || type === undefined) { say({ en: 'an entry has no path or no type', zh: '有条目缺少 path 或 type' }); continue; }
    if (path === '') continue;
    const folder = context.tree.directories.get(join(directory.path, path.replace(/\/$/, '')));
    if (folder === undefined) { say({ en: `it names the folder ${path}, which is not there`, zh: `它列出目录 ${path}，但该目录不存在` }); continue; }
    const settings = join(folder.path, 'config.json'), config = await context.object(settings);
    if (/Pooling$/.test(type)) {
      const width = integer(config, 'word_embedding_dimension') ?? integer(config, 'embedding_dimension');
      if (!context.tree.files.has(settings)) say({ en: `${path} has no config.json`, zh: `${path} 中没有 config.json` });
      else if (width !== undefined && hidden !== undefined && width !== hidden) say({ en: `it pools ${width} numbers, the encoder gives ${hidden}`, zh: `池化维度为 ${width}，而编码器输出 ${hidden} 维` }, settings);
      else if (config !== undefined && wanted !== undefined && poolsAnything(config) && !poolsBy(config, wanted)) report.add(ST_POOLING, { file: settings, found: modesOf(config).join(', '), name, expected: wanted }, { path: settings });
      else if (config !== undefined && !poolsAnything(config)) say({ en: 'no way of pooling is switched on', zh: '没有启用任何池化方式' }, settings);
    }
    if (/Dense$/.test(type) && !folder.files.some(({ name }) => /^(?:model\.safetensors|pytorch_model\.bin)$/.test(name))) say({ en: `${path} has no weights`, zh: `${path} 中没有权重` });
    const into = integer(config, 'in_features'), out = integer(config, 'out_features');
    const matrix = /Dense$/.test(type) ? (await context.weightsOf(folder))?.checkpoint.tensors.get('linear.weight')?.shape : undefined;
    if (matrix !== undefined && into !== undefined && out !== undefined && (matrix[0] !== out || matrix[1] !== into)) say({ en: `it says ${into} to ${out}, linear.weight is [${matrix}]`, zh: `写的是 ${into} 到 ${out}，而 linear.weight 的形状是 [${matrix}]` }, settings);
  }
}

/** Release 6 names the mode; those before have a switch per mode. */
function poolsAnything(config: ReadonlyMap<string, unknown>): boolean {
  return typeof config.get('pooling_mode') === 'string' || Array.isArray(config.get('pooling_mode')) || [...config].some(([key, value]) => key.startsWith('pooling_mode_') && value === true);
}

/** The modes that are switched on, in the words of release 6. */
function modesOf(config: ReadonlyMap<string, unknown>): string[] {
  const mode = config.get('pooling_mode');
  if (typeof mode === 'string') return [mode];
  return [...config].filter(([key, value]) => key.startsWith('pooling_mode_') && value === true).map(([key]) => key.slice('pooling_mode_'.length).replace(/_tokens?$/, ''));
}

const poolsBy = (config: ReadonlyMap<string, unknown>, mode: string): boolean => modesOf(config).includes(mode);
