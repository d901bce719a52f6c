/**
 * @module
 * Which output file every tensor goes to: like the base's own shards, or split anew by size.
 */
import { indexDocument, shardFileName, splitIntoShards } from '../checkpoints/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { layoutSafetensors } from '../containers/safetensors/index.ts';
import type { Text } from '../findings/index.ts';
import { byteCount } from '../tensors/index.ts';
import type { PlannedFile, PlannedTensor, WeightsFile } from './plan.ts';

/** A tensor and the base file it came from; undefined for added ones, which go to the last file. */
export interface PlacedTensor { readonly tensor: PlannedTensor; readonly file?: number }

/** Metadata of every safetensors file that is written: loaders up to transformers 4.57 require it (formats.md §1.6). */
const FORMAT_PT = { format: 'pt' } as const;

/** Containers that can be written, and how their files are called. */
const EXTENSIONS: Readonly<Record<WeightsFile['container'], string>> = { safetensors: 'safetensors', 'torch-zip': 'bin' };

/** Stem of the weights of a model: torch files have another one than safetensors. Adapters have one for both. */
const stemFor = (container: WeightsFile['container'], stem: string): string => (container === 'torch-zip' && stem === 'model' ? 'pytorch_model' : stem);

/** How to lay out the weights. */
export interface LayoutOptions {
  /** Stem of the files: `model` or `adapter_model`. */
  readonly stem: string;
  /** safetensors unless something else is asked for. */
  readonly container?: WeightsFile['container'];
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
      : likeBase(base, placed, `${stem}.${extension}`);
  const files: WeightsFile[] = groups.map(({ path, tensors }) => {
    if (container === 'torch-zip') return { kind: 'weights', container, path, metadata: {}, tensors };
    const own = new Set(tensors.map(({ name }) => name));
    const metadata = { ...Object.fromEntries([...options.removed ?? []].filter(([, kept]) => own.has(kept))), ...inherited(base, path), ...FORMAT_PT };
    const { order } = layoutSafetensors(tensors, new Map(Object.entries(metadata)));
    return { kind: 'weights', container, path, metadata, tensors: order.map((i) => tensors[i]!) };
  });
  const hadIndex = options.single === undefined && options.maxShardBytes === undefined && base.index !== undefined;
  if (files.length === 1 && !hadIndex) return files;
  const total = placed.reduce((sum, { tensor }) => sum + byteCount(tensor.dtype, tensor.shape), 0);
  const why: Text = { en: 'names every tensor\'s file', zh: '记录每个张量所在的文件' };
  const shards = files.map((file) => ({ path: file.path, names: file.tensors.map((tensor) => tensor.name) }));
  return [...files, { kind: 'text', path: `${stem}.${extension}.index.json`, text: indexDocument(shards, total), why }];
}

/** Metadata that a producer put into the base's file of the same name, except what describes removed names. */
function inherited(base: Checkpoint, path: string): Record<string, string> {
  const file = base.files.find((candidate) => candidate.path === path);
  return Object.fromEntries([...file?.metadata ?? []].filter(([key]) => key !== 'format' && !base.tensors.has(key)));
}

function bySize(placed: readonly PlacedTensor[], maxBytes: number, name: string): { path: string; tensors: PlannedTensor[] }[] {
  const shards = splitIntoShards(placed.map(({ tensor }) => ({ tensor, bytes: byteCount(tensor.dtype, tensor.shape) })), maxBytes);
  return shards.map((shard, i) => ({ path: shardFileName(name, i, shards.length), tensors: shard.map(({ tensor }) => tensor) }));
}

function likeBase(base: Checkpoint, placed: readonly PlacedTensor[], name: string): { path: string; tensors: PlannedTensor[] }[] {
  const last = base.files.length - 1, extension = name.slice(name.lastIndexOf('.'));
  const groups = base.files.map((file, i) => ({
    path: file.path.endsWith(extension) ? file.path.slice(file.path.lastIndexOf('/') + 1) : shardFileName(name, i, base.files.length),
    tensors: placed.filter((entry) => (entry.file ?? last) === i).map(({ tensor }) => tensor),
  }));
  return groups.filter((group) => group.tensors.length > 0 || groups.length === 1);
}
