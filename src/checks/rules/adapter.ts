/**
 * @module
 * An adapter by itself: its config is valid, every factor has its partner, ranks are those of the config. What only stands
 * against merging it is a note here. Errors; always asked of folders that hold an adapter.
 */
import { RANK_MISMATCH } from '../../adapters/codes.ts';
import { ADAPTER_CONFIG, openAdapter } from '../../adapters/index.ts';
import { closeCheckpoint } from '../../checkpoints/index.ts';
import { defineCode, finding, isTemperError, type Finding, type Severity } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext, Weights } from '../context.ts';
import { text } from '../members.ts';
import { join, parentOf } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** The config is gone. */
export const ADAPTER_CONFIG_LOST = defineCode({
  code: 'adapter-config-lost',
  severity: 'error',
  message: { en: '{folder} has no adapter_config.json; its tensors say rank {r} and target modules {targets}, lora_alpha cannot be known from them', zh: '{folder} 没有 adapter_config.json；由张量可知秩为 {r}、目标模块为 {targets}，但无法得知 lora_alpha' },
  why: { en: 'A config copied from another adapter gives a wrong scale, and the merge is wrong without any error.', zh: '从别的适配器复制配置会得到错误的缩放系数，合并结果错误却没有任何报错。' },
  fix: { en: 'Take it from another checkpoint of the same run, or give the alpha of the training script: temper merge BASE {folder} -o OUT --lora-alpha N', zh: '从同一次训练的其他检查点复制，或给出训练脚本中的 alpha：temper merge BASE {folder} -o OUT --lora-alpha N' },
});

/** Weights are gone. */
export const ADAPTER_WEIGHTS_MISSING = defineCode({
  code: 'adapter-weights-missing',
  severity: 'error',
  message: { en: '{folder} has adapter_config.json but no adapter weights', zh: '{folder} 有 adapter_config.json，却没有适配器权重' },
  why: { en: 'The config alone describes an adapter that is not there.', zh: '只有配置，描述的适配器并不存在。' },
  fix: { en: 'Copy adapter_model.safetensors or adapter_model.bin from the training output.', zh: '请从训练输出复制 adapter_model.safetensors 或 adapter_model.bin。' },
});

/** One rank everywhere, and another in the config. */
export const ADAPTER_RANK_DIFFERS = defineCode({
  code: 'adapter-rank-differs',
  severity: 'error',
  message: { en: 'adapter_config.json says r {config}; the tensors of all {count} modules have rank {tensors}', zh: 'adapter_config.json 的 r 为 {config}；而全部 {count} 个模块的张量秩都是 {tensors}' },
  why: { en: 'It is the config of another adapter: its lora_alpha and target modules are not to be trusted either, and PEFT refuses the shapes.', zh: '这是另一个适配器的配置：其 lora_alpha 和目标模块也不可信，PEFT 会因形状不符而拒绝。' },
  fix: { en: 'Take adapter_config.json from the run that wrote the weights.', zh: '请使用写出这些权重的那次训练的 adapter_config.json。' },
});

/** None at all. */
export const NO_ADAPTER = defineCode({
  code: 'no-adapter',
  severity: 'error',
  message: { en: '{folder} holds no adapter', zh: '{folder} 中没有适配器' },
  why: { en: 'It was checked as one (--profile adapter).', zh: '检查时指定了它是适配器（--profile adapter）。' },
  fix: { en: 'Give the folder with adapter_config.json; what this one is: temper inspect {folder}', zh: '请给出含有 adapter_config.json 的目录；查看该目录是什么：temper inspect {folder}' },
});

/** What opening an adapter for a merge reports, and what it is worth to somebody who only asks whether it is sound. */
const WORTH: ReadonlyMap<string, Severity | 'not'> = new Map<string, Severity | 'not'>([
  ...['method-not-built', 'not-mergeable-method', 'unknown-option', 'option-not-mergeable', 'option-not-built', 'base-changing-initialisation', 'several-adapter-names',
    'projection-not-saved', 'pattern-rule-changed', 'ambiguous-pattern', 'adapter-in-subfolder', 'double-wrapped',
    // Many architectures have no biases that could have been trained.
    'biases-not-saved'].map((code) => [code, 'info'] as const),
  // Older releases of PEFT ignore such keys without a word.
  ['raw-keys', 'warning'],
  // Rules of their own say these better.
  ...['base-name-differs', 'empty-tensors'].map((code) => [code, 'not'] as const),
]);
/** What follows from hollow tensors and is no fault of its own. */
const FOLLOWS_FROM_HOLLOW: ReadonlySet<string> = new Set(['inconsistent-sides', 'rank-mismatch', 'incomplete-pair']);

/** The rule. */
export const adapter: Rule = {
  name: 'adapter',
  codes: [ADAPTER_CONFIG_LOST, ADAPTER_WEIGHTS_MISSING, NO_ADAPTER, ADAPTER_RANK_DIFFERS],
  fixtures: { fires: 'cla-bin-is-adapter', silent: 't5-llama-lora' },
  async check(context, report) {
    if (context.asks('adapter') && context.directories('adapter').length === 0) report.add(NO_ADAPTER, { folder: '.' }, { path: '', profile: 'adapter' });
    for (const directory of context.directories('adapter')) {
      // X-LoRA keeps its experts in sub-folders, as states of the whole model in memory.
      if (directory.path !== '' && text(await context.object(join(parentOf(directory.path), ADAPTER_CONFIG)), 'peft_type') === 'XLORA') continue;
      const folder = directory.path || '.', weights = await context.weightsOf(directory, 'adapter');
      if (!context.has(directory, ADAPTER_CONFIG)) {
        const { r, targets } = factsOf(weights);
        report.add(ADAPTER_CONFIG_LOST, { folder, r, targets }, { path: directory.path });
        continue;
      }
      if (weights === undefined || weights.checkpoint.files.length === 0 && weights.checkpoint.findings.every(({ code }) => code === 'no-weights')) {
        report.add(ADAPTER_WEIGHTS_MISSING, { folder }, { path: directory.path });
        continue;
      }
      report.take(await findingsOf(context, directory, weights));
    }
  },
};

async function findingsOf(context: CheckContext, directory: TreeDirectory, { checkpoint }: Weights): Promise<Finding[]> {
  const known = new Set(checkpoint.findings.map((one) => JSON.stringify(one))), isHollow = [...checkpoint.tensors.values()].some(({ shape }) => shape.includes(0));
  let found: readonly Finding[];
  try {
    const opened = await openAdapter(context.inside(directory)), ranks = opened.findings.filter(({ code }) => code === RANK_MISMATCH.code), [first] = ranks;
    found = opened.findings;
    const uniform = first !== undefined && ranks.length === opened.modules.length && ranks.every(({ parameters }) => parameters['config'] === first.parameters['config'] && parameters['tensors'] === first.parameters['tensors']);
    if (uniform) {
      const { config = '?', tensors = '?' } = first.parameters;
      found = [...found.filter((one) => !ranks.includes(one)), finding(ADAPTER_RANK_DIFFERS, { config, tensors, count: ranks.length }, { path: ADAPTER_CONFIG, found: Number(config), expected: Number(tensors) })];
    }
    await closeCheckpoint(opened.checkpoint);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    found = error.findings;
  }
  const file = checkpoint.files[0]?.path ?? '';
  return found.filter((one) => !known.has(JSON.stringify(one)) && WORTH.get(one.code) !== 'not' && !(isHollow && FOLLOWS_FROM_HOLLOW.has(one.code))).map((one) => {
    const worth = WORTH.get(one.code) as Severity | undefined;
    return { ...one, ...(worth === undefined ? {} : { severity: worth }), path: context.placeOf(directory, one.path === undefined || one.path === '.' ? file : one.path) };
  });
}

/** What the factors of a LoRA say about its config. */
function factsOf(weights: Weights | undefined): { r: string; targets: string } {
  const ranks = new Set<number>(), targets = new Set<string>();
  for (const { name, shape } of weights?.checkpoint.tensors.values() ?? []) {
    const module = /([^.]+)\.lora_(?:A|embedding_A)(?:\.|$)/.exec(name)?.[1];
    if (module === undefined) continue;
    targets.add(module);
    ranks.add(shape[0] ?? 0);
  }
  return { r: [...ranks].join(', ') || '?', targets: [...targets].join(', ') || '?' };
}
