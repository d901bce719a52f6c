/**
 * @module
 * Reads `model.safetensors.index.json` and its kind. It is walked, not parsed into a tree: half a million entries in 60 MB
 * are real (Kimi K3). Every shard name is checked before anything is opened.
 */
import { compareNames, type ByteSource } from '../bytes/index.ts';
import { JsonCursor, readJsonBytes } from '../containers/json.ts';
import { finding, refuse, type Finding, type Text } from '../findings/index.ts';
import { INDEX_BOM, INDEX_DUPLICATE, INDEX_INVALID, INDEX_METADATA_ABSENT, SHARD_NAME, TOTAL_SIZE_ABSENT } from './codes.ts';

/** What an index says. */
export interface WeightsIndex {
  /** Shards, in the order in which loaders read them: by name. */
  readonly shards: readonly string[];
  /** Tensor to position in `shards`. */
  readonly tensors: ReadonlyMap<string, number>;
  readonly totalSize?: number | bigint;
  /** Texts of its metadata: huggingface_hub notes names there that share a storage, `left out: kept`. */
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}

/** Largest index read: twice the largest known, and some more. */
export const INDEX_BYTES_MAX: number = 256 * 1024 * 1024;

/** Most shards of one index; hub.js has the same limit. */
export const SHARDS_MAX = 10_000;

/** Why a name from an index is not the plain name of a file beside it. */
export function shardNameProblem(name: string, index: string): Text | undefined {
  if (name === '') return { en: 'the name is empty', zh: '名字为空' };
  if (/[\u0000-\u001f\u007f]/.test(name)) return { en: 'the name holds control characters', zh: '名字含有控制字符' };
  if (/[\\/]/.test(name)) return { en: 'the name holds a path, which may lead anywhere', zh: '名字中含有路径，可能指向任何地方' };
  if (name === '.' || name === '..') return { en: 'it is a directory', zh: '它是目录' };
  // `C:x` and alternate data streams of Windows.
  if (name.includes(':')) return { en: 'the name holds a drive or a stream', zh: '名字中含有盘符或数据流' };
  if (name === index) return { en: 'it is the index itself', zh: '它就是索引自身' };
  return undefined;
}

/** Reads an index. Refuses what would make two readers disagree about where a tensor lies. */
export async function readWeightsIndex(source: ByteSource): Promise<WeightsIndex> {
  const index = source.label, findings: Finding[] = [];
  const cursor = new JsonCursor(await readJsonBytes(source, INDEX_BYTES_MAX), index, { python: true });
  const invalid = (problem: Text, offset = cursor.offset()): never => refuse(INDEX_INVALID, { index, offset, problem }, { path: index, offset });
  if (cursor.hadBom) findings.push(finding(INDEX_BOM, { index }, { path: index, offset: 0 }));

  const found: string[] = [], positions = new Map<string, number>(), tensors = new Map<string, number>();
  const readMap = (): void => {
    if (cursor.peek() !== 'object') invalid({ en: 'weight_map is not an object', zh: 'weight_map 不是对象' });
    cursor.enterObject();
    for (let tensor = cursor.nextKey(); tensor !== undefined; tensor = cursor.nextKey()) {
      const offset = cursor.keyOffset;
      if (cursor.peek() !== 'string') invalid({ en: `the file of tensor ${tensor} is not a text`, zh: `张量 ${tensor} 的文件名不是字符串` });
      const shard = cursor.string();
      let position = positions.get(shard);
      if (position === undefined) {
        const problem = shardNameProblem(shard, index.slice(index.lastIndexOf('/') + 1));
        if (problem !== undefined) refuse(SHARD_NAME, { index, tensor, shard, problem }, { path: index, tensor, offset, found: shard });
        position = found.length;
        positions.set(shard, position);
        if (found.push(shard) > SHARDS_MAX) invalid({ en: `more than ${SHARDS_MAX} shards are named`, zh: `列出的分片超过 ${SHARDS_MAX} 个` }, offset);
      }
      const before = tensors.get(tensor);
      if (before !== undefined && before !== position) {
        invalid({ en: `tensor ${tensor} is sent to ${found[before]} and to ${shard}`, zh: `张量 ${tensor} 同时指向 ${found[before]} 和 ${shard}` }, offset);
      }
      if (before !== undefined) findings.push(finding(INDEX_DUPLICATE, { index, tensor }, { path: index, tensor, offset }));
      tensors.set(tensor, position);
    }
  };

  const texts = new Map<string, string>();
  let totalSize: number | bigint | undefined, hasMetadata = false, hasMap = false;
  const readMetadata = (): void => {
    hasMetadata = true;
    if (cursor.peek() !== 'object') return cursor.skip();
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === 'total_size' && cursor.peek() === 'number') totalSize = cursor.number();
      else if (cursor.peek() === 'string') texts.set(key, cursor.string());
      else cursor.skip();
    }
  };

  if (cursor.peek() !== 'object') invalid({ en: 'an index is an object', zh: '索引应为对象' });
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'weight_map') {
      if (hasMap) invalid({ en: 'weight_map is given twice', zh: 'weight_map 出现两次' }, cursor.keyOffset);
      hasMap = true;
      readMap();
    } else if (key === 'metadata') readMetadata();
    else cursor.skip();
  }
  cursor.end();
  if (!hasMap) invalid({ en: 'it has no weight_map', zh: '没有 weight_map' }, 0);
  if (tensors.size === 0) invalid({ en: 'its weight_map is empty', zh: 'weight_map 为空' }, 0);
  if (!hasMetadata) findings.push(finding(INDEX_METADATA_ABSENT, { index }, { path: index }));
  else if (totalSize === undefined) findings.push(finding(TOTAL_SIZE_ABSENT, { index }, { path: index }));

  const shards = [...found].sort(compareNames), rank = new Map(shards.map((shard, i) => [shard, i]));
  const moved = found.map((shard) => rank.get(shard)!);
  if (moved.some((to, from) => to !== from)) for (const [tensor, position] of tensors) tensors.set(tensor, moved[position]!);
  return { shards, tensors, texts, findings, ...(totalSize === undefined ? {} : { totalSize }) };
}
