/**
 * @module
 * Whether a checkpoint can be resumed: state, arguments, optimizer, scheduler, random states, and one step number in the
 * folder's name, the state and `latest`. Error without the state or with two step numbers, warning for the rest. Under the
 * profile resume, for folders that are checkpoints of a trainer.
 */
import { defineCode, type Severity, type Text } from '../../findings/index.ts';
import type { TreeDirectory } from '../../producers/index.ts';
import type { CheckContext } from '../context.ts';
import { integer } from '../members.ts';
import { join, stepsOf } from '../paths.ts';
import type { Report, Rule } from '../rule.ts';

/** Something is missing or contradicts. */
export const CANNOT_RESUME = defineCode({
  code: 'cannot-resume',
  severity: 'error',
  message: { en: '{folder} cannot be resumed as it was: {problem}', zh: '{folder} 无法照原样继续训练：{problem}' },
  why: { en: 'Trainer refuses, or starts with a fresh optimizer and another order of data, and the loss jumps.', zh: 'Trainer 会拒绝，或以全新的优化器和另一种数据顺序开始，损失会跳变。' },
  fix: { en: 'Resume from an older checkpoint that is whole, or begin a new run from these weights.', zh: '请从更早的完整检查点继续，或以这些权重开始新的训练。' },
});

/** The rule. */
export const resume: Rule = {
  name: 'resume',
  profiles: ['resume'],
  codes: [CANNOT_RESUME],
  fixtures: { fires: 't5-interrupted', silent: 't5-llama-full' },
  async check(context, report) {
    for (const directory of context.directories()) {
      if (stepsOf(directory.path) !== undefined || directory.kinds.includes('trainer-checkpoint')) await judge(context, directory, report);
    }
  },
};

async function judge(context: CheckContext, directory: TreeDirectory, report: Report): Promise<void> {
  const say = (problem: Text, severity: Severity = 'warning') => report.add(CANNOT_RESUME, { folder: directory.path || '.', problem }, { path: directory.path, profile: 'resume', severity });
  const has = (role: string) => directory.files.some((file) => file.role === role), path = join(directory.path, 'trainer_state.json');
  const optimizer = has('optimizer') || directory.folders.some((name) => /^(?:global_step\d+|optimizer_\d+)$/.test(name)), sharded = directory.kinds.includes('fsdp');
  const isBegun = optimizer || has('scheduler') || has('rng-state') || has('training-args') || has('trainer-state');
  if (!context.tree.files.has(path)) say({ en: 'trainer_state.json is missing, it is no finished checkpoint', zh: '缺少 trainer_state.json，不是完成的检查点' }, 'error');
  // A folder with nothing but weights is told in one line.
  if (!isBegun) return;
  if (!has('training-args') && !sharded) say({ en: 'training_args.bin is missing', zh: '缺少 training_args.bin' });
  if (!optimizer) say({ en: 'there is no optimizer state', zh: '没有优化器状态' });
  else if (!has('scheduler') && !directory.folders.some((name) => name.startsWith('global_step'))) say({ en: 'there is no scheduler state', zh: '没有学习率调度器状态' });
  const states = directory.folders.filter((name) => /^global_step\d+$/.test(name)).map((name) => context.tree.directories.get(join(directory.path, name)));
  const ranks = new Set(states.flatMap((state) => state?.files ?? []).flatMap(({ name }) => /^(?:bf16_|fp16_)?zero_pp_rank_(\d+)_mp_rank_\d+_?optim_states\.pt$/.exec(name)?.[1] ?? []));
  const random = directory.files.filter(({ role }) => role === 'rng-state').length;
  if (ranks.size > 1 && random > 0 && random < ranks.size) say({ en: `there are random states of ${random} of ${ranks.size} ranks`, zh: `${ranks.size} 个 rank 中只有 ${random} 个有随机数状态` });
  if (states.length > 0 && !context.has(directory, 'latest')) say({ en: 'there is no file latest, by which DeepSpeed finds its state', zh: '没有 DeepSpeed 用来找到状态的 latest 文件' });
  if (!has('rng-state')) say({ en: 'there are no random states', zh: '没有随机数状态' });
  await judgeSteps(context, directory, say);
}

async function judgeSteps(context: CheckContext, directory: TreeDirectory, say: (problem: Text, severity?: Severity) => void): Promise<void> {
  const steps = new Map<string, number>(), named = stepsOf(directory.path), state = integer(await context.object(join(directory.path, 'trainer_state.json')), 'global_step');
  const latest = /^global_step(\d{1,15})\s*$/.exec(await context.text(join(directory.path, 'latest')) ?? '')?.[1];
  if (named !== undefined) steps.set('checkpoint-N', named);
  if (state !== undefined) steps.set('trainer_state.json', state);
  if (latest !== undefined) steps.set('latest', Number(latest));
  if (new Set(steps.values()).size > 1) {
    const list = [...steps].map(([where, step]) => `${where} ${step}`).join(', ');
    say({ en: `its step numbers differ: ${list}`, zh: `步数不一致：${list}` }, 'error');
  }
}
