/** @module Codes of quantised weights that are turned back into numbers. */
import { defineCode } from '../../findings/index.ts';

export const DEQUANTISED = defineCode({
  code: 'dequantised',
  severity: 'info',
  message: { en: '{count} weights are dequantised from {method} to {dtype}', zh: '{count} 个权重从 {method} 反量化为 {dtype}' },
  why: { en: 'The result is the values that the quantised model computes with, not the weights before quantisation.', zh: '结果是量化模型实际参与计算的数值，而不是量化之前的权重。' },
  fix: { en: 'An adapter that was trained on this quantised base (QLoRA) fits these values best; for all others take the original model.', zh: '在该量化基座上训练的适配器（QLoRA）与这些数值最匹配；其他情况请使用原始模型。' },
});

export const NOT_QUANTISED = defineCode({
  code: 'not-quantised',
  severity: 'error',
  message: { en: 'there is nothing to dequantise: {evidence}', zh: '没有可反量化的内容：{evidence}' },
  why: { en: 'Whoever asks for it believes the weights to be quantised; then this is another model.', zh: '要求反量化意味着认为权重是量化的；那么这是另一个模型。' },
  fix: { en: 'Leave out --dequantize, or check the path: temper inspect PATH', zh: '请去掉 --dequantize，或检查路径：temper inspect 路径' },
});

export const CANNOT_DEQUANTISE = defineCode({
  code: 'cannot-dequantise',
  severity: 'error',
  message: { en: '{tensor} cannot be dequantised: {reason}', zh: '{tensor} 无法反量化：{reason}' },
  why: { en: 'Weights that are turned back wrongly look like a model and are none.', zh: '反量化错误的权重看起来像模型，其实不是。' },
  fix: { en: 'Take the 16-bit model; bitsandbytes 4-bit and 8-bit, FP8 and int8 with scales, and MXFP4 can be dequantised.', zh: '请使用 16 位模型；可反量化的有 bitsandbytes 4 位与 8 位、带缩放系数的 FP8 与 int8，以及 MXFP4。' },
});
