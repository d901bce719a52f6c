/**
 * @module
 * Names that mislead: an adapter one level too deep, a full model in a folder called LoRA. Warning and note; always asked.
 */
import { defineCode } from '../../findings/index.ts';
import { join, nameOf } from '../paths.ts';
import type { Rule } from '../rule.ts';

/** One level too deep. */
export const NESTED_TWICE = defineCode({
  code: 'nested-twice',
  severity: 'warning',
  message: { en: 'the {what} lies one level too deep, in {inner}: a program that is given {folder} finds nothing there', zh: '{what}多嵌套了一层，位于 {inner}：把 {folder} 交给程序时什么也找不到' },
  why: { en: 'A callback that saves into the best checkpoint appends the name of the folder twice.', zh: '保存到最佳检查点的回调会把目录名追加两次。' },
  fix: { en: 'Give the inner folder, or move its files up.', zh: '请给出内层目录，或把文件上移一层。' },
});

/** A name that lies. */
export const FOLDER_NAME_LIES = defineCode({
  code: 'folder-name-lies',
  severity: 'info',
  message: { en: '{folder} is called LoRA and holds a full model', zh: '{folder} 以 LoRA 命名，内容却是完整模型' },
  why: { en: 'Full fine-tuning with scripts for LoRA (--full_finetuning) keeps the name of the folder; there is nothing to merge.', zh: '用 LoRA 脚本做全量微调（--full_finetuning）会沿用目录名；不需要合并。' },
  fix: { en: 'Deploy it as it is.', zh: '可直接部署。' },
});

const HOLDS: ReadonlySet<string> = new Set(['adapter', 'full-model']);

/** The rule. */
export const layout: Rule = {
  name: 'layout',
  codes: [NESTED_TWICE, FOLDER_NAME_LIES],
  fixtures: { fires: 'cla-nested-twice', silent: 'cla-pretrain-complete' },
  check(context, report) {
    for (const directory of context.directories()) {
      const name = nameOf(directory.path), inner = context.tree.directories.get(join(directory.path, name));
      if (name !== '' && directory.files.length === 0 && inner !== undefined && inner.kinds.some((kind) => HOLDS.has(kind))) {
        report.add(NESTED_TWICE, { what: inner.kinds.includes('adapter') ? { en: 'adapter', zh: '适配器' } : { en: 'model', zh: '模型' }, inner: inner.path, folder: directory.path }, { path: directory.path });
      }
      if (/lora/i.test(name) && directory.kinds.includes('full-model') && !directory.kinds.includes('adapter') && !/merged|fused/i.test(name)) report.add(FOLDER_NAME_LIES, { folder: directory.path }, { path: directory.path });
    }
  },
};
