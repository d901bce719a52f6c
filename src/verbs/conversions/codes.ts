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

/** An output named like one file, of something that is several. */
export const OUTPUT_IS_DIRECTORY = defineCode({
  code: 'output-is-directory',
  severity: 'error',
  message: { en: '{output} is named like one file, but this conversion writes a directory: {files}', zh: '{output} 的名字像单个文件，但该转换会写出一个目录：{files}' },
  why: { en: 'Weights without the files beside them (configuration, index, other parts) would not load.', zh: '缺少旁边的文件（配置、索引、其他部分），权重无法加载。' },
  fix: { en: 'Give the name of a directory: -o OUT', zh: '请给出目录名：-o 输出目录' },
});
