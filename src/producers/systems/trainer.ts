/** @module transformers' Trainer: an output directory and its `checkpoint-N/`. */
import type { Evidence, System, Written } from '../system.ts';
import { classOf, textIn, type FolderView } from '../view.ts';

/** How Trainer calls a checkpoint; releases around 4.37 wrote it under a `tmp-` name first. */
export const CHECKPOINT_NAME: RegExp = /^(?:tmp-)?checkpoint-\d+$/;
const RESUME = /^(?:optimizer\.(?:pt|bin)|scheduler\.pt|scaler\.pt|rng_state(?:_\d+)?\.pth)$/;
const OWN = /^(?:config\.json|adapter_config\.json)$|\.(?:safetensors|bin|gguf)$/;

/** A checkpoint has Trainer's state and something to go on from; one that was cut short has either, and the name. */
function isCheckpoint(here: FolderView): boolean {
  const hasState = here.has('trainer_state.json');
  const hasResume = here.matching(RESUME).length > 0 || here.kinds.has('deepspeed') || here.kinds.has('fsdp');
  return CHECKPOINT_NAME.test(here.name) ? hasState || hasResume : hasState && hasResume;
}

/**
 * An output holds checkpoints, and Trainer's state or arguments of the end, or nothing of its own. FlagEmbedding's trainers
 * leave only the model at the end (their `_save` replaces Trainer's): that is a model with checkpoints in it.
 */
async function isOutput(here: FolderView): Promise<boolean> {
  if (!here.folders.some((inner) => inner.kinds.has('trainer-checkpoint'))) return false;
  if (here.has('trainer_state.json') || here.matching(OWN).length === 0) return true;
  const held = classOf((await here.torch('training_args.bin'))?.root);
  return held !== undefined && !held.startsWith('FlagEmbedding.');
}

/** The release that wrote the configurations, from a card or from what its arguments have as fields. */
export async function transformersVersion({ folders, cards, trainingArguments }: Written): Promise<string | undefined> {
  for (const here of folders) {
    const version = textIn(await here.json('config.json'), 'transformers_version');
    if (version !== undefined) return version;
  }
  const said = /^- Transformers:? (\d[\w.]*)/m.exec(cards)?.[1];
  if (said !== undefined || trainingArguments === undefined) return said;
  // Both fields are gone since 5.0.
  if (trainingArguments.fields.includes('save_safetensors')) return '4.x';
  return trainingArguments.fields.includes('overwrite_output_dir') ? undefined : '5.x';
}

/** Evidence with a version, where one is known. */
export const withVersion = (version: string | undefined, why: Evidence['why']): Evidence => ({ ...(version === undefined ? {} : { version }), why });

/** Trainer. */
export const trainer: System = {
  name: 'transformers.Trainer',
  layer: 'program',
  kinds: async (here) => {
    if (isCheckpoint(here)) {
      // Its tag is part of the checkpoint, not a thing of its own.
      for (const inner of here.folders) inner.kinds.delete('deepspeed');
      return ['trainer-checkpoint'];
    }
    return await isOutput(here) ? ['trainer-output'] : [];
  },
  wrote: async (tree) => {
    const found = tree.folders.some((here) => here.kinds.has('trainer-output') || here.kinds.has('trainer-checkpoint') || here.has('trainer_state.json') || here.has('training_args.bin'));
    return found ? withVersion(await transformersVersion(tree), { en: 'its state and arguments', zh: '有其状态与参数文件' }) : undefined;
  },
};
