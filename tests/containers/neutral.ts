/**
 * The neutral JSON of the container fixtures (fixtures/containers/README.md): an object graph written out, so that it can
 * be compared with what Python saw.
 */
import crypto from 'node:crypto';
import { entriesOf, itemsOf } from '../../src/containers/torch/dict.ts';
import { dtypeOf } from '../../src/containers/torch/dtypes.ts';
import type { NumpyDType } from '../../src/containers/torch/objects/known.ts';
import { PyBytes, PyCall, PyFloat, PyGlobal, PyList, PyPersistent, PySet, PyTuple, type Value } from '../../src/containers/torch/pickle/index.ts';
import { innerCall, isTensor, type Objects } from '../../src/containers/torch/rebuild.ts';
import { partOf, type Part } from '../../src/containers/torch/walk.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Shorter bytes are printed in hex. */
const HEX_MAX = 64;

const floatJson = (value: number): Json => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return { $: 'float', hex: Buffer.from(view.buffer).toString('hex') };
};

const bytesJson = (kind: string, data: Uint8Array): Json => ({
  $: kind, len: data.length, sha256: crypto.createHash('sha256').update(data).digest('hex'),
  ...(data.length <= HEX_MAX ? { hex: Buffer.from(data).toString('hex') } : {}),
});

export class Neutral {
  readonly #ids: ReadonlyMap<PyCall, number>;
  readonly #objects: Objects;
  #open: { value: Value; path: Part[] }[] = [];

  constructor(objects: Objects, ids: ReadonlyMap<PyCall, number>) {
    this.#objects = objects;
    this.#ids = ids;
  }

  #dtype({ descr, code, state }: NumpyDType): Json {
    return { $: 'npdtype', descr, ...(descr === null ? { code, state: this.of(state ?? null, []) } : {}) };
  }

  of(value: Value, path: Part[]): Json {
    const above = this.#open.find((one) => one.value === value && typeof value === 'object' && value !== null);
    if (above !== undefined) return { $: 'cycle', path: above.path };
    this.#open.push({ value, path });
    try { return this.#plain(value, path); } finally { this.#open.pop(); }
  }

  #plain(value: Value, path: Part[]): Json {
    const many = (items: readonly Value[], ...labels: Part[]) => items.map((item, i) => this.of(item, [...path, ...labels, i]));
    const pairs = (of: Value) => entriesOf(of)!.map(([key, inner]) => [this.of(key, []), this.of(inner, [...path, partOf(key)])]);
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') return Math.abs(value) < 2 ** 53 ? value : { $: 'int', dec: String(value) };
    if (typeof value === 'bigint') return { $: 'int', dec: String(value) };
    if (value instanceof PyFloat) return floatJson(value.value);
    if (value instanceof PyBytes) return bytesJson(value.mutable ? 'bytearray' : 'bytes', value.data!);
    if (value instanceof PyList) return many(value.items);
    if (value instanceof PyTuple) return { $: 'tuple', items: many(value.items) };
    if (value instanceof PySet) return { $: value.frozen ? 'frozenset' : 'set', items: many(value.items) };
    if (value instanceof PyGlobal) {
      const dtype = dtypeOf(value.path);
      return dtype === undefined ? { $: 'global', name: value.path } : { $: 'dtype', name: dtype.name };
    }
    if (value instanceof PyPersistent) {
      const parts = itemsOf(value.id)!;
      if (parts[0] === 'module') return { $: 'module-source', class: this.of(parts[1]!, []), source_bytes: Buffer.byteLength(parts[3] as string) };
      const storage = this.#objects.storages.resolve(value)!;
      return { $: 'storage', key: storage.key, type: storage.class.name, location: storage.location, numel: storage.numel };
    }
    if (isTensor(value)) return { $: 'tensor', id: this.#ids.get(value)! };
    if (!(value instanceof PyCall)) return { $: 'dict', items: pairs(value) };
    return this.#call(value, path, many, pairs);
  }

  #call(value: PyCall, path: Part[], many: (items: readonly Value[], ...labels: Part[]) => Json[], pairs: (of: Value) => Json[]): Json {
    const known = this.#objects.known(value);
    switch (known?.is) {
      case 'bytes': case 'bytearray': return bytesJson(known.is, known.data);
      case 'set': case 'frozenset': return { $: known.is, items: many(known.items) };
      case 'list': return many(known.items);
      case 'complex': return { $: 'complex', re: this.of(known.re, []), im: this.of(known.im, []) };
      case 'range': case 'slice': return { $: known.is, args: many(known.args) };
      case 'odict': case 'counter': return { $: known.is, items: pairs(value), ...(value.state === undefined ? {} : { attrs: this.of(value.state, [...path, '@attrs']) }) };
      case 'defaultdict': return { $: 'defaultdict', factory: this.of(known.factory, []), items: pairs(value) };
      case 'deque': return { $: 'deque', items: many(known.items), maxlen: this.of(known.maxlen, []) };
      case 'datetime': return { $: 'datetime', value: known.value, ...(known.tz === undefined ? {} : { tz: this.of(known.tz, []) }) };
      case 'date': return { $: 'date', value: known.value };
      case 'timedelta': return { $: 'timedelta', days_seconds_us: many(known.parts) };
      case 'path': return { $: 'path', class: known.class, parts: many(known.parts) };
      case 'size': return { $: 'size', dims: many(known.dims) };
      case 'device': return { $: 'device', type: known.type, index: known.index };
      case 'layout': return { $: 'layout', name: known.name };
      case 'npdtype': return this.#dtype(known);
      case 'npscalar': {
        const data = this.#bytes(known.value);
        if (known.dtype.descr === null || data === undefined) return { $: 'npscalar', dtype: this.#dtype(known.dtype), value: this.of(known.value, []) };
        return { $: 'npscalar', dtype: known.dtype.descr, hex: Buffer.from(data).toString('hex') };
      }
      case 'ndarray': {
        const { dtype, fortran, data } = known, raw = this.#bytes(data), shape = many(itemsOf(known.shape)!);
        const head = { $: 'ndarray', dtype: dtype.descr ?? this.#dtype(dtype), shape, fortran };
        if (raw === undefined || dtype.descr === null) return { ...head, items: this.of(data, path) };
        return { ...head, len: raw.length, raw_sha256: crypto.createHash('sha256').update(raw).digest('hex'), ...(raw.length <= HEX_MAX ? { hex: Buffer.from(raw).toString('hex') } : {}) };
      }
      case undefined: break;
    }
    const more = value.more ?? {}, call = innerCall(value);
    return {
      $: call.kind, fn: call.path ?? this.of(call.fn, path), args: many(call.arguments, '@args'),
      ...(value.kwargs === undefined ? {} : { kwargs: this.of(value.kwargs, []) }),
      ...(more.items === undefined ? {} : { items: many(more.items, '@items') }),
      ...(more.pairs === undefined ? {} : { pairs: pairs(more.pairs) }),
      ...(more.states === undefined ? {} : { state: this.of(more.states.at(-1)!, [...path, '@state']) }),
    };
  }

  #bytes(value: Value): Uint8Array | undefined {
    if (value instanceof PyBytes) return value.data;
    const known = this.#objects.known(value);
    return known?.is === 'bytes' || known?.is === 'bytearray' ? known.data : undefined;
  }
}

/** What the fixtures print and what says nothing new: the order of sets, and how Python spells a float. */
export function normalise(json: Json): Json {
  if (Array.isArray(json)) return json.map(normalise);
  if (typeof json !== 'object' || json === null) return json;
  const out: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(json)) if (!(json.$ === 'float' && key === 'repr')) out[key] = normalise(value);
  if (json.$ === 'set' || json.$ === 'frozenset') out.items = (out.items as Json[]).map((item) => JSON.stringify(item)).sort();
  return out;
}
