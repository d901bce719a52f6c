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

/** An argument that FlagEmbedding's trainers never look at. */
export const SAVE_SAFETENSORS_IGNORED = defineCode({
  code: 'save-safetensors-ignored',
  severity: 'info',
  message: { en: 'save_safetensors was set to False, which {class} has no use for: safetensors was written all the same', zh: '设置了 save_safetensors=False，但 {class} 并不使用它：写出的仍是 safetensors' },
  why: {
    en: 'FlagEmbedding\'s trainers save the model themselves, with the defaults of save_pretrained; transformers 5 writes nothing else at all.',
    zh: 'FlagEmbedding 的训练器自行保存模型，使用 save_pretrained 的默认值；transformers 5 则只会写 safetensors。',
  },
  fix: { en: 'Convert what was written: temper convert DIR -o OUT --to bin', zh: '转换已写出的文件：temper convert 目录 -o 输出 --to bin' },
});
