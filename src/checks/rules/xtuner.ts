/**
 * @module
 * XTuner's exports and work folders: what is not merged yet, parts that belong together, a last_checkpoint that leads
 * somewhere. Errors; what only stands against deploying it under the profile deploy.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { integer } from '../members.ts';
import { join, nameOf } from '../paths.ts';
import { someOf, type Report, type Rule } from '../rule.ts';
import { hasVocabulary } from './tokenizer-files.ts';

/** Not merged. */
export const XTUNER_NOT_MERGED = defineCode({
  code: 'xtuner-not-merged',
  severity: 'error',
  message: { en: '{folder} is not deployable yet: llm_adapter/ is there, no weights of a language model', zh: '{folder} 尚不能部署：有 llm_adapter/，却没有语言模型的权重' },
  why: { en: 'pth_to_hf exports the parts; merging the language model and putting them together are steps of their own.', zh: 'pth_to_hf 只导出各部分；合并语言模型和组装是另外的步骤。' },
  fix: { en: 'temper assemble {folder} --base llm=BASE_LLM -o OUT', zh: '组装：temper assemble {folder} --base llm=BASE_LLM -o OUT' },
});

/** Sides that do not fit. */
export const XTUNER_PARTS_DIFFER = defineCode({
  code: 'xtuner-parts-differ',
  severity: 'error',
  message: { en: '{file}: {problem}', zh: '{file}：{problem}' },
  why: { en: 'The parts come from different runs or bases and cannot work together.', zh: '各部分来自不同的训练或基座，无法协同工作。' },
  fix: { en: 'Take all parts from one export.', zh: '请使用同一次导出的全部部分。' },
});

/** All pickles. */
export const XTUNER_BIN = defineCode({
  code: 'xtuner-bin-weights',
  severity: 'info',
  message: { en: '{folder}: all weights are .bin; the export ran without --safe-serialization', zh: '{folder}：权重全部是 .bin；导出时没有加 --safe-serialization' },
  why: { en: 'Pickles have to be trusted before they are loaded; serving engines prefer safetensors.', zh: 'pickle 加载之前必须可信；推理引擎更适合使用 safetensors。' },
  fix: { en: 'temper convert {folder} -o OUT --recursive', zh: '转换：temper convert {folder} -o OUT --recursive' },
});

/** Two formats. */
export const XTUNER_FORMATS_MIXED = defineCode({
  code: 'xtuner-formats-mixed',
  severity: 'warning',
  message: { en: '{folder}: some parts are safetensors, others .bin: {bins}', zh: '{folder}：部分是 safetensors，部分是 .bin：{bins}' },
  why: { en: 'The language model was merged with --safe-serialization and the parts were exported without it; loaders of one format fail halfway.', zh: '语言模型合并时加了 --safe-serialization，而各部分导出时没有；只读一种格式的加载器会中途失败。' },
  fix: { en: 'Bring all of it into one format: temper convert {folder} -o OUT --recursive', zh: '统一为一种格式：temper convert {folder} -o OUT --recursive' },
});

/** An adapter folder that people take for a model. */
export const XTUNER_ADAPTER_ONLY = defineCode({
  code: 'xtuner-adapter-only',
  severity: 'info',
  message: { en: '{folder} is an adapter without tokenizer and without config.json: it is not a model', zh: '{folder} 是没有分词器和 config.json 的适配器，不是模型' },
  why: { en: 'The export of a LoRA run holds the adapter alone.', zh: 'LoRA 训练的导出只含适配器。' },
  fix: { en: 'Load it over its base, or: temper merge BASE {folder} -o OUT', zh: '请在其基座上加载，或：temper merge BASE {folder} -o OUT' },
});

/** last_checkpoint leads nowhere. */
export const XTUNER_LAST_CHECKPOINT = defineCode({
  code: 'xtuner-last-checkpoint',
  severity: 'error',
  message: { en: '{file} names {name}, which is not there', zh: '{file} 指向 {name}，但它不存在' },
  why: { en: 'Resuming and recovery begin there.', zh: '继续训练和恢复都从那里开始。' },
  fix: { en: 'Copy that checkpoint too, or name the one to use yourself.', zh: '请一并复制该检查点，或自行指定要用的检查点。' },
});

const WEIGHTS: ReadonlySet<string> = new Set(['weights', 'adapter-weights']);

/** The rule. */
export const xtuner: Rule = {
  name: 'xtuner',
  codes: [XTUNER_NOT_MERGED, XTUNER_PARTS_DIFFER, XTUNER_FORMATS_MIXED, XTUNER_BIN, XTUNER_ADAPTER_ONLY, XTUNER_LAST_CHECKPOINT],
  fixtures: { fires: 'xt-llava-export-825', profile: 'deploy', silent: 'xt-sft-lora-pth-file' },
  async check(context, report) {
    for (const directory of context.directories('xtuner-export')) {
      const folder = directory.path || '.', place = { path: directory.path };
      if (context.asks('deploy') && directory.folders.includes('llm_adapter') && !directory.files.some(({ role }) => role === 'weights')) report.add(XTUNER_NOT_MERGED, { folder }, { ...place, profile: 'deploy' });
      const below = [...context.tree.files.values()].filter((file) => WEIGHTS.has(file.role) && (directory.path === '' || file.path.startsWith(`${directory.path}/`)));
      if (below.length > 0 && below.every(({ name }) => name.endsWith('.bin'))) report.add(XTUNER_BIN, { folder }, place);
      const bins = below.filter(({ name }) => name.endsWith('.bin'));
      if (context.asks('deploy') && bins.length > 0 && bins.length < below.length) report.add(XTUNER_FORMATS_MIXED, { folder, bins: someOf(bins.map(({ path }) => path)) }, { ...place, profile: 'deploy' });
      if (directory.kinds.includes('adapter') && !hasVocabulary(directory) && !context.has(directory, 'config.json')) report.add(XTUNER_ADAPTER_ONLY, { folder }, place);
      await judgeParts(context, directory, report);
    }
    for (const directory of context.directories('xtuner-workdir')) {
      const path = join(directory.path, 'last_checkpoint'), name = nameOf((await context.text(path) ?? '').trim().replaceAll('\\', '/'));
      if (name !== '' && !context.has(directory, name) && !directory.folders.includes(name)) report.add(XTUNER_LAST_CHECKPOINT, { file: path, name }, { path, found: name });
    }
  },
};

/** The projector between the two models has the sides of both. */
async function judgeParts(context: CheckContext, directory: TreeDirectory, report: Report): Promise<void> {
  const projector = context.tree.directories.get(join(directory.path, 'projector'));
  if (projector === undefined) return;
  const path = join(projector.path, 'config.json'), config = await context.object(path), llm = await context.object(join(directory.path, 'config.json')), vision = await context.object(join(directory.path, 'visual_encoder/config.json'));
  const say = (problem: Text) => report.add(XTUNER_PARTS_DIFFER, { file: path, problem }, { path });
  for (const [key, other, whose] of [['llm_hidden_size', integer(llm, 'hidden_size'), 'config.json'], ['visual_hidden_size', integer(vision, 'hidden_size'), 'visual_encoder/config.json']] as const) {
    const own = integer(config, key);
    if (own !== undefined && other !== undefined && own !== other) say({ en: `${key} is ${own}, ${whose} says ${other}`, zh: `${key} 为 ${own}，而 ${whose} 为 ${other}` });
  }
  const weights = await context.weightsOf(projector), visual = integer(config, 'visual_hidden_size'), text = integer(config, 'llm_hidden_size');
  const [first] = [...weights?.checkpoint.tensors.values() ?? []].filter(({ name }) => name.endsWith('model.0.weight'));
  if (first !== undefined && (visual !== undefined && first.shape[1] !== visual || text !== undefined && first.shape[0] !== text)) {
    say({ en: `${first.name} is [${first.shape}], the config implies [${text}, ${visual}]`, zh: `${first.name} 的形状是 [${first.shape}]，按配置应为 [${text}, ${visual}]` });
  }
  // One linear layer per step of depth, with an activation between them (modeling_projector.py).
  const depth = integer(config, 'depth') ?? 0, there = weights?.whole === true ? [...weights.checkpoint.tensors.keys()] : [];
  for (let i = 0; there.length > 0 && i < Math.min(depth, DEPTH_MAX); i++) {
    for (const part of config?.get('bias') === false ? ['weight'] : ['weight', 'bias']) {
      const name = `model.${2 * i}.${part}`, file = weights!.checkpoint.index ?? weights!.checkpoint.files[0]!.path;
      if (!there.includes(name)) report.add(XTUNER_PARTS_DIFFER, { file: join(projector.path, file), problem: { en: `${name} is missing: the projector has ${depth} layers`, zh: `缺少 ${name}：投影层共有 ${depth} 层` } }, { path: join(projector.path, file), tensor: name });
    }
  }
}

/** Deepest projector that is looked for: those in use have two layers. */
const DEPTH_MAX = 16;
