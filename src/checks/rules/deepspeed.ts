/**
 * @module
 * DeepSpeed checkpoints: a file of every rank, partitions that add up, a `latest` that leads somewhere. Errors; that frozen
 * parameters were not saved is a note. Always asked.
 */
import { defineCode, finding } from '../../findings/index.ts';
import { ZERO_STRUCTURE } from '../../producers/codes.ts';
import { entriesOf, item, itemsOf, PyCall, type TorchFile, type Value } from '../../containers/torch/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import { checkLatest, checkZeroTag } from '../../producers/zero.ts';
import type { CheckContext } from '../context.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** A rank is missing. */
export const ZERO_RANK_MISSING = defineCode({
  code: 'zero-rank-missing',
  severity: 'error',
  message: { en: '{what} of rank {rank} are missing: {world} ranks wrote this checkpoint, files of {found} are here', zh: '缺少 rank {rank} 的{what}：该检查点由 {world} 个 rank 写出，这里有 {found} 个' },
  why: { en: 'Every rank holds a slice of every partition; without one the weights cannot be put together again.', zh: '每个 rank 都保存各分区的一段；缺少一个就无法重新拼出权重。' },
  fix: { en: 'Copy the directory from every machine of the run, or use an older checkpoint.', zh: '请从参与训练的每台机器复制该目录，或使用更早的检查点。' },
});

/** Only what was trained is here. */
export const ZERO_FROZEN_EXCLUDED = defineCode({
  code: 'zero-frozen-excluded',
  severity: 'info',
  message: { en: '{folder} holds trainable parameters only: frozen ones were not saved', zh: '{folder} 只含可训练参数：冻结参数未保存' },
  why: { en: 'That is right for an adapter; as a model it is not complete.', zh: '作为适配器没有问题；作为模型则不完整。' },
  fix: { en: 'Take it out as an adapter: temper convert {folder} -o OUT --as-adapter', zh: '请作为适配器取出：temper convert {folder} -o OUT --as-adapter' },
});

const MODEL_STATES = /^(?:zero_pp_rank_(\d+)_)?mp_rank_\d+_model_states\.pt$/;
const OPTIMIZER_STATES = /^(?:(?:bf16|fp16)_)?zero_pp_rank_(\d+)_mp_rank_\d+_?optim_states\.pt$/;
/** More ranks than any run has had. */
const RANKS_MAX = 65_536;
/** Missing ranks that are named one by one. */
const RANKS_NAMED_MAX = 100;

/** The rule. */
export const deepspeed: Rule = {
  name: 'deepspeed',
  codes: [ZERO_STRUCTURE, ZERO_RANK_MISSING, ZERO_FROZEN_EXCLUDED],
  fixtures: { fires: 'ds2-w3-missing-rank', silent: 'ds2-w3-lora-frozen-included' },
  async check(context, report) {
    const tags = context.directories().filter(({ files }) => files.some(({ name }) => MODEL_STATES.test(name) || OPTIMIZER_STATES.test(name)));
    for (const tag of tags) await judge(context, tag, report);
    for (const { path, name, role, directory } of context.tree.files.values()) {
      const folders = context.tree.directories.get(directory)?.folders ?? [];
      if (name !== 'latest' || role !== 'deepspeed-latest' && !tags.some((tag) => folders.some((folder) => tag.path === join(directory, folder)))) continue;
      report.take(checkLatest(await context.text(path) ?? '', folders, path));
    }
  },
};

async function judge(context: CheckContext, tag: TreeDirectory, report: Report): Promise<void> {
  const ranked = (pattern: RegExp) => new Map(tag.files.flatMap(({ name, path }) => { const match = pattern.exec(name); return match === null ? [] : [[Number(match[1] ?? 0), { name, path }] as const]; }));
  const models = ranked(MODEL_STATES), optimizers = ranked(OPTIMIZER_STATES), [optimizer] = optimizers.values(), [model] = models.values();
  const state = optimizer === undefined ? undefined : item((await torchOf(context, optimizer.path))?.root, 'optimizer_state_dict'), world = worldOf(item(state, 'partition_count'));
  let missing = 0;
  const lacks = (files: ReadonlyMap<number, { name: string }>, what: { en: string; zh: string }) => {
    const [sample] = files.values();
    for (let rank = 0; rank < world && sample !== undefined; rank++) {
      if (files.has(rank)) continue;
      if (missing++ >= RANKS_NAMED_MAX) continue;
      report.add(ZERO_RANK_MISSING, { what, rank, world, found: files.size }, { path: join(tag.path, sample.name.replace(/zero_pp_rank_\d+_/, `zero_pp_rank_${rank}_`)), found: files.size, expected: world });
    }
  };
  if (world <= RANKS_MAX) {
    lacks(optimizers, { en: 'the optimizer shards', zh: '优化器分片' });
    if (model?.name.startsWith('zero_pp_rank_')) lacks(models, { en: 'the model states', zh: ' model_states' });
  }
  // What the sums say then follows from what is missing.
  if (missing === 0) report.take((await checkZeroTag(context.folder, tag.path)).map((one) => (one.severity === 'warning' ? { ...one, severity: 'info' as const } : one)));
  if (model !== undefined && isTrainableOnly(await torchOf(context, model.path))) report.take([finding(ZERO_FROZEN_EXCLUDED, { folder: tag.path || '.' }, { path: tag.path })]);
}

async function torchOf(context: CheckContext, path: string): Promise<TorchFile | undefined> {
  const container = await context.container(path);
  return 'opened' in container && 'root' in container.opened ? container.opened as TorchFile : undefined;
}

/** partition_count: a number, or one per group. */
function worldOf(value: Value | undefined): number {
  return (itemsOf(value) ?? [value]).reduce<number>((most, one) => (typeof one === 'number' ? Math.max(most, one) : most), 0);
}

/** Whether the module holds parameters of an adapter and nothing that was frozen. */
function isTrainableOnly(file: TorchFile | undefined): boolean {
  const shapes = item(file?.root, 'param_shapes'), trainable = new Set((itemsOf(shapes) ?? [shapes]).flatMap((group) => (entriesOf(group) ?? []).map(([name]) => name)));
  const names = (entriesOf(item(file?.root, 'module')) ?? []).flatMap(([name, value]) => (typeof name === 'string' && value instanceof PyCall ? [name] : []));
  return names.some((name) => /(?:^|\.)lora_/.test(name)) && names.every((name) => trainable.size === 0 ? /(?:^|\.)lora_|modules_to_save/.test(name) : trainable.has(name));
}
