/** @module Codes of what is wrong with a distributed checkpoint. */
import { defineCode } from '../../findings/index.ts';

/** `.metadata`: what the checkpoint says it holds. */
export const DCP_METADATA = defineCode({
  code: 'dcp-metadata',
  severity: 'error',
  message: { en: '{file} does not describe a sound distributed checkpoint: {problem}', zh: '{file} 描述的不是完好的分布式检查点：{problem}' },
  why: { en: 'Without it nothing says which bytes belong to which tensor.', zh: '没有它就无从知道哪些字节属于哪个张量。' },
  fix: { en: 'Copy the whole directory again from the machine that wrote it; .metadata is written last.', zh: '请从写出它的机器上重新复制整个目录；.metadata 是最后写出的。' },
});

/** The places of a tensor's parts. */
export const DCP_CHUNKS = defineCode({
  code: 'dcp-chunks',
  severity: 'error',
  message: { en: '{file}: the parts of {tensor} do not make it up: {problem}', zh: '{file}：{tensor} 的各部分拼不成完整张量：{problem}' },
  why: { en: 'Some of its elements would be missing, or come from two places.', zh: '它的部分元素会缺失，或来自两个地方。' },
  fix: { en: 'Copy the whole directory again; the parts of all ranks belong together.', zh: '请重新复制整个目录；所有 rank 的部分缺一不可。' },
});

/** A part of a tensor that is not where it should be, or not what it should be. */
export const DCP_SLICE = defineCode({
  code: 'dcp-slice',
  severity: 'error',
  message: { en: '{file}: a part of {tensor} cannot be used: {problem}', zh: '{file}：{tensor} 的一部分无法使用：{problem}' },
  why: { en: 'The data files and .metadata do not belong together, or one of them is damaged.', zh: '数据文件与 .metadata 不配套，或其中之一已损坏。' },
  fix: { en: 'Copy the whole directory again from the machine that wrote it.', zh: '请从写出它的机器上重新复制整个目录。' },
});
