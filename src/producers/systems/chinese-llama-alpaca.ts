/** @module Chinese-LLaMA-Alpaca 1 and 2: `pt_lora_model/` and `sft_lora_model/`, written by a callback with a PEFT of their own. */
import type { System } from '../system.ts';

const FINAL = /^(?:pt|sft)_lora_model$/;
/** Fields that only the modified PEFT 0.3 of the project writes. */
const OLD_FIELDS = ['enable_lora', 'merge_weights'];

/** Chinese-LLaMA-Alpaca. */
export const chineseLlamaAlpaca: System = {
  name: 'Chinese-LLaMA-Alpaca',
  layer: 'program',
  wrote: async ({ folders }) => {
    if (folders.some((here) => FINAL.test(here.name))) return { why: { en: 'the folder names of its scripts', zh: '目录名出自它的训练脚本' } };
    for (const here of folders) {
      const config = await here.json('adapter_config.json');
      if (config !== undefined && OLD_FIELDS.every((field) => config.has(field)) && !config.has('peft_version')) return { why: { en: 'an adapter configuration of its modified PEFT 0.3', zh: '适配器配置出自它修改过的 PEFT 0.3' } };
      // The final save goes through a patched state_dict: an adapter under a model's name, without a configuration.
      if (here.kinds.has('adapter') && here.kinds.has('trainer-checkpoint') && here.has('pytorch_model.bin') && here.has('tokenizer.model') && config === undefined) return { why: { en: 'an adapter saved as pytorch_model.bin in a checkpoint', zh: '检查点中把适配器存成了 pytorch_model.bin' } };
    }
    return undefined;
  },
};
