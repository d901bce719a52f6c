/**
 * @module
 * Weight files that follow no base: laid out anew, one file or shards by size, in the folder that was asked for.
 */
import { indexDocument, shardFileName, splitIntoShards } from '../checkpoints/index.ts';
import { layoutSafetensors } from '../containers/safetensors/index.ts';
import type { Text } from '../findings/index.ts';
import { byteCount, type Expression } from '../tensors/index.ts';
import { isCopy } from './moves.ts';
import type { PlannedFile, PlannedTensor, WeightsFile } from './plan.ts';

/** Largest shard when nothing is asked for: what transformers 4 and the hub write. */
export const SHARD_BYTES_DEFAULT = 5_000_000_000;

/** How to lay out new weights. */
export interface FreshOptions {
  /** Stem of the files: `model`, `adapter_model` … */
  readonly stem: string;
  /** Folder of the output, with a slash at its end, or ''. */
  readonly folder?: string;
  readonly container?: WeightsFile['container'];
  readonly maxShardBytes?: number;
  /** Exactly this file name, whatever the size: adapters are never sharded. */
  readonly single?: string;
  /** Further metadata of safetensors files. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Names the index of what came out. */
const INDEX_WHY: Text = { en: 'names every tensor\'s file', zh: '记录每个张量所在的文件' };

/** Files in order, each with its tensors in the order of the container, and an index where there are several. */
export function layOutFresh(tensors: readonly PlannedTensor[], options: FreshOptions): PlannedFile[] {
  const { folder = '', container = 'safetensors', stem } = options;
  const name = options.single ?? `${container === 'torch-zip' && stem === 'model' ? 'pytorch_model' : stem}.${container === 'torch-zip' ? 'bin' : 'safetensors'}`;
  const sized = tensors.map((tensor) => ({ tensor, bytes: byteCount(tensor.dtype, tensor.shape) }));
  const groups = options.single === undefined ? splitIntoShards(sized, options.maxShardBytes ?? SHARD_BYTES_DEFAULT) : [sized];
  const files = groups.map((group, i): WeightsFile => {
    const path = folder + shardFileName(name, i, groups.length), own = group.map(({ tensor }) => tensor);
    if (container !== 'safetensors') return { kind: 'weights', container, path, metadata: {}, tensors: own };
    const metadata = { format: 'pt', ...options.metadata };
    const { order } = layoutSafetensors(own, new Map(Object.entries(metadata)));
    return { kind: 'weights', container, path, metadata, tensors: order.map((at) => own[at]!) };
  });
  if (files.length < 2) return files;
  const shards = files.map(({ path, tensors: own }) => ({ path: path.slice(folder.length), names: own.map((tensor) => tensor.name) }));
  return [...files, { kind: 'text', path: `${folder}${name}.index.json`, text: indexDocument(shards, sized.reduce((sum, { bytes }) => sum + bytes, 0)), why: INDEX_WHY }];
}

/** A tensor of a plan from its expression. */
export function plannedTensor(name: string, expression: Expression, formula: string, from: readonly string[], why?: Text): PlannedTensor {
  const single = from.length === 1 ? from[0]!.slice(from[0]!.indexOf(':') + 1) : undefined;
  return {
    name, dtype: expression.dtype, shape: expression.shape, expression, action: isCopy(expression) ? 'copied' : 'computed', formula, from,
    ...(single === undefined || single === name ? {} : { renamedFrom: single }), ...(why === undefined ? {} : { why }),
  };
}
