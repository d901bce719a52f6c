/**
 * @module
 * Every module of modules_to_save is in the adapter. Final saves that keep only `lora_` tensors lose them (Qwen's
 * finetune.py), ZeRO-3 too. Error, always asked of adapters.
 */
import { defineCode, type Text } from '../../findings/index.ts';
import { baseOf, targetOf } from '../bases.ts';
import type { CheckContext, Weights } from '../context.ts';
import { text } from '../members.ts';
import { join, nameOf } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** One module. */
export const SAVED_MODULE_LOST = defineCode({
  code: 'saved-module-lost',
  severity: 'error',
  message: { en: 'modules_to_save lists {module}, {file} does not hold it{hint}', zh: 'modules_to_save 列出了 {module}，但 {file} 中没有{hint}' },
  why: { en: 'The module was trained and its weights were lost when the adapter was saved: merged or loaded, the base is used instead.', zh: '该模块参与了训练，但保存适配器时权重丢失：合并或加载时会使用基座的权重。' },
  fix: { en: 'Use a checkpoint of the run that holds it, or take it out of the training state: temper convert CHECKPOINT -o OUT --as-adapter', zh: '请使用含有它的检查点，或从训练状态中取出：temper convert CHECKPOINT -o OUT --as-adapter' },
});

/** The untrained copy beside the trained one. */
export const UNTRAINED_COPY_STORED = defineCode({
  code: 'untrained-copy-stored',
  severity: 'info',
  message: { en: '{file} holds {tensor}, the untrained copy of a saved module', zh: '{file} 含有 {tensor}，即已保存模块的未训练副本' },
  why: { en: 'PEFT 0.21 writes it where the vocabulary was grown; the file is larger than it need be, and programs that take the wrong copy get the base\'s weights.', zh: 'PEFT 0.21 在词表扩充时会写出它；文件比需要的大，取错副本的程序会得到基座的权重。' },
  fix: { en: 'Nothing to do for a merge, which takes the trained copy: temper merge BASE DIR -o OUT', zh: '合并时无需处理，会使用训练过的副本：temper merge BASE DIR -o OUT' },
});

/** PEFT lists all heads that a task may have; a model has one of them. */
const HEADS_OF_TASKS: ReadonlyMap<string, readonly string[]> = new Map([['SEQ_CLS', ['classifier', 'score']], ['TOKEN_CLS', ['classifier', 'score']], ['QUESTION_ANS', ['qa_outputs']]]);

/** The rule. */
export const modulesToSave: Rule = {
  name: 'modules-to-save',
  codes: [SAVED_MODULE_LOST, UNTRAINED_COPY_STORED],
  fixtures: { fires: 'qwen1-lora-embedding-lost', silent: 't5-llama-lora-mts-vocab' },
  async check(context, report) {
    for (const { directory, purpose, checkpoint } of await context.weights()) {
      if (purpose !== 'adapter') continue;
      for (const { name, file } of checkpoint.tensors.values()) {
        const path = join(directory.path, checkpoint.files[file]!.path);
        if (/\.original_module\./.test(name)) report.add(UNTRAINED_COPY_STORED, { file: path, tensor: name }, { path, tensor: name });
      }
    }
    for (const weights of await context.weights()) {
      const { directory, checkpoint } = weights, path = join(directory.path, 'adapter_config.json'), config = await context.object(path), listed = config?.get('modules_to_save');
      if (weights.purpose !== 'adapter' || !Array.isArray(listed) || checkpoint.files.length === 0) continue;
      const targets = [...checkpoint.tensors.keys()].flatMap((name) => targetOf(name) ?? []), heads = HEADS_OF_TASKS.get(text(config, 'task_type') ?? '') ?? [];
      const missing = listed.filter((module): module is string => typeof module === 'string' && !targets.some((target) => belongs(target, module)));
      const hasHead = heads.some((head) => targets.some((target) => belongs(target, head)));
      const lost = missing.filter((module) => !(heads.includes(module) && (hasHead || heads.length > 1 && missing.length < heads.length)));
      if (lost.length === 0) continue;
      const file = checkpoint.files[0]!.path;
      if (checkpoint.tensors.size === 0) { report.add(SAVED_MODULE_LOST, { module: lost.join(', '), file, hint: '' }, { path }); continue; }
      for (const module of lost) {
        const other = await elsewhere(context, weights, module), name = other?.name ?? await nameInBase(context, weights, module);
        report.add(SAVED_MODULE_LOST, { module, file, hint: other?.hint ?? '' }, { path: join(directory.path, file), ...(name === undefined ? {} : { tensor: name }) });
      }
    }
  },
};

/** Whether a tensor of the base is of this module: PEFT compares the end of the path. */
const belongs = (target: string, module: string): boolean => target === `${module}.weight` || target.endsWith(`.${module}.weight`) || `.${target}`.includes(`.${module}.`);

/** Another adapter of the same run that has it. */
async function elsewhere(context: CheckContext, { directory }: Weights, module: string): Promise<{ name: string; hint: Text } | undefined> {
  const runs = directory.path === '' ? [''] : [directory.path, directory.path.includes('/') ? directory.path.slice(0, directory.path.lastIndexOf('/')) : ''];
  for (const one of context.directories('adapter')) {
    if (one.path === directory.path || !runs.some((run) => run === one.path || one.path.startsWith(run === '' ? '' : `${run}/`))) continue;
    const names = (await context.weightsOf(one, 'adapter'))?.checkpoint.tensors.keys() ?? [];
    for (const name of names) {
      const target = targetOf(name);
      if (target !== undefined && belongs(target, module)) return { name, hint: { en: `; ${nameOf(one.path) || '.'} has it`, zh: `；${nameOf(one.path) || '.'} 中有` } };
    }
  }
  return undefined;
}

async function nameInBase(context: CheckContext, weights: Weights, module: string): Promise<string | undefined> {
  const base = await baseOf(context, weights);
  const target = [...base?.tensors.keys() ?? []].find((name) => belongs(name, module));
  return target === undefined ? undefined : `base_model.model.${target}`;
}

