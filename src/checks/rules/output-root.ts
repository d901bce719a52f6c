/**
 * @module
 * The output of a run holds its result: a model or an adapter in the root or in a folder of its own. Error when there is
 * none and the run is not over, or when it is over and its weights are only in the pieces of a sharded state. Always asked.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { integer } from '../members.ts';
import { join, nameOf, parentOf, stepsOf } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** No result. */
export const NO_FINAL_MODEL = defineCode({
  code: 'no-final-model',
  severity: 'error',
  message: { en: 'no weights in the output folder {folder}: {why}', zh: '输出目录 {folder} 中没有权重：{why}' },
  why: { en: 'What a trainer leaves in its output folder at the end is what is deployed; checkpoints are for resuming.', zh: '训练程序结束时留在输出目录中的才是部署所用；检查点用于继续训练。' },
  fix: { en: 'Take the weights from the checkpoint that is named: temper convert CHECKPOINT -o OUT; or resume training.', zh: '请从所列的检查点取出权重：temper convert CHECKPOINT -o OUT；或继续训练。' },
});

/** A save that was interrupted. */
export const INTERRUPTED_SAVE = defineCode({
  code: 'interrupted-save',
  severity: 'warning',
  message: { en: '{folder} is what an interrupted save left', zh: '{folder} 是保存中断后留下的' },
  why: { en: 'Trainer writes into tmp-checkpoint-N and renames it at the end; this one never got there.', zh: 'Trainer 先写入 tmp-checkpoint-N，最后再改名；这一个没有完成。' },
  fix: { en: 'Remove it; use the newest checkpoint with a plain name.', zh: '请删除它，改用名字正常的最新检查点。' },
});

/** Kinds of folders that hold a result. */
const RESULTS: ReadonlySet<string> = new Set(['full-model', 'adapter', 'sentence-transformers', 'xtuner-export', 'llama-pth']);

/** The rule. */
export const outputRoot: Rule = {
  name: 'output-root',
  codes: [NO_FINAL_MODEL, INTERRUPTED_SAVE],
  fixtures: { fires: 't5-interrupted', silent: 't5-llama-full' },
  async check(context, report) {
    for (const directory of context.directories()) {
      if (/^tmp-checkpoint-\d+$/.test(nameOf(directory.path))) report.add(INTERRUPTED_SAVE, { folder: directory.path }, { path: directory.path });
    }
    for (const directory of context.directories('trainer-output')) {
      const inside = context.directories().filter((one) => one.path !== directory.path && (directory.path === '' || one.path.startsWith(`${directory.path}/`)));
      const isResult = (one: TreeDirectory) => !one.servesAsBase && one.kinds.some((kind) => RESULTS.has(kind));
      // A folder beside the checkpoints, as callbacks write it, is a result as well.
      if (isResult(directory) || inside.some((one) => isResult(one) && !one.path.split('/').some((part) => stepsOf(part) !== undefined))) continue;
      const why = await reasonOf(context, directory, inside.filter((one) => stepsOf(one.path) !== undefined && parentOf(one.path) === directory.path));
      if (why !== undefined) report.add(NO_FINAL_MODEL, { folder: directory.path || '.', why }, { path: directory.path });
    }
  },
};

async function reasonOf(context: CheckContext, directory: TreeDirectory, checkpoints: readonly TreeDirectory[]): Promise<Text | undefined> {
  const sorted = [...checkpoints].sort((a, b) => stepsOf(b.path)! - stepsOf(a.path)!), [newest] = sorted;
  const sharded = sorted.find((one) => one.folders.some((name) => /^pytorch_model_fsdp_\d+$/.test(name)) && !(one.weights?.length));
  if (sharded !== undefined && context.has(directory, 'trainer_state.json')) {
    return { en: `they are only in ${nameOf(sharded.path)}/pytorch_model_fsdp_0, in the pieces of FSDP (SHARDED_STATE_DICT)`, zh: `权重只在 ${nameOf(sharded.path)}/pytorch_model_fsdp_0 中，是 FSDP 的分片（SHARDED_STATE_DICT）` };
  }
  if (newest === undefined) return undefined;
  const usable = sorted.find((one) => one.weights?.length && context.has(one, 'trainer_state.json'));
  const state = await context.object(join((usable ?? newest).path, 'trainer_state.json')), step = integer(state, 'global_step'), max = integer(state, 'max_steps');
  const isOver = usable !== undefined && usable === newest && step !== undefined && max !== undefined && step >= max;
  // A run that is over and whose last checkpoint cannot be used is told by what is wrong with that checkpoint.
  if (isOver || step !== undefined && max !== undefined && step >= max) return undefined;
  return usable === undefined ? { en: 'training did not finish, and no checkpoint is usable', zh: '训练未完成，也没有可用的检查点' }
    : { en: `training did not finish; the newest usable checkpoint is ${nameOf(usable.path)}`, zh: `训练未完成；最新的可用检查点是 ${nameOf(usable.path)}` };
}
