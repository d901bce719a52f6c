/**
 * @module
 * What trainer_state.json says of a run: it diverged (NaN in the log), or it stopped before its last step. Divergence is an
 * error anywhere; stopping early a warning for the output of a run, never for a checkpoint, which is always mid-run.
 */
import { defineCode } from '../../findings/index.ts';
import { integer } from '../members.ts';
import { join } from '../paths.ts';
import { someOf, type Rule } from '../rule.ts';

/** NaN or Infinity in the log. */
export const TRAINING_DIVERGED = defineCode({
  code: 'training-diverged',
  severity: 'error',
  message: { en: '{file}: training diverged, NaN or Infinity in the log at step {steps}', zh: '{file}：训练已发散，日志在第 {steps} 步出现 NaN 或 Infinity' },
  why: { en: 'From that step on the weights are worth nothing.', zh: '从该步起权重已无价值。' },
  fix: { en: 'Take a checkpoint from before that step; train again with a lower learning rate or in bfloat16.', zh: '请使用该步之前的检查点；以更低的学习率或 bfloat16 重新训练。' },
});

/** Not all steps. */
export const TRAINING_STOPPED = defineCode({
  code: 'training-stopped-early',
  severity: 'warning',
  message: { en: '{file}: training stopped early, at step {step} of {max}', zh: '{file}：训练提前停止，只到第 {step} 步，共 {max} 步' },
  why: { en: 'It is a finished save of an unfinished run: fine when it was stopped on purpose, otherwise not the model you think.', zh: '这是未完成训练的完整保存：有意停止则无妨，否则并不是您以为的模型。' },
  fix: { en: 'Resume training, or look into the log for why it ended.', zh: '请继续训练，或查看日志弄清结束的原因。' },
});

/** The rule. */
export const training: Rule = {
  name: 'training',
  codes: [TRAINING_DIVERGED, TRAINING_STOPPED],
  fixtures: { fires: 'nan-loss', silent: 't5-llama-lora' },
  async check(context, report) {
    for (const directory of context.directories()) {
      const path = join(directory.path, 'trainer_state.json'), state = await context.object(path), log = state?.get('log_history');
      if (state === undefined) continue;
      const bad = new Set<string>();
      for (const entry of Array.isArray(log) ? log : []) {
        if (entry instanceof Map && [...entry].some(([key, value]) => (typeof value === 'number' && !Number.isFinite(value)) || key !== 'step' && isWrittenOut(value))) bad.add(stepText(entry.get('step')));
      }
      if (bad.size > 0) report.add(TRAINING_DIVERGED, { file: path, steps: someOf([...bad]) }, { path });
      const step = integer(state, 'global_step'), max = integer(state, 'max_steps');
      if (!directory.kinds.includes('trainer-output') || directory.kinds.includes('trainer-checkpoint')) continue;
      if (step !== undefined && max !== undefined && max > 0 && step < max) report.add(TRAINING_STOPPED, { file: path, step, max }, { path, found: step, expected: max });
    }
  },
};

/** Some writers put the literal into a text, for JSON has none. */
const isWrittenOut = (value: unknown): boolean => typeof value === 'string' && /^[+-]?(?:nan|inf(?:inity)?)$/i.test(value);

const stepText = (step: unknown): string => (typeof step === 'number' ? String(step) : '?');
