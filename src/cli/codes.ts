/** @module Codes of what can be wrong with a command line. */
import { defineCode } from '../findings/index.ts';

const REFUSED = { en: 'Nothing was started.', zh: '没有执行任何操作。' } as const;

export const UNKNOWN_COMMAND = defineCode({
  code: 'usage-unknown-command',
  severity: 'error',
  message: { en: '{command} is neither a command nor a path{hint}', zh: '{command} 既不是命令，也不是路径{hint}' },
  why: REFUSED,
  fix: { en: 'List the commands: temper --help', zh: '列出全部命令：temper --help' },
});

export const UNKNOWN_OPTION = defineCode({
  code: 'usage-unknown-option',
  severity: 'error',
  message: { en: '{command} has no option {option}{hint}', zh: '{command} 没有选项 {option}{hint}' },
  why: REFUSED,
  fix: { en: 'See its options: {command} --help', zh: '查看它的选项：{command} --help' },
});

export const OPTION_VALUE = defineCode({
  code: 'usage-option-value',
  severity: 'error',
  message: { en: '{command}: {option} wants {wanted}; {given} was given', zh: '{command}：{option} 需要{wanted}；给出的是 {given}' },
  why: REFUSED,
  fix: { en: 'See its options: {command} --help', zh: '查看它的选项：{command} --help' },
});

export const OPTION_TWICE = defineCode({
  code: 'usage-option-twice',
  severity: 'error',
  message: { en: '{option} was given twice, with different values', zh: '{option} 给出了两次，且取值不同' },
  why: { en: 'Only one value can hold, and which of the two was meant is not known.', zh: '只能有一个值生效，无法得知指的是哪一个。' },
  fix: { en: 'Give {option} once.', zh: '{option} 只给一次。' },
});

export const MISSING_ARGUMENT = defineCode({
  code: 'usage-missing-argument',
  severity: 'error',
  message: { en: '{command} needs {argument}', zh: '{command} 还需要 {argument}' },
  why: REFUSED,
  fix: { en: 'See how it is called: {command} --help', zh: '查看用法：{command} --help' },
});

export const UNKNOWN_ACTION = defineCode({
  code: 'usage-unknown-action',
  severity: 'error',
  message: { en: '{command} cannot {action}; it knows {actions}', zh: '{command} 没有 {action} 这一操作；可用的有 {actions}' },
  why: REFUSED,
  fix: { en: 'See how it is called: {command} --help', zh: '查看用法：{command} --help' },
});

export const EXTRA_ARGUMENT = defineCode({
  code: 'usage-extra-argument',
  severity: 'error',
  message: { en: '{command} does not know what to do with {argument}', zh: '{command} 不知道如何处理 {argument}' },
  why: REFUSED,
  fix: { en: 'See how it is called: {command} --help', zh: '查看用法：{command} --help' },
});

export const STOPPED = defineCode({
  code: 'stopped',
  severity: 'error',
  message: { en: 'stopped by {signal}', zh: '被 {signal} 中止' },
  why: { en: 'Nothing that looks like a model was left behind.', zh: '没有留下任何看起来像模型的东西。' },
  fix: { en: 'Run the same command again.', zh: '重新运行同一条命令即可。' },
});
