/**
 * @module
 * JSON as values: Maps instead of objects, exact integers, nothing lost in silence. For configurations and other files
 * of moderate size; headers and indexes walk a `JsonCursor` instead.
 */
import { readBytes, type ByteSource } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { JSON_DUPLICATE_KEY, JSON_TOO_LARGE } from './codes.ts';
import { JsonCursor, type JsonOptions } from './json-cursor.ts';

export * from './json-cursor.ts';

/** A JSON value. Integers beyond 2^53 are bigints; objects are Maps, for `__proto__` is a legal key. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | Map<string, JsonValue>;

/** A document, with what a plain value cannot tell. */
export interface JsonDocument {
  readonly value: JsonValue;
  /** Whether a byte order mark came first. */
  readonly hadBom: boolean;
  /** Keys that were written more than once in one object, where the later one stands. */
  readonly duplicates: readonly { readonly key: string; readonly offset: number }[];
  /** Offsets of `NaN`, `Infinity` and numbers that overflow. */
  readonly nonFinite: readonly number[];
  /** Offset of the value of a member or an item of an object or array of this document. */
  offsetOf(container: Map<string, JsonValue> | JsonValue[], key: string | number): number | undefined;
}

/** Parses and reports. With `python`, of a key that repeats the last value counts; without it, it is refused. */
export function parseJsonDocument(bytes: Uint8Array, label: string, options: JsonOptions = {}): JsonDocument {
  const cursor = new JsonCursor(bytes, label, options);
  const duplicates: { key: string; offset: number }[] = [], nonFinite: number[] = [];
  const offsets = new WeakMap<object, Map<string | number, number>>();

  const read = (): JsonValue => {
    switch (cursor.peek()) {
      case 'object': {
        const members = new Map<string, JsonValue>(), places = new Map<string | number, number>();
        offsets.set(members, places);
        cursor.enterObject();
        for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
          const at = cursor.keyOffset;
          if (members.has(key)) {
            if (!options.python) refuse(JSON_DUPLICATE_KEY, { file: label, key, offset: at }, { path: label, offset: at });
            duplicates.push({ key, offset: at });
          }
          places.set(key, cursor.offset());
          members.set(key, read());
        }
        return members;
      }
      case 'array': {
        const items: JsonValue[] = [], places = new Map<string | number, number>();
        offsets.set(items, places);
        cursor.enterArray();
        while (cursor.nextItem()) {
          places.set(items.length, cursor.offset());
          items.push(read());
        }
        return items;
      }
      case 'string': return cursor.string();
      case 'number': {
        const at = cursor.offset(), value = cursor.number();
        if (cursor.wasNonFinite) nonFinite.push(at);
        return value;
      }
      case 'boolean': return cursor.boolean();
      case 'null': return cursor.null();
    }
  };

  const value = read();
  cursor.end();
  return { value, hadBom: cursor.hadBom, duplicates, nonFinite, offsetOf: (container, key) => offsets.get(container)?.get(key) };
}

/** Parses bytes into a value, or refuses with the offset of what is wrong. */
export function parseJson(bytes: Uint8Array, label: string, options: JsonOptions = {}): JsonValue {
  return parseJsonDocument(bytes, label, options).value;
}

/**
 * Largest file read as JSON values. The largest tokenizer.json known (Gemma 3) has 33 MB; a tree costs about ten times
 * its text.
 */
export const JSON_BYTES_MAX: number = 64 * 1024 * 1024;

/** Reads a whole source as one JSON document. */
export async function readJson(source: ByteSource, options: JsonOptions = {}): Promise<JsonDocument> {
  return parseJsonDocument(await readJsonBytes(source, JSON_BYTES_MAX), source.label, options);
}

/** All bytes of a source that should be JSON, unless there are more than `limit`. */
export async function readJsonBytes(source: ByteSource, limit: number): Promise<Uint8Array> {
  if (source.size > limit) refuse(JSON_TOO_LARGE, { file: source.label, bytes: source.size, limit }, { path: source.label, found: source.size, expected: limit });
  return readBytes(source, 0, source.size);
}
