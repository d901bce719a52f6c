/**
 * @module
 * Which files of a folder a loader reads (checkpoints/precedence.ts has the order), and which of them are fit to be read.
 */
import { TUNER_COMPONENT } from '../adapters/keys.ts';
import { chooseWeights, INDEX_PATTERN } from '../checkpoints/precedence.ts';
import type { FolderView } from './view.ts';

/** What a loader does in a folder. */
export interface Picked {
  /** What it would take, there or not. Other weights beside them are superseded. */
  readonly chosen: readonly string[];
  /** What it really reads, in order, an index first; empty when that cannot be loaded. */
  readonly effective: readonly string[];
}

/** Formats that loaders expect under an ending: by the name they choose how to read. */
const EXPECTED: readonly (readonly [RegExp, ReadonlySet<string>])[] = [
  [/\.safetensors$/, new Set(['safetensors'])],
  [/\.(?:bin|pth?)$/, new Set(['torch-zip', 'torch-legacy', 'torchscript', 'pickle'])],
  [/\.gguf$/, new Set(['gguf'])],
];

const ADAPTER = /^adapter_model\b/, META = /^consolidated\.\d\d\.pth$/, GGUF = /\.gguf$/;
/** Weights by name that belong to something else: training states, heads, slices of other programs. */
const ELSEWHERE = /^(?:pytorch_model_fsdp|optimizer)/;

/** The weights of a model in a folder; undefined when there are none by name. */
export function pickModel(here: FolderView): Promise<Picked | undefined> {
  const meta = here.matching(META).map(({ name }) => name), gguf = here.matching(GGUF).map(({ name }) => name);
  if (meta.length > 0 && here.has('params.json')) return Promise.resolve({ chosen: meta, effective: meta.filter((name) => isUsable(here, name)) });
  const names = here.files.map(({ name }) => name).filter((name) => !ADAPTER.test(name) && !ELSEWHERE.test(name));
  const choice = chooseWeights(names, 'model');
  if (choice.kind === 'none' && gguf.length > 0) return Promise.resolve({ chosen: gguf, effective: gguf });
  return pick(here, choice);
}

/** The weights of an adapter in a folder; undefined when there are none by name. */
export function pickAdapter(here: FolderView): Promise<Picked | undefined> {
  return pick(here, chooseWeights(here.matching(ADAPTER).map(({ name }) => name), 'adapter'));
}

async function pick(here: FolderView, choice: ReturnType<typeof chooseWeights>): Promise<Picked | undefined> {
  switch (choice.kind) {
    case 'none': return undefined;
    case 'file': return { chosen: [choice.path], effective: isUsable(here, choice.path) ? [choice.path] : [] };
    case 'index': {
      const shards = await here.shards(choice.path) ?? [], there = shards.filter((name) => here.has(name));
      return { chosen: [choice.path, ...shards], effective: there.length === 0 ? [] : [choice.path, ...there] };
    }
    // Without an index transformers finds none of them, however complete they are.
    case 'shards': case 'incomplete': case 'ambiguous': return { chosen: choice.paths, effective: [] };
    case 'index-needed': return { chosen: here.matching(/\.safetensors$/).map(({ name }) => name), effective: [] };
  }
}

/** Whether a loader can read a file of this name with this content. A page, a pointer or a truncated file holds no tensors. */
export const isReadable = (name: string, format: string | undefined): boolean => EXPECTED.find(([ending]) => ending.test(name))?.[1].has(format ?? '') ?? true;
const isUsable = (here: FolderView, name: string): boolean => isReadable(name, here.file(name)?.format);

/** The one file that a pick comes down to, when it is one. */
export const singleFile = (picked: Picked): string | undefined =>
  (picked.chosen.length === 1 && !INDEX_PATTERN.test(picked.chosen[0]!) ? picked.chosen[0] : undefined);

/** Whether weights are placeholders only: ZeRO-3 leaves tensors of no elements where nobody gathered them. */
export async function areHollow(here: FolderView, picked: Picked | undefined): Promise<boolean> {
  const single = picked === undefined ? undefined : singleFile(picked), names = single === undefined ? undefined : await here.tensorNames(single);
  return names !== undefined && names.names.length > 0 && !names.filled;
}

const WRAPPED_KEY = /^(?:\w+\.)?base_model\.model\./;

/** Whether names are those of an adapter: it is that which was saved, whatever the file is called. One stray key in a model is not. */
export const areAdapterNames = (names: readonly string[]): boolean => {
  const isPart = (name: string) => name.split('.').some((component) => TUNER_COMPONENT.test(component));
  return names.some(isPart) && names.every((name) => isPart(name) || WRAPPED_KEY.test(name));
};
