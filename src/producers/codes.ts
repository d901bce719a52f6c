/** @module Codes of what is wrong with the directories of training programs. */
import { defineCode } from '../findings/index.ts';

/** A ZeRO checkpoint whose pieces do not add up. */
export const ZERO_STRUCTURE = defineCode({
  code: 'zero-structure',
  severity: 'error',
  message: { en: '{file}: this DeepSpeed checkpoint is not whole: {problem}', zh: '{file}：这个 DeepSpeed 检查点不完整：{problem}' },
  why: { en: 'Put together, some weights would be missing or shifted into each other.', zh: '拼接之后会有权重缺失或彼此错位。' },
  fix: { en: 'Copy the directory again from every machine of the run, or take an older tag.', zh: '请从参与训练的每台机器上重新复制该目录，或改用更早的 tag。' },
});
