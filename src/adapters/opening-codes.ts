/** @module Codes of directories that were given as an adapter and are something else. */
import { defineCode } from '../findings/index.ts';

export const ADAPTER_IS_MODEL = defineCode({
  code: 'adapter-is-model',
  severity: 'error',
  message: { en: '{folder} holds a whole model ({count} tensors in {file}), no adapter', zh: '{folder} 中是完整的模型（{file} 中有 {count} 个张量），不是适配器' },
  why: { en: 'Full fine-tuning leaves a model; scripts call its folder pt_lora_model all the same. There is nothing to merge.', zh: '全参数微调得到的是模型；脚本仍把目录命名为 pt_lora_model。没有需要合并的内容。' },
  fix: { en: 'Deploy it as it is. To see what it changed: temper diff BASE {folder}', zh: '请直接部署。要查看改动：temper diff 基座 {folder}' },
});
