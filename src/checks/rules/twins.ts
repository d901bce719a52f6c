/**
 * @module
 * G2: the same weights in two formats. Loaders take safetensors without a word; error when the other set holds something
 * else, warning when it is the same again. Always asked.
 */
import { closeCheckpoint, chooseWeights, openCheckpoint, type Purpose } from '../../checkpoints/index.ts';
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { defineCode, isTemperError, type Text } from '../../findings/index.ts';
import { compareTwins, describeTwin } from '../../proofs/twins.ts';
import type { CheckContext, Weights } from '../context.ts';
import { join, nameOf } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** Two sets that differ. */
export const TWINS_DIFFER = defineCode({
  code: 'twins-differ',
  severity: 'error',
  message: { en: '{twin} and {used} hold different weights: {difference}; {used} is the one that is loaded', zh: '{twin} 与 {used} 的权重不同：{difference}；实际加载的是 {used}' },
  why: { en: 'Loaders take safetensors before .bin and one file before shards without a word, so whoever means the other set gets this one.', zh: '加载器会不加提示地先取 safetensors、先取单个文件，想用另一组的人得到的是这一组。' },
  fix: { en: 'Find out which one you mean (temper diff A B), then move the other one out of the directory.', zh: '先弄清要用哪一组（temper diff A B），再把另一组移出该目录。' },
});

/** Two sets that are equal. */
export const TWINS_EQUAL = defineCode({
  code: 'twins-equal',
  severity: 'warning',
  message: { en: '{twin} holds the same tensors as {used}, which is the one that is loaded', zh: '{twin} 与实际加载的 {used} 内容相同' },
  why: { en: 'It takes room, and it goes stale the next time one of the two is written.', zh: '它占用空间，而且下次只写其中一个时，另一个就会过时。' },
  fix: { en: 'Remove {twin}, or: temper check DIR --fix --yes', zh: '删除 {twin}，或运行：temper check DIR --fix --yes' },
});

/** Names that stand for the same weights, by purpose. */
const TWIN_NAMES: Readonly<Record<Purpose, RegExp>> = {
  model: /^(?:model(?:-\d{5}-of-\d{5})?\.safetensors|pytorch_model(?:-\d{5}-of-\d{5})?\.bin|(?:model\.safetensors|pytorch_model\.bin)\.index\.json)$/,
  adapter: /^adapter_model\.(?:safetensors|bin)$/,
};

/** The rule. */
export const twins: Rule = {
  name: 'twins',
  codes: [TWINS_DIFFER, TWINS_EQUAL],
  fixtures: { fires: 'twins-equal', silent: 'deploy-healthy' },
  async check(context, report) {
    for (const weights of await context.weights()) await judge(context, weights, report);
  },
};

async function judge(context: CheckContext, { directory, purpose, checkpoint }: Weights, report: Report): Promise<void> {
  const names = checkpoint.unused.filter((name) => TWIN_NAMES[purpose].test(name)), used = checkpoint.index ?? checkpoint.files[0]?.path;
  const choice = chooseWeights(names, purpose);
  // A stale index has no shards, and the weights rule says so.
  if (used === undefined || checkpoint.files.length === 0 || choice.kind !== 'file' && choice.kind !== 'index' || choice.kind === 'index' && !names.some((name) => name !== choice.path)) return;
  let twin: Checkpoint;
  try {
    twin = await openCheckpoint(context.inside(directory), { file: choice.path });
  } catch (error) {
    if (!isTemperError(error)) throw error;
    report.take(error.findings.map((one) => ({ ...one, path: context.placeOf(directory, one.path) })));
    return;
  }
  try {
    const difference = await differenceOf(checkpoint, twin, context), path = join(directory.path, choice.path);
    if (difference === undefined) report.add(TWINS_EQUAL, { twin: choice.path, used }, { path });
    else report.add(TWINS_DIFFER, { twin: choice.path, used, difference: difference.text }, { path, tensor: difference.tensor });
  } finally {
    await closeCheckpoint(twin);
  }
}

/** The first thing in which two sets differ; undefined when they hold the same. */
export async function differenceOf(a: Checkpoint, b: Checkpoint, { options: { onBytes, signal } }: CheckContext): Promise<{ tensor: string; text: Text } | undefined> {
  let before = 0;
  const { equal, tensors } = await compareTwins(a, b, {
    brief: true, ...(signal === undefined ? {} : { signal }),
    // Both are read.
    onBytes: (done, _total, name) => { onBytes?.(2 * (done - before), nameOf(name)); before = done; },
  });
  const last = tensors.at(-1), label = (checkpoint: Checkpoint) => checkpoint.index ?? checkpoint.files[0]!.path;
  return equal || last === undefined ? undefined : { tensor: last.name, text: describeTwin(last, label(a), label(b)) };
}
