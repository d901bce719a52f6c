/** @module Codes of embedding models. */
import { defineCode } from '../../findings/index.ts';

export const POOLING_UNKNOWN = defineCode({
  code: 'pooling-unknown',
  severity: 'error',
  message: { en: 'nothing in {folder} tells how this model takes the embedding of a text', zh: '{folder} 中没有任何信息说明该模型如何取得文本的向量' },
  why: { en: 'With another pooling than it was trained with, a model gives other vectors without any error.', zh: '若池化方式与训练时不同，模型会给出不同的向量，且没有任何报错。' },
  fix: { en: 'Say it: --pooling cls (BGE, M3), --pooling mean (E5, GTE) or --pooling lasttoken (embedders out of language models)', zh: '请指明：--pooling cls（BGE、M3）、--pooling mean（E5、GTE）或 --pooling lasttoken（由语言模型得到的向量模型）' },
});

export const POOLING_CHOSEN = defineCode({
  code: 'pooling-chosen',
  severity: 'info',
  message: { en: 'texts are embedded by {pooling} pooling{normalized}: {reason}', zh: '文本向量采用 {pooling} 池化{normalized}：{reason}' },
  why: { en: 'sentence-transformers takes the mean where nothing is said.', zh: '若未说明，sentence-transformers 会取平均值。' },
  fix: { en: 'Give --pooling if that is wrong.', zh: '若不正确，请用 --pooling 指定。' },
});

export const MODULE_LOST = defineCode({
  code: 'sentence-transformers-module-lost',
  severity: 'error',
  message: { en: 'modules.json names {path} ({type}), which is not there', zh: 'modules.json 指向 {path}（{type}），但它不存在' },
  why: { en: 'The module has weights of its own; without them the vectors are others.', zh: '该模块有自己的权重；缺少它们，向量就会不同。' },
  fix: { en: 'Copy the folder from the original model.', zh: '请从原始模型复制该文件夹。' },
});
