/**
 * @module
 * How tensors are spread over shards, and the index beside them: the same files as huggingface_hub and transformers make
 * (`split_state_dict_into_shards_factory`, huggingface_hub/serialization/_base.py).
 */
import { compareNames } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { BAD_SIZE } from './codes.ts';

/** What the split needs to know of a tensor. */
export interface SizedTensor {
  readonly bytes: number;
  /** Tensors with the same storage stay together and count once. Absent: a storage of its own. */
  readonly storage?: unknown;
}

/**
 * Splits `tensors`, in order, into shards of at most `maxShardBytes`. A tensor larger than that gets a shard of its own,
 * which comes *before* the one that is still open: file order is not tensor order.
 */
export function splitIntoShards<T extends SizedTensor>(tensors: readonly T[], maxShardBytes: number): T[][] {
  const closed: T[][] = [], sharers: T[] = [], homes = new Map<unknown, T[]>();
  let open: T[] = [], openBytes = 0;
  for (const tensor of tensors) {
    const { bytes, storage } = tensor;
    if (storage !== undefined && homes.has(storage)) {
      sharers.push(tensor);
      continue;
    }
    let home = open;
    if (bytes > maxShardBytes) {
      home = [];
      closed.push(home);
    } else {
      if (openBytes + bytes > maxShardBytes) {
        closed.push(open);
        home = open = [];
        openBytes = 0;
      }
      openBytes += bytes;
    }
    home.push(tensor);
    if (storage !== undefined) homes.set(storage, home);
  }
  if (open.length > 0) closed.push(open);
  // Upstream adds the other names of a storage when all shards are known, hence behind everything else in theirs.
  for (const tensor of sharers) homes.get(tensor.storage)!.push(tensor);
  return closed;
}

/** Name of shard `index` (from 0) of `count`: `model-00001-of-00003.safetensors`; a single one has the plain name. */
export function shardFileName(name: string, index: number, count: number): string {
  if (count === 1) return name;
  const dot = name.lastIndexOf('.'), pad = (n: number): string => String(n).padStart(5, '0');
  return `${name.slice(0, dot)}-${pad(index + 1)}-of-${pad(count)}${name.slice(dot)}`;
}

/** A shard and what lies in it. */
export interface IndexedShard {
  readonly path: string;
  readonly names: readonly string[];
}

/**
 * Text of an index as transformers writes it (`json.dumps(indent=2, sort_keys=True)` and a line feed). `totalSize` counts
 * storages, tied tensors once. `metadata` are further integers or texts.
 */
export function indexDocument(shards: readonly IndexedShard[], totalSize: number, metadata: Iterable<readonly [string, string | number]> = []): string {
  const weightMap = shards.flatMap(({ path, names }) => names.map((name) => [name, path] as const));
  const block = (pairs: readonly (readonly [string, string | number])[]): string => {
    const lines = [...pairs].sort(([a], [b]) => compareNames(a, b)).map(([key, value]) => `    ${pythonJson(key)}: ${typeof value === 'number' ? value : pythonJson(value)}`);
    return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n  }`;
  };
  return `{\n  "metadata": ${block([...metadata, ['total_size', totalSize]])},\n  "weight_map": ${block(weightMap)}\n}\n`;
}

/** A string as Python's json.dumps writes it: everything outside of ASCII, and DEL, as `\uXXXX`. */
function pythonJson(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const UNITS = new Map<string, number>([
  ['', 1], ['b', 1], ['kb', 1e3], ['mb', 1e6], ['gb', 1e9], ['tb', 1e12],
  ['kib', 2 ** 10], ['mib', 2 ** 20], ['gib', 2 ** 30], ['tib', 2 ** 40],
]);

/** A number of bytes: `5GB`, `2GiB`, `500MB`, `1e9`, `1.5gb`, `1000`. Fractions of a byte are cut off, as upstream does. */
export function parseSize(text: string | number): number {
  const match = /^\s*(\d+(?:\.\d*)?(?:e\+?\d+)?|\.\d+)\s*([a-z]*)\s*$/i.exec(String(text));
  const unit = match === null ? undefined : UNITS.get(match[2]!.toLowerCase());
  const bytes = unit === undefined ? NaN : Math.floor(Number(match![1]) * unit);
  if (!Number.isSafeInteger(bytes) || bytes <= 0) refuse(BAD_SIZE, { text: String(text) }, { found: String(text) });
  return bytes;
}
