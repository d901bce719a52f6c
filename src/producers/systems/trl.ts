/** @module TRL: SFTTrainer, DPOTrainer … on top of Trainer. */
import type { System } from '../system.ts';
import { withVersion } from './trainer.ts';

/** Trainers by the module of their arguments. */
const TRAINER = /^trl\.trainer\.(\w+)_config\./;

/** TRL. */
export const trl: System = {
  name: 'TRL',
  layer: 'program',
  wrote: async ({ trainingArguments, cards }) => {
    const module = TRAINER.exec(trainingArguments?.class ?? '')?.[1], version = /^- TRL:? (\d[\w.]*)/m.exec(cards)?.[1];
    if (module === undefined && version === undefined) return undefined;
    return { ...(module === undefined ? {} : { name: `TRL ${module.toUpperCase()}Trainer` }), ...withVersion(version, module === undefined ? { en: 'its model card', zh: '有它的模型卡' } : { en: `training_args.bin holds the arguments of its ${module.toUpperCase()}Trainer`, zh: `training_args.bin 中是它的 ${module.toUpperCase()}Trainer 的参数` }) };
  },
};
