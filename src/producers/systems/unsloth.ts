/** @module Unsloth: adapters and models whose cards and configurations carry its name. */
import type { System } from '../system.ts';
import { textIn, type JsonObject } from '../view.ts';
import { withVersion } from './trainer.ts';

const marks = (object: JsonObject | undefined): string | undefined => textIn(object, 'unsloth_version') ?? (object?.has('unsloth_fixed') || object?.has('unsloth_training') ? '' : undefined);

/** Unsloth. */
export const unsloth: System = {
  name: 'Unsloth',
  layer: 'program',
  wrote: async ({ folders, cards, trainingArguments }) => {
    for (const here of folders) {
      const mark = marks(await here.json('config.json')) ?? marks(await here.json('adapter_config.json')) ?? autoMapping(await here.json('adapter_config.json'));
      if (mark !== undefined) return withVersion(mark === '' ? undefined : mark, { en: 'its mark in a configuration', zh: '配置文件中有它的标记' });
    }
    if (trainingArguments?.class.toLowerCase().includes('unsloth')) return withVersion(undefined, { en: 'training_args.bin holds its arguments', zh: 'training_args.bin 中是它的参数' });
    return /^ *- unsloth$/m.test(cards) ? withVersion(undefined, { en: 'the tag of its model card', zh: '模型卡中有它的标签' }) : undefined;
  },
};

/** Its adapters say that the base was patched by it. */
function autoMapping(config: JsonObject | undefined): string | undefined {
  const mapping = config?.get('auto_mapping');
  return mapping instanceof Map && mapping.get('unsloth_fixed') === true ? '' : undefined;
}
