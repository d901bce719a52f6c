/**
 * @module
 * `.metadata` of torch.distributed.checkpoint: a bare pickle of dataclasses. torch reads it with an unrestricted
 * unpickler; here it is read like every other pickle.
 */
import type { ByteSource } from '../../bytes/index.ts';
import type { Text } from '../../findings/index.ts';
import type { Notes } from '../notes.ts';
import { entriesOf, item, itemsOf } from '../torch/dict.ts';
import { dtypeOf, type TorchDType } from '../torch/dtypes.ts';
import { known } from '../torch/objects/known.ts';
import { PyCall, PyGlobal, readPickle, type PickleResult, type Value } from '../torch/pickle/index.ts';
import { DCP_METADATA } from './codes.ts';

/** A range of a data file. */
export interface DcpSlice { readonly path: string; readonly offset: number; readonly length: number }

/** A part of a tensor: a box at `offsets` of `sizes`. */
export interface DcpChunk { readonly offsets: readonly number[]; readonly sizes: readonly number[]; readonly slice: DcpSlice }

/** A tensor as the metadata describes it. */
export interface DcpTensor {
  readonly name: string;
  readonly dtype: TorchDType;
  readonly shape: readonly number[];
  readonly chunks: readonly DcpChunk[];
}

/** What the metadata says. */
export interface DcpMetadata {
  /** `1.0.0` in newer versions. */
  readonly version: string | undefined;
  readonly tensors: readonly DcpTensor[];
  /** Python objects that were saved beside the tensors. */
  readonly objects: readonly { readonly name: string; readonly slice: DcpSlice }[];
  /** Keys that lead to every name in the state that was saved. */
  readonly paths: ReadonlyMap<string, readonly (string | number)[]>;
  readonly pickle: PickleResult;
}

const MODULE = 'torch.distributed.checkpoint.metadata';
const isA = (value: Value | undefined, name: string): value is PyCall => value instanceof PyCall && value.path === `${MODULE}.${name}`;

/** Sides of a torch.Size, tuple or list of non-negative integers that a number holds; undefined otherwise. */
function sides(value: Value | undefined): number[] | undefined {
  const object = value instanceof PyCall ? known(value, () => undefined) : undefined;
  const items = itemsOf(value) ?? (object?.is === 'size' ? object.dims : undefined);
  return items?.every((side) => typeof side === 'number' && side >= 0) ? items as number[] : undefined;
}

/** Names that stay in the directory: no separator of any system, no drive, not the metadata itself. */
export const isDataFileName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && name !== '.metadata' && !/[/\\:\0]/.test(name);

/** Reads `.metadata`. Problems go to `notes`; undefined when nothing can be made of it. */
export async function readDcpMetadata(source: ByteSource, notes: Notes): Promise<DcpMetadata | undefined> {
  const bad = (problem: Text, offset = 0) => notes.add(DCP_METADATA, { problem }, { offset });
  const pickle = await readPickle(source, 0, notes);
  if (pickle.value === undefined) return undefined;
  if (pickle.end < source.size) bad({ en: `${source.size - pickle.end} bytes follow it`, zh: `之后还有 ${source.size - pickle.end} 字节` }, pickle.end);
  const root = pickle.value;
  if (!isA(root, 'Metadata')) {
    bad({ en: 'it holds something else', zh: '其中是别的东西' });
    return undefined;
  }
  const places = readPlaces(item(root.state, 'storage_data'), bad);
  const tensors: DcpTensor[] = [], objects: { name: string; slice: DcpSlice }[] = [];
  for (const [name, described] of entriesOf(item(root.state, 'state_dict_metadata')) ?? []) {
    if (typeof name !== 'string') { bad({ en: 'a name is no string', zh: '有名字不是字符串' }); continue; }
    const say = (en: string, zh: string) => bad({ en: `${name}: ${en}`, zh: `${name}：${zh}` }, described instanceof PyCall ? described.offset : 0);
    if (isA(described, 'BytesStorageMetadata')) {
      const slice = places.get(placeKey(name, undefined));
      if (slice === undefined) say('it lies nowhere', '没有存放位置');
      else objects.push({ name, slice });
    } else if (isA(described, 'TensorStorageMetadata')) {
      const tensor = readTensor(name, described, places, say);
      if (tensor !== undefined) tensors.push(tensor);
    } else say('it is neither a tensor nor an object', '它既不是张量也不是对象');
  }
  return { version: textOf(item(root.state, 'version')), tensors, objects, paths: readPaths(item(root.state, 'planner_data'), bad), pickle };
}

const textOf = (value: Value | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const placeKey = (name: string, offset: readonly number[] | undefined): string => `${name}\n${offset?.join() ?? '-'}`;

/** `storage_data`: where every part lies, by name and offset. */
function readPlaces(value: Value | undefined, bad: (problem: Text, offset?: number) => void): Map<string, DcpSlice> {
  const places = new Map<string, DcpSlice>();
  for (const [index, info] of entriesOf(value) ?? []) {
    const at = info instanceof PyCall ? info.offset : 0;
    const name = isA(index, 'MetadataIndex') ? textOf(item(index.state, 'fqn')) : undefined;
    const offset = isA(index, 'MetadataIndex') ? item(index.state, 'offset') : undefined;
    const path = info instanceof PyCall ? textOf(item(info.state, 'relative_path')) : undefined;
    const start = info instanceof PyCall ? item(info.state, 'offset') : undefined, length = info instanceof PyCall ? item(info.state, 'length') : undefined;
    const box = offset === null || offset === undefined ? undefined : sides(offset);
    if (name === undefined || path === undefined || typeof start !== 'number' || typeof length !== 'number' || start < 0 || length < 0
      || (offset !== null && offset !== undefined && box === undefined)) {
      bad({ en: 'a place cannot be read', zh: '有存放位置无法读取' }, at);
      continue;
    }
    if (!isDataFileName(path)) { bad({ en: `${path} is no name of a data file`, zh: `${path} 不是数据文件的名字` }, at); continue; }
    const extensions = info instanceof PyCall ? item(info.state, 'transform_descriptors') : undefined;
    if (extensions !== undefined && extensions !== null && (itemsOf(extensions)?.length ?? 1) > 0) bad({ en: `${name} is stored transformed (compressed or encrypted)`, zh: `${name} 以变换后的形式存储（压缩或加密）` }, at);
    places.set(placeKey(name, box), { path, offset: start, length });
  }
  return places;
}

function readTensor(name: string, described: PyCall, places: ReadonlyMap<string, DcpSlice>, say: (en: string, zh: string) => void): DcpTensor | undefined {
  const properties = item(described.state, 'properties'), shape = sides(item(described.state, 'size'));
  const state = properties instanceof PyCall ? properties.state : undefined, type = itemsOf(state)?.[0] ?? item(state, 'dtype');
  const dtype = type instanceof PyGlobal ? dtypeOf(type.path) : undefined;
  if (dtype === undefined) { say('its dtype is unknown', '其 dtype 未知'); return undefined; }
  if (shape === undefined || !Number.isSafeInteger(shape.reduce((product, side) => product * side, dtype.bytes))) { say('its size is impossible', '其大小不可能存在'); return undefined; }
  const chunks: DcpChunk[] = [];
  for (const chunk of itemsOf(item(described.state, 'chunks')) ?? []) {
    const box = isA(chunk, 'ChunkStorageMetadata') ? chunk : undefined, offsets = sides(item(box?.state, 'offsets')), sizes = sides(item(box?.state, 'sizes'));
    if (offsets?.length !== shape.length || sizes?.length !== shape.length) { say('a part has an impossible place', '有部分的位置不可能存在'); return undefined; }
    const slice = places.get(placeKey(name, offsets));
    if (slice === undefined) { say(`its part at [${offsets.join(', ')}] lies nowhere`, `位于 [${offsets.join(', ')}] 的部分没有存放位置`); return undefined; }
    chunks.push({ offsets, sizes, slice });
  }
  return { name, dtype, shape, chunks };
}

/** `planner_data`: keys by name. A name that is a leaf and a branch at once cannot be put back together. */
function readPaths(value: Value | undefined, bad: (problem: Text, offset?: number) => void): Map<string, readonly (string | number)[]> {
  const paths = new Map<string, readonly (string | number)[]>(), leaves = new Set<string>();
  for (const [name, path] of entriesOf(value) ?? []) {
    const parts = itemsOf(path);
    if (typeof name !== 'string' || !parts?.every((part) => typeof part === 'string' || typeof part === 'number')) { bad({ en: 'a path of keys cannot be read', zh: '有键路径无法读取' }); continue; }
    paths.set(name, parts);
    leaves.add(JSON.stringify(parts));
  }
  for (const [name, parts] of paths) {
    for (let length = 1; length < parts.length; length++) {
      if (leaves.has(JSON.stringify(parts.slice(0, length)))) { bad({ en: `the keys of ${name} run through a value`, zh: `${name} 的键路径穿过了一个值` }); break; }
    }
  }
  return paths;
}
