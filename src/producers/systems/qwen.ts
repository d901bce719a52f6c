/** @module Qwen v1: its finetune.py and its models, which bring their own code and a tiktoken vocabulary. */
import type { System } from '../system.ts';
import { textIn } from '../view.ts';
import { withVersion } from './trainer.ts';

/** Qwen v1. */
export const qwen: System = {
  name: 'Qwen v1',
  layer: 'program',
  wrote: async (tree) => {
    for (const here of tree.folders) {
      const config = await here.json('config.json'), tokenizer = await here.json('tokenizer_config.json');
      if (textIn(config, 'model_type') !== 'qwen' && textIn(tokenizer, 'tokenizer_class') !== 'QWenTokenizer' && !here.has('qwen.tiktoken')) continue;
      return withVersion(textIn(config, 'transformers_version'), here.has('qwen.tiktoken') ? { en: 'qwen.tiktoken and the code beside it', zh: 'qwen.tiktoken 及其自带代码' } : { en: 'the model type qwen', zh: '模型类型为 qwen' });
    }
    return undefined;
  },
};
