/** @module PEFT: adapters, by their configuration or by what their tensors are called. */
import { SHARD_NAME_PATTERN } from '../../checkpoints/precedence.ts';
import { roleOf, rule } from '../roles.ts';
import type { System } from '../system.ts';
import { textIn, type FileView, type FolderView, type JsonObject } from '../view.ts';
import { areAdapterNames, pickAdapter, pickModel, singleFile } from '../weights.ts';
import { withVersion } from './trainer.ts';

/** Whether a file holds an adapter, by the names of its tensors. */
async function holdsAdapter(here: FolderView, file: FileView): Promise<boolean> {
  return areAdapterNames((await here.tensorNames(file.name))?.names ?? []);
}

/** The only weights of a folder, when they are an adapter under a model's name. */
export async function misnamedAdapter(here: FolderView): Promise<FileView | undefined> {
  const picked = await pickModel(here), single = picked === undefined ? undefined : singleFile(picked), file = single === undefined ? undefined : here.file(single);
  return file !== undefined && await holdsAdapter(here, file) ? file : undefined;
}

/** Whether a file that could be anything's weights is an adapter's: by name no other role has it, and a shard is part of a model. */
async function isAdapterFile(here: FolderView, file: FileView): Promise<boolean> {
  const { role } = roleOf(file.name);
  return (role === 'weights' || role === 'other') && !SHARD_NAME_PATTERN.test(file.name) && holdsAdapter(here, file);
}

/** PEFT. */
export const peft: System = {
  name: 'PEFT',
  layer: 'library',
  roles: [rule(/\.(?:safetensors|bin|pth?)$/, 'adapter-weights', ['inference', 'merge'], isAdapterFile)],
  kinds: async (here) => {
    if ((await here.json('adapter_config.json'))?.has('peft_type') || await pickAdapter(here) !== undefined) return ['adapter'];
    return await misnamedAdapter(here) === undefined ? [] : ['adapter'];
  },
  wrote: async ({ folders, cards }) => {
    const configs: (JsonObject | undefined)[] = [];
    for (const here of folders) if (here.kinds.has('adapter')) configs.push(await here.json('adapter_config.json'));
    // A configuration without a method is another program's.
    const own = configs.filter((config) => config === undefined || config.has('peft_type')), versions = own.map((config) => textIn(config, 'peft_version'));
    if (own.length === 0) return undefined;
    return withVersion(versions.find((version) => version !== undefined) ?? /^- PEFT:? (\d[\w.]*)/m.exec(cards)?.[1], { en: 'an adapter', zh: '有适配器' });
  },
};
