/**
 * @module
 * The header of a GGUF file: keys and values, tensors and their places. Every length is compared with what is left of the
 * file before anything is read or allocated.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import { refuse, type Text } from '../../findings/index.ts';
import { Notes } from '../notes.ts';
import { GGUF_HEADER, GGUF_ODD } from './codes.ts';
import { GGML_TYPES, type GgmlType } from './types.ts';

/** A value of a key: arrays keep their element type and at most ARRAY_KEPT elements. */
export type GgufValue = number | bigint | boolean | string | GgufArray;
/** An array value. */
export interface GgufArray { readonly type: number; readonly count: number; readonly items: readonly (number | bigint | boolean | string)[] }

/** A tensor as the header describes it. */
export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlType;
  /** Sides as torch has them: the fastest last. ggml writes them the other way round. */
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** The header. */
export interface GgufHeader {
  readonly version: number;
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  readonly alignment: number;
  /** First byte behind the descriptions. */
  readonly headerBytes: number;
}

/** Elements of an array that are kept: vocabularies have 150 000 and nobody asks for them here. */
const ARRAY_KEPT = 64;
/** Names are shorter in ggml (GGML_MAX_NAME, the terminator included). */
const NAME_BYTES_MAX = 63;
const DIMENSIONS_MAX = 4;
const ALIGNMENT_DEFAULT = 32;
/** First read; the header of a model with its vocabulary has some ten megabytes. */
const WINDOW_BYTES = 1024 * 1024;
/** Headers beyond this are a trap: the largest vocabularies take 20 MB. */
const HEADER_BYTES_MAX = 256 * 1024 * 1024;
/** ggml's own limit for strings and arrays (gguf.cpp). */
const LENGTH_MAX = 2 ** 30;

/** Value types by number: bytes and how to read one; strings and arrays are special. */
const VALUES: ReadonlyMap<number, readonly [bytes: number, read: (view: DataView, at: number) => number | bigint | boolean]> = /* @__PURE__ */ new Map([
  [0, [1, (v, at) => v.getUint8(at)]], [1, [1, (v, at) => v.getInt8(at)]], [2, [2, (v, at) => v.getUint16(at, true)]], [3, [2, (v, at) => v.getInt16(at, true)]],
  [4, [4, (v, at) => v.getUint32(at, true)]], [5, [4, (v, at) => v.getInt32(at, true)]], [6, [4, (v, at) => v.getFloat32(at, true)]], [7, [1, (v, at) => v.getUint8(at) !== 0]],
  [10, [8, (v, at) => v.getBigUint64(at, true)]], [11, [8, (v, at) => v.getBigInt64(at, true)]], [12, [8, (v, at) => v.getFloat64(at, true)]],
] satisfies [number, [number, (view: DataView, at: number) => number | bigint | boolean]][]);
const STRING = 8, ARRAY = 9;

/** The window ends before the header does. */
const MORE = Symbol('more');

/** Reads the header. Refuses what ggml refuses and more; oddities go to `notes`. */
export async function readHeader(source: ByteSource, notes: Notes): Promise<GgufHeader> {
  for (let window = WINDOW_BYTES; ; window *= 4) {
    const bytes = await readBytes(source, 0, Math.min(window, source.size, HEADER_BYTES_MAX));
    const attempt = new Notes(source.label);
    try {
      const header = new Parser(source, bytes, attempt).header();
      notes.take(attempt.findings);
      return header;
    } catch (signal) {
      if (signal !== MORE) throw signal;
      if (bytes.length === HEADER_BYTES_MAX) refuse(GGUF_HEADER, { file: source.label, problem: { en: 'its header is far too long', zh: '头部过长' } }, { path: source.label, offset: 0 });
    }
  }
}

class Parser {
  readonly #source: ByteSource;
  readonly #view: DataView;
  readonly #notes: Notes;
  #at = 0;

  constructor(source: ByteSource, bytes: Uint8Array<ArrayBuffer>, notes: Notes) {
    this.#source = source;
    this.#view = new DataView(bytes.buffer);
    this.#notes = notes;
  }

  #no(en: string, zh: string, offset = this.#at): never {
    const problem: Text = { en, zh };
    return refuse(GGUF_HEADER, { file: this.#source.label, problem }, { path: this.#source.label, offset });
  }
  /** Moves over `count` bytes; returns where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (!(at + count <= this.#source.size)) this.#no('its header ends outside of the file', '头部超出了文件末尾');
    if (at + count > this.#view.byteLength) throw MORE;
    this.#at += count;
    return at;
  }
  #u32(): number { return this.#view.getUint32(this.#take(4), true); }
  #u64(): number { return Number(this.#view.getBigUint64(this.#take(8), true)); }
  /** A count of things that take at least `each` bytes. */
  #count(each: number, what: Text): number {
    const at = this.#at, count = Number(this.#view.getBigInt64(this.#take(8), true));
    if (count < 0 || !(count * each <= this.#source.size - this.#at)) this.#no(`it claims ${count} ${what.en}`, `它声称有 ${count} 个${what.zh}`, at);
    return count;
  }
  #string(): string {
    const length = this.#u64();
    if (length > LENGTH_MAX) this.#no(`a string of ${length} bytes`, `有 ${length} 字节的字符串`);
    const at = this.#take(length), bytes = new Uint8Array(this.#view.buffer, at, length);
    try { return UTF8.decode(bytes); } catch {
      this.#notes.add(GGUF_ODD, { problem: { en: 'a string is not UTF-8', zh: '有字符串不是 UTF-8' } }, { offset: at });
      return LOOSE.decode(bytes);
    }
  }
  #value(type: number): number | bigint | boolean | string {
    if (type === STRING) return this.#string();
    const known = VALUES.get(type);
    if (known === undefined) this.#no(`the value type ${type} does not exist`, `值类型 ${type} 不存在`);
    return known[1](this.#view, this.#take(known[0]));
  }
  #array(): GgufArray {
    const type = this.#u32();
    if (type === ARRAY) this.#no('an array of arrays', '数组的数组');
    const known = VALUES.get(type)?.[0];
    if (known === undefined && type !== STRING) this.#no(`the value type ${type} does not exist`, `值类型 ${type} 不存在`);
    const count = this.#count(known ?? 8, { en: 'elements in an array', zh: '数组元素' });
    if (count > LENGTH_MAX) this.#no(`an array of ${count} elements`, `有 ${count} 个元素的数组`);
    const items: (number | bigint | boolean | string)[] = [];
    if (known !== undefined) {
      for (let i = 0; i < Math.min(count, ARRAY_KEPT); i++) items.push(this.#value(type));
      this.#take(known * (count - items.length));
    } else for (let i = 0; i < count; i++) { const item = this.#string(); if (i < ARRAY_KEPT) items.push(item); }
    return { type, count, items };
  }

  header(): GgufHeader {
    if (this.#u32() !== 0x46554747) this.#no('the magic number is wrong', '魔数不正确', 0);
    const version = this.#u32();
    if (version !== 0 && (version & 0xffff) === 0) this.#no('it was written on a big-endian machine', '它由大端机器写出', 4);
    if (version !== 2 && version !== 3) this.#no(`version ${version} is not read`, `不读取版本 ${version}`, 4);
    const tensorCount = this.#count(MIN_TENSOR_BYTES, { en: 'tensors', zh: '张量' }), valueCount = this.#count(MIN_VALUE_BYTES, { en: 'values', zh: '键值' });
    const values = new Map<string, GgufValue>();
    for (let i = 0; i < valueCount; i++) {
      const at = this.#at, key = this.#string();
      if (key === '') this.#no('a key is empty', '有键为空', at);
      if (values.has(key)) this.#no(`the key ${key} comes twice`, `键 ${key} 出现两次`, at);
      const type = this.#u32();
      values.set(key, type === ARRAY ? this.#array() : this.#value(type));
    }
    const alignment = values.get('general.alignment') ?? ALIGNMENT_DEFAULT;
    if (typeof alignment !== 'number' || alignment <= 0 || !Number.isInteger(Math.log2(alignment))) this.#no('its alignment is no power of two', '对齐值不是 2 的幂');
    const listed = Array.from({ length: tensorCount }, () => this.#tensor());
    if (tensorCount === 0) this.#notes.add(GGUF_ODD, { problem: { en: 'it has no tensors', zh: '它没有张量' } });
    return { version, values, alignment, headerBytes: this.#at, tensors: this.#place(listed, alignment) };
  }

  #tensor(): Omit<GgufTensor, 'offset'> & { at: number; claimed: number } {
    const at = this.#at, name = this.#string();
    if (new TextEncoder().encode(name).length > NAME_BYTES_MAX) this.#no(`the tensor name ${name} is longer than ${NAME_BYTES_MAX} bytes`, `张量名 ${name} 超过 ${NAME_BYTES_MAX} 字节`, at);
    if (name === '') this.#notes.add(GGUF_ODD, { problem: { en: 'a tensor has no name', zh: '有张量没有名字' } }, { offset: at });
    const dimensions = this.#u32();
    if (dimensions > DIMENSIONS_MAX) this.#no(`the tensor ${name} has ${dimensions} dimensions`, `张量 ${name} 有 ${dimensions} 个维度`, at);
    if (dimensions === 0) this.#notes.add(GGUF_ODD, { problem: { en: `the tensor ${name} has no dimensions`, zh: `张量 ${name} 没有维度` } }, { offset: at });
    const shape = Array.from({ length: dimensions }, () => Number(this.#view.getBigInt64(this.#take(8), true))).reverse();
    const number = this.#u32(), type = GGML_TYPES.get(number), claimed = this.#u64();
    if (type === undefined) this.#no(`the tensor ${name} has the unknown type ${number}`, `张量 ${name} 的类型 ${number} 未知`, at);
    const count = shape.reduce((product, side) => product * side, 1);
    if (shape.some((side) => side < 0 || !Number.isSafeInteger(side)) || !Number.isSafeInteger(count * type.bytes)) this.#no(`the tensor ${name} has impossible sides`, `张量 ${name} 的各边不可能存在`, at);
    if ((shape.at(-1) ?? 1) % type.elements !== 0) this.#no(`the rows of ${name} are no whole ${type.name} blocks`, `${name} 的行不是完整的 ${type.name} 块`, at);
    return { name, type, shape, bytes: (count / type.elements) * type.bytes, at, claimed };
  }

  /** Tensors lie one after another, each padded, the last one too. */
  #place(listed: readonly (Omit<GgufTensor, 'offset'> & { at: number; claimed: number })[], alignment: number): GgufTensor[] {
    const pad = (offset: number) => Math.ceil(offset / alignment) * alignment, start = listed.length === 0 ? this.#at : pad(this.#at);
    const names = new Set<string>();
    let next = 0;
    const placed = listed.map(({ at, claimed, ...tensor }): GgufTensor => {
      if (names.has(tensor.name)) this.#no(`two tensors are named ${tensor.name}`, `有两个张量名为 ${tensor.name}`, at);
      names.add(tensor.name);
      if (claimed !== next) this.#no(`the tensor ${tensor.name} is not where the one before it ends`, `张量 ${tensor.name} 不在前一个张量结束之处`, at);
      next = pad(next + tensor.bytes);
      return { ...tensor, offset: start + claimed };
    });
    const last = placed.at(-1), end = last === undefined ? start : last.offset + last.bytes;
    if (end > this.#source.size) this.#no(`its data is cut off: ${end} bytes wanted, ${this.#source.size} there`, `数据被截断：需要 ${end} 字节，只有 ${this.#source.size}`, this.#source.size);
    const whole = start + next;
    if (this.#source.size > whole) this.#notes.add(GGUF_ODD, { problem: { en: `${this.#source.size - whole} bytes follow its last tensor`, zh: `最后一个张量之后还有 ${this.#source.size - whole} 字节` } }, { offset: whole });
    return placed;
  }
}

/** Shortest description of a tensor: name length, dimension count, type, offset. */
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;
/** Shortest key with value: key length, type, one byte. */
const MIN_VALUE_BYTES = 8 + 4 + 1;
const UTF8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LOOSE = /* @__PURE__ */ new TextDecoder();
