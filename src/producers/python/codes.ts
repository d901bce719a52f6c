/** @module Codes of configurations that are Python text. */
import { defineCode } from '../../findings/index.ts';

/** A configuration that cannot be taken for one. */
export const CONFIG_TEXT = defineCode({
  code: 'config-text',
  severity: 'error',
  message: { en: '{file} cannot be read as a configuration: {problem}', zh: '{file} 无法作为配置读取：{problem}' },
  why: { en: 'Training configurations are short lists of assignments; this is something else.', zh: '训练配置是简短的赋值列表；这不是。' },
  fix: { en: 'Give the configuration that the training run dumped into its work directory.', zh: '请使用训练时写入工作目录的配置文件。' },
});
