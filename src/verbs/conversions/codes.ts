/** @module Codes of what was asked of a conversion. */
import { defineCode } from '../../findings/index.ts';

/** An option that says nothing without another. */
export const OPTION_WITHOUT_TARGET = defineCode({
  code: 'option-without-target',
  severity: 'error',
  message: { en: '{option} means nothing here; it belongs to {target}', zh: '{option} 在这里没有意义；它用于 {target}' },
  why: { en: 'Left out in silence, the output would not be what was asked for.', zh: '若悄悄忽略，输出就不是您要的。' },
  fix: { en: 'Add {target}, or leave {option} out.', zh: '请加上 {target}，或去掉 {option}。' },
});
