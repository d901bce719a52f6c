/** @module Axolotl: Trainer driven by a YAML file, which its card quotes. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import { transformersVersion, withVersion } from './trainer.ts';

/** Axolotl. */
export const axolotl: System = {
  name: 'Axolotl',
  layer: 'program',
  roles: [rule(/^axolotl_config\.ya?ml$/, 'training-config', 'nothing'), rule(/^config\.ya?ml$/, 'training-config', 'nothing', (here) => here.kinds.size > 0), rule(/^tokens_state\.json$/, 'other', 'resume')],
  wrote: async (tree) => {
    const version = /axolotl version: `([^`]+)`/.exec(tree.cards)?.[1];
    const byCard = version !== undefined || /axolotl-ai-cloud\/axolotl|^ *- axolotl$/m.test(tree.cards), byClass = tree.trainingArguments?.class.startsWith('axolotl.');
    if (!byCard && !byClass) return undefined;
    return withVersion(version ?? await transformersVersion(tree), byCard ? { en: 'its model card', zh: '有它的模型卡' } : { en: 'training_args.bin holds its arguments', zh: 'training_args.bin 中是它的参数' });
  },
};
