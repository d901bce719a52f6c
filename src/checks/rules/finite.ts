/**
 * @module
 * G15, second half, and whether an adapter was trained: every value is read once. NaN and infinities are errors, matrices of
 * nothing but zeros warnings, and so are adapters whose zero-initialised half is still zero. Always asked.
 */
import { NOT_FINITE, UNTRAINED } from '../../adapters/codes.ts';
import { methodOf } from '../../adapters/methods/index.ts';
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { defineCode } from '../../findings/index.ts';
import type { CheckContext } from '../context.ts';
import { text } from '../members.ts';
import { join } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';
import { eachBlock } from '../stream.ts';
import { isCountable, ValueCounter, type ValueCount } from '../values.ts';

/** A matrix of zeros. */
export const ALL_ZERO = defineCode({
  code: 'all-zero-tensor',
  severity: 'warning',
  message: { en: '{tensor} is all zero', zh: '{tensor} 全为零' },
  why: { en: 'A trained matrix never is: it was not loaded before it was saved, or it was initialised and never trained.', zh: '训练过的矩阵不会如此：它在保存之前没有被加载，或初始化后从未训练。' },
  fix: { en: 'Compare with the base or an earlier checkpoint: temper diff A B', zh: '请与基座或更早的检查点比较：temper diff A B' },
});

/** One pair of an adapter that changes nothing. */
export const PAIR_UNTRAINED = defineCode({
  code: 'adapter-pair-untrained',
  severity: 'warning',
  message: { en: '{tensor} is all zero: this pair changes nothing', zh: '{tensor} 全为零：这一对因子不产生任何改变' },
  why: { en: 'Training begins with zeros there; they are still there, so the module was never trained or its updates were lost.', zh: '训练从这里的零开始；它仍是零，说明该模块从未训练，或更新已丢失。' },
  fix: { en: 'Look at the learning rate and the loss of the run; take another checkpoint.', zh: '请检查这次训练的学习率和损失，并改用其他检查点。' },
});

/** All zero by design: RoBERTa has no token types, GPT-2 keeps masks. */
const ZERO_BY_DESIGN = /token_type_embeddings\.weight$|(?:^|\.)(?:masked_)?bias$|position_ids$/;
/** Weights that are no checkpoint of their folder: heads, modules of sentence-transformers, added embeddings. */
const SINGLE_ROLES: ReadonlySet<string> = new Set(['module-weights', 'retrieval-head', 'added-embedding', 'mmengine-checkpoint']);

/** The rule. */
export const finite: Rule = {
  name: 'finite',
  codes: [NOT_FINITE, UNTRAINED, ALL_ZERO, PAIR_UNTRAINED],
  fixtures: { fires: 'zero-b-adapter', silent: 't5-llama-lora' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      const config = purpose === 'adapter' ? await context.object(join(directory.path, 'adapter_config.json')) : undefined;
      const starting = purpose === 'adapter' ? methodOf(text(config, 'peft_type') ?? 'LORA')?.zeroAtStart ?? [] : [];
      await judge(context, checkpoint, directory.path, starting, report);
    }
    // Parts of Meta's layout are no weights of their folder either.
    const slices = new Set(context.directories('llama-pth').flatMap(({ files }) => files.filter(({ name }) => /^consolidated\.\d\d\.pth$/.test(name)).map(({ path }) => path)));
    for (const { path, role } of context.tree.files.values()) {
      const checkpoint = SINGLE_ROLES.has(role) || slices.has(path) ? await context.fileOf(path) : undefined;
      if (checkpoint !== undefined) await judge(context, checkpoint, '', ZERO_PARTS, report);
    }
  },
};

/** In a training state the pairs of an adapter stand under their names in memory. */
const ZERO_PARTS: readonly string[] = ['lora_B.weight', 'lora_embedding_A'];

async function judge(context: CheckContext, checkpoint: Checkpoint, directory: string, starting: readonly string[], report: Report): Promise<void> {
  const isStart = (name: string) => starting.some((part) => name.endsWith(`.${part}`) || name.replace(/\.default(?=\.|$)/, '').endsWith(`.${part}`));
  const zero: CheckpointTensor[] = [];
  let pairs = 0;
  for (const tensor of checkpoint.tensors.values()) {
    const path = join(directory, checkpoint.files[tensor.file]!.path), start = isStart(tensor.name);
    if (start && tensor.bytes > 0) pairs++;
    const values = await countValues(context, checkpoint, tensor);
    if (values === undefined) continue;
    if (values.first >= 0) report.add(NOT_FINITE, { tensor: tensor.name, count: values.nan + values.infinite, element: values.first }, { path, tensor: tensor.name, found: `${values.nan} NaN, ${values.infinite} Inf` });
    else if (values.zero && start) zero.push(tensor);
    else if (values.zero && tensor.shape.filter((side) => side > 1).length > 1 && !ZERO_BY_DESIGN.test(tensor.name)) report.add(ALL_ZERO, { tensor: tensor.name }, { path, tensor: tensor.name });
  }
  for (const { name, file } of zero) report.add(PAIR_UNTRAINED, { tensor: name }, { path: join(directory, checkpoint.files[file]!.path), tensor: name });
  const [first] = zero;
  if (first !== undefined && zero.length === pairs) report.add(UNTRAINED, { part: starting.find((part) => isStartOf(first.name, part)) ?? starting[0]!, count: pairs }, { path: join(directory, checkpoint.files[first.file]!.path) });
}

const isStartOf = (name: string, part: string): boolean => name.replace(/\.default(?=\.|$)/, '').endsWith(`.${part}`);

/** What the values of a tensor are; undefined for integers, codes and empty tensors. */
async function countValues(context: CheckContext, checkpoint: Checkpoint, tensor: CheckpointTensor): Promise<ValueCount | undefined> {
  if (!isCountable(tensor.dtype) || tensor.bytes === 0) return undefined;
  context.options.signal?.throwIfAborted();
  const counter = new ValueCounter(tensor.dtype), file = checkpoint.files[tensor.file]!.path;
  await eachBlock(checkpoint, tensor, (block, at) => {
    counter.see(block, at);
    context.options.onBytes?.(block.length, file);
  });
  return counter.result;
}
