/** @module LLaMA-Factory: Trainer with a log of its own. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import { transformersVersion, withVersion } from './trainer.ts';

const LOG = 'trainer_log.jsonl', OWN = /^(?:llamaboard_config\.yaml|training_args\.yaml)$/;

/** LLaMA-Factory. */
export const llamaFactory: System = {
  name: 'LLaMA-Factory',
  layer: 'program',
  roles: [rule(/^trainer_log\.jsonl$|^running_log\.txt$/, 'log', 'nothing'), rule(OWN, 'training-config', 'nothing')],
  wrote: async (tree) => {
    const { folders, trainingArguments, cards } = tree;
    const found = folders.some((here) => here.has(LOG) || here.matching(OWN).length > 0) || /^ *- llama-factory$/m.test(cards)
      || trainingArguments?.classes.some((name) => name.startsWith('llamafactory.') || name.startsWith('llmtuner.'));
    return found ? withVersion(await transformersVersion(tree), { en: LOG, zh: LOG }) : undefined;
  },
};
