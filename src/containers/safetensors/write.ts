/**
 * @module
 * Lays out a safetensors file as the official writer does: tensors by dtype, largest alignment first, then by name in
 * UTF-8 order; compact JSON; spaces up to a multiple of 8. Only the layout is made here; who asks for it moves the bytes.
 */
import { compareNames } from '../../bytes/index.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { bitsOf, byteCount, elementCount, SAFETENSORS_ORDER, type DType } from '../../tensors/index.ts';
import { SAFETENSORS_CANNOT_WRITE, SAFETENSORS_HEADER_TOO_LARGE } from './codes.ts';
import { METADATA_KEY } from './header.ts';
import { HEADER_BYTES_MAX, LENGTH_BYTES } from './read.ts';

/** What the layout needs to know of a tensor. */
export interface TensorToWrite {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Where everything goes. */
export interface SafetensorsLayout {
  /** Length, JSON and padding: the first `dataStart` bytes of the file. */
  readonly header: Uint8Array;
  readonly dataStart: number;
  /** Indices of the tensors given, in the order in which they lie in the file. */
  readonly order: readonly number[];
  /** Per tensor given: its first byte, counted from `dataStart`. */
  readonly offsets: readonly number[];
  readonly fileBytes: number;
}

/** Metadata as pairs: a Map, or `Object.entries` of a record. */
export type Metadata = Iterable<readonly [string, string]>;

/** Data and header length are multiples of it, so that every tensor is aligned to its own element size. */
const ALIGNMENT = 8;

/** Half of a surrogate pair: no Unicode text, hence no UTF-8. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Lays out `tensors` with `metadata`. Keys of the metadata are sorted (the official writer leaves their order to a hash).
 * Without metadata there is no `__metadata__`, as upstream.
 */
export function layoutSafetensors(tensors: readonly TensorToWrite[], metadata: Metadata = []): SafetensorsLayout {
  const names = new Set<string>();
  for (const { name, dtype, shape } of tensors) {
    const cannot = (en: string, zh: string): never => refuse(SAFETENSORS_CANNOT_WRITE, { tensor: name, reason: { en, zh } satisfies Text }, { tensor: name });
    if (name === METADATA_KEY) cannot('the format keeps this name for itself', '该名字是格式的保留名');
    if (LONE_SURROGATE.test(name)) cannot('its name is not valid Unicode', '名字不是有效的 Unicode');
    if (names.has(name)) cannot('the name is there twice', '该名字出现两次');
    if (SAFETENSORS_ORDER.get(dtype)! < 0) cannot(`the format has no dtype ${dtype}`, `该格式没有 dtype ${dtype}`);
    if (elementCount(shape) * bitsOf(dtype) % 8 !== 0) cannot(`${dtype} [${shape}] does not fill whole bytes`, `${dtype} [${shape}] 没有填满整个字节`);
    names.add(name);
  }
  const rank = tensors.map(({ dtype }) => SAFETENSORS_ORDER.get(dtype)!);
  const order = tensors.map((_, i) => i).sort((a, b) => rank[b]! - rank[a]! || compareNames(tensors[a]!.name, tensors[b]!.name));
  const offsets: number[] = new Array<number>(tensors.length).fill(0), members: string[] = [];
  const pairs = sortedPairs(metadata);
  if (pairs.length > 0) members.push(`"${METADATA_KEY}":{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`);
  let end = 0;
  for (const i of order) {
    const { name, dtype, shape } = tensors[i]!, begin = end;
    offsets[i] = begin;
    end += byteCount(dtype, shape);
    members.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`);
  }
  const header = encodeHeader(`{${members.join(',')}}`);
  return { header, dataStart: header.length, order, offsets, fileBytes: header.length + end };
}

function sortedPairs(metadata: Metadata): readonly (readonly [string, string])[] {
  const pairs = [...metadata];
  for (const text of pairs.flat()) {
    if (LONE_SURROGATE.test(text)) refuse(SAFETENSORS_CANNOT_WRITE, { tensor: METADATA_KEY, reason: { en: 'its metadata is not valid Unicode', zh: '元数据不是有效的 Unicode' } });
  }
  return pairs.sort(([a], [b]) => compareNames(a, b));
}

/** `JSON.stringify` escapes exactly what serde_json does, lone surrogates aside, and those were refused. */
function encodeHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json), length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  if (length > HEADER_BYTES_MAX) refuse(SAFETENSORS_HEADER_TOO_LARGE, { file: 'OUT', length, limit: HEADER_BYTES_MAX }, { found: length, expected: HEADER_BYTES_MAX });
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, LENGTH_BYTES);
  return header;
}
