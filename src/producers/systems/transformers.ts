/** @module transformers' save_pretrained: a model that a loader takes as it is. */
import { rule } from '../roles.ts';
import type { System } from '../system.ts';
import type { FolderView } from '../view.ts';
import { pickModel, singleFile } from '../weights.ts';
import { misnamedAdapter } from './peft.ts';
import { transformersVersion, withVersion } from './trainer.ts';

/** Folders of modules belong to the model above them, but for those that hold the encoder itself. */
export const isModuleFolder = (here: FolderView): boolean => /^\d+_(?!\w*(?:Transformer|BERT|CLIPModel)$)\w+$/.test(here.name) && here.parent?.has('modules.json') === true;

/** The wrapper of a pretraining task (RetroMAE), whose encoder lies in a folder of its own. */
async function isWrapper(here: FolderView, file: string | undefined): Promise<boolean> {
  if (file === undefined || here.has('config.json') || !here.folders.some((inner) => inner.kinds.has('full-model'))) return false;
  return (await here.tensorNames(file))?.names.some((name) => /^(?:lm|decoder_\w+)\./.test(name)) ?? false;
}

async function isModel(here: FolderView): Promise<boolean> {
  if (here.kinds.has('projector') || here.kinds.has('llama-pth') || isModuleFolder(here)) return false;
  const picked = await pickModel(here), config = await here.json('config.json'), training = ['trainer-checkpoint', 'trainer-output'].some((kind) => here.kinds.has(kind));
  if (picked === undefined) return config !== undefined && (config.has('model_type') || config.has('architectures')) && !training && !here.kinds.has('adapter') && !here.kinds.has('xtuner-export');
  if (await misnamedAdapter(here) !== undefined || await isWrapper(here, singleFile(picked))) return false;
  // accelerate keeps weights and no configuration: they are a state, until they lie beside one.
  if (here.kinds.has('accelerate-state') && config === undefined) return false;
  // A checkpoint that was cut short is no model; a download that failed is still meant to be one.
  return picked.effective.length > 0 || !training;
}

/** save_pretrained. */
export const transformers: System = {
  name: 'transformers.save_pretrained',
  layer: 'program',
  // Code that a folder brings along is for its model; a script in any other folder is nobody's.
  roles: [rule(/\.py$/, 'other', 'nothing', (here) => here.kinds.size === 0 && !here.has('config.json') && !here.has('tokenizer_config.json') && here.file('zero_to_fp32.py') === undefined)],
  kinds: async (here) => (await isModel(here) ? ['full-model'] : []),
  wrote: async (tree) => {
    if (!tree.folders.some((here) => here.kinds.has('full-model'))) return undefined;
    const version = await transformersVersion(tree);
    return version === undefined ? undefined : withVersion(version, { en: 'transformers_version in config.json', zh: 'config.json 中的 transformers_version' });
  },
};
