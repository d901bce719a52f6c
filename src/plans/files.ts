/**
 * @module
 * Which output file every tensor goes to: like the base's own shards, or split anew by size.
 */
import { indexDocument, shardFileName, splitIntoShards } from '../checkpoints/shards.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { layoutSafetensors } from '../containers/safetensors/write.ts';
import type { Text } from '../findings/index.ts';
import { byteCount } from '../tensors/index.ts';
import type { PlannedFile, PlannedTensor, WeightsFile } from './plan.ts';

/** A tensor and the base file it came from; undefined for added ones, which go to the last file. */
export interface PlacedTensor { readonly tensor: PlannedTensor; readonly file?: number }

/** Metadata of every safetensors file that is written: loaders up to transformers 4.57 require it (formats.md §1.6). */
const FORMAT_PT = { format: 'pt' } as const;

/** Containers that tensors are written into. */
export type Written = Exclude<WeightsFile['container'], 'verbatim' | 'gguf'>;

/** How their files are called. */
const EXTENSIONS: Readonly<Record<Written, string>> = { safetensors: 'safetensors', 'torch-zip': 'bin', 'torch-legacy': 'bin' };

/** Stem of the weights of a model: torch files have another one than safetensors. Adapters have one for both. */
const stemFor = (container: Written, stem: string): string => (stem !== 'model' && stem !== 'pytorch_model' ? stem : container === 'safetensors' ? 'model' : 'pytorch_model');

/** Names by which loaders find weights, and their indexes: the stem, what follows it, and the extension. */
const WEIGHTS_NAME = /^(model|pytorch_model|adapter_model|diffusion_pytorch_model)((?:[.-].*)?)\.(?:safetensors|bin)$/;
const INDEX_NAME = /^(model|pytorch_model|adapter_model|diffusion_pytorch_model)\.(?:safetensors|bin)\.index(.*)\.json$/;

/** Whether a name is one of those, or of their index. */
export const isWeightsName = (path: string): boolean => WEIGHTS_NAME.test(baseName(path)) || INDEX_NAME.test(baseName(path));

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The same name in another container: stem and extension change, numbers and variants stay. Undefined for names of other kinds. */
function renamed(path: string, container: Written): string | undefined {
  const [, stem, middle] = WEIGHTS_NAME.exec(baseName(path)) ?? [];
  return stem === undefined ? undefined : `${stemFor(container, stem)}${middle}.${EXTENSIONS[container]}`;
}

/** The index likewise. */
function renamedIndex(path: string, container: Written): string | undefined {
  const [, stem, variant] = INDEX_NAME.exec(baseName(path)) ?? [];
  return stem === undefined ? undefined : `${stemFor(container, stem)}.${EXTENSIONS[container]}.index${variant}.json`;
}

/** Largest file out of a training state unless something else is asked for: the default of zero_to_fp32.py, and of transformers up to version 4. */
export const STATE_SHARD_BYTES: number = 5e9;

/** How to lay out the weights. */
export interface LayoutOptions {
  /** Stem of the files: `model` or `adapter_model`. */
  readonly stem: string;
  /** safetensors unless something else is asked for. */
  readonly container?: Written;
  /** Re-shard to files of at most this many bytes. */
  readonly maxShardBytes?: number;
  /** Names that are left out because they share a storage, and the name that stands for each: told in the metadata. */
  readonly removed?: ReadonlyMap<string, string>;
  /** One file with exactly this name, as for `convert IN -o OUT.safetensors`. */
  readonly single?: string;
}

/** Weight files in order, each with its tensors in the order of the container, and the index where there is one. */
export function layOut(base: Checkpoint, placed: readonly PlacedTensor[], options: LayoutOptions): PlannedFile[] {
  const container = options.container ?? 'safetensors', extension = EXTENSIONS[container], stem = stemFor(container, options.stem);
  const groups = options.single !== undefined ? [{ path: options.single, tensors: placed.map(({ tensor }) => tensor) }]
    : options.maxShardBytes !== undefined ? bySize(placed, options.maxShardBytes, `${stem}.${extension}`)
      : likeBase(base, placed, `${stem}.${extension}`, container);
  const files: WeightsFile[] = groups.map(({ path, tensors }) => {
    if (container !== 'safetensors') return { kind: 'weights', container, path, metadata: {}, tensors };
    const own = new Set(tensors.map(({ name }) => name));
    const metadata = { ...Object.fromEntries([...options.removed ?? []].filter(([, kept]) => own.has(kept))), ...inherited(base, path), ...FORMAT_PT };
    const { order } = layoutSafetensors(tensors, new Map(Object.entries(metadata)));
    return { kind: 'weights', container, path, metadata, tensors: order.map((i) => tensors[i]!) };
  });
  const hadIndex = options.single === undefined && options.maxShardBytes === undefined && base.index !== undefined;
  if (files.length === 1 && !hadIndex) return files;
  // transformers counts storages: what shares one counts once.
  const total = placed.reduce((sum, { tensor }) => sum + (tensor.shares === undefined ? byteCount(tensor.dtype, tensor.shape) : 0), 0);
  const why: Text = { en: 'names every tensor\'s file', zh: '记录每个张量所在的文件' };
  const shards = files.map((file) => ({ path: file.path, names: file.tensors.map((tensor) => tensor.name) }));
  const index = (hadIndex ? renamedIndex(base.index, container) : undefined) ?? `${stem}.${extension}.index.json`;
  return [...files, { kind: 'text', path: index, text: indexDocument(shards, total, options.removed), why }];
}

/** Metadata that a producer put into the base's file of the same name, except what describes removed names. */
function inherited(base: Checkpoint, path: string): Record<string, string> {
  const file = base.files.find((candidate) => candidate.path === path);
  return Object.fromEntries([...file?.metadata ?? []].filter(([key]) => key !== 'format' && !base.tensors.has(key)));
}

function bySize(placed: readonly PlacedTensor[], maxBytes: number, name: string): { path: string; tensors: PlannedTensor[] }[] {
  const storages = new Map<string, string>();
  for (const { tensor: { name, shares } } of placed) storages.set(name, shares === undefined ? name : storages.get(shares.name)!);
  const shards = splitIntoShards(placed.map(({ tensor }) => ({ tensor, bytes: byteCount(tensor.dtype, tensor.shape), storage: storages.get(tensor.name) })), maxBytes);
  return shards.map((shard, i) => ({ path: shardFileName(name, i, shards.length), tensors: shard.map(({ tensor }) => tensor) }));
}

function likeBase(base: Checkpoint, placed: readonly PlacedTensor[], name: string, container: Written): { path: string; tensors: PlannedTensor[] }[] {
  const last = base.files.length - 1;
  const groups = base.files.map((file, i) => ({
    path: renamed(file.path, container) ?? otherName(file.path, name, i, base.files.length),
    tensors: placed.filter((entry) => (entry.file ?? last) === i).map(({ tensor }) => tensor),
  }));
  return groups.filter((group) => group.tensors.length > 0 || groups.length === 1);
}

/** A name that no loader knows stays where the container's extension does; other ones become a shard's. */
function otherName(path: string, name: string, index: number, count: number): string {
  return path.endsWith(name.slice(name.lastIndexOf('.'))) ? baseName(path) : shardFileName(name, index, count);
}
