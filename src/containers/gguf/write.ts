/**
 * @module
 * Lays out a GGUF file: keys and values, descriptions of the tensors, and their places. Only the layout is made here; who
 * asks for it moves the bytes. Gaps are zeros.
 */
import { byteCount, type DType, type Shape } from '../../tensors/index.ts';
import { GGML_TYPES } from './types.ts';

/** What the layout needs to know of a tensor. */
export interface GgufToWrite { readonly name: string; readonly dtype: DType; readonly shape: Shape }

/** Where everything goes. */
export interface GgufLayout {
  readonly header: Uint8Array;
  /** First byte of every tensor. */
  readonly offsets: readonly number[];
  readonly fileBytes: number;
}

const ALIGNMENT = 32, VERSION = 3;
/** Value types of the format. */
const UINT32 = 4, FLOAT32 = 6, STRING = 8, ARRAY = 9;

/** Types of the keys that are no text; metadata of a plan is text throughout. Lists are separated by line feeds. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ['adapter.lora.alpha', FLOAT32], ['general.quantization_version', UINT32], ['general.base_model.count', UINT32], ['general.file_type', UINT32], ['general.tags', ARRAY],
]);

/** Numbers of the types whose elements stand alone. */
const NUMBERS: ReadonlyMap<DType, number> = new Map([...GGML_TYPES].flatMap(([number, { dtype }]) => (dtype === undefined ? [] : [[dtype, number] as const])));

/** Whether the format can store a dtype. */
export const ggufStores = (dtype: DType): boolean => NUMBERS.has(dtype);

const aligned = (at: number): number => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

/** Little-endian bytes one after another. */
class Bytes {
  #buffer = new Uint8Array(4096);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;
  #room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#buffer);
      this.#buffer = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
  u32(value: number): this { const at = this.#room(4); this.#view.setUint32(at, value, true); return this; }
  u64(value: number): this { const at = this.#room(8); this.#view.setBigUint64(at, BigInt(value), true); return this; }
  f32(value: number): this { const at = this.#room(4); this.#view.setFloat32(at, value, true); return this; }
  raw(bytes: Uint8Array): this { const at = this.#room(bytes.length); this.#buffer.set(bytes, at); return this; }
  text(value: string): this { const bytes = new TextEncoder().encode(value); return this.u64(bytes.length).raw(bytes); }
  get bytes(): Uint8Array { return this.#buffer.slice(0, this.#length); }
}

/** Lays out `tensors` in their order, with `metadata` in its order. */
export function layoutGguf(tensors: readonly GgufToWrite[], metadata: Iterable<readonly [string, string]>): GgufLayout {
  const pairs = [...metadata], head = new Bytes().u32(0x46554747).u32(VERSION).u64(tensors.length).u64(pairs.length);
  for (const [key, value] of pairs) {
    const type = TYPES.get(key) ?? STRING;
    head.text(key).u32(type);
    switch (type) {
      case FLOAT32: head.f32(Number(value)); break;
      case UINT32: head.u32(Number(value)); break;
      case ARRAY: { const items = value.split('\n'); head.u32(STRING).u64(items.length); for (const item of items) head.text(item); break; }
      default: head.text(value);
    }
  }
  const places: number[] = [];
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    head.text(name).u32(shape.length);
    // The fastest side first.
    for (const side of shape.toReversed()) head.u64(side);
    head.u32(NUMBERS.get(dtype)!).u64(end);
    places.push(end);
    end = aligned(end + byteCount(dtype, shape));
  }
  const header = head.bytes, start = tensors.length > 0 ? aligned(header.length) : header.length;
  return { header, offsets: places.map((place) => start + place), fileBytes: start + end };
}
