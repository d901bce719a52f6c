/**
 * @module
 * Pickles as CPython's own C pickler writes them with protocol 2, which is what `torch.save` uses: which opcode for which
 * number, what goes into the memo, how items are batched. Byte for byte, so that files can be compared.
 */
import { OP } from '../pickle/index.ts';

/** Items in one SETITEMS (Modules/_pickle.c, BATCHSIZE). */
const BATCH = 1000;
const I32_MIN = -(2 ** 31), I32_MAX = 2 ** 31 - 1;

/** Writes one pickle. Values are written in the order of the calls; objects that may come again are told apart by a key. */
export class Pickler {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  readonly #memo = new Map<unknown, number>();
  #count = 0;

  constructor() {
    this.#put(OP.PROTO, 2);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
  #put(...bytes: readonly number[]): void {
    this.#room(bytes.length);
    for (const byte of bytes) this.#bytes[this.#length++] = byte;
  }
  #text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
  #u32(value: number): void { this.#put(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24); }

  /** Remembers the object just written; `key` lets it be referred to. */
  memoize(key?: unknown): void {
    const index = this.#count++;
    if (key !== undefined) this.#memo.set(key, index);
    if (index < 256) this.#put(OP.BINPUT, index);
    else {
      this.#put(OP.LONG_BINPUT);
      this.#u32(index);
    }
  }

  /** Writes a reference to an object that was written before; false when there is none. */
  #known(key: unknown): boolean {
    const index = key === undefined ? undefined : this.#memo.get(key);
    if (index === undefined) return false;
    if (index < 256) this.#put(OP.BINGET, index);
    else {
      this.#put(OP.LONG_BINGET);
      this.#u32(index);
    }
    return true;
  }

  /** Writes an object that may come again: `write` the first time, a reference later. */
  once(key: unknown, write: () => void): void {
    if (this.#known(key)) return;
    write();
    this.memoize(key);
  }

  /** A string; the same `key` means the same object. */
  string(text: string, key?: unknown): void {
    this.once(key, () => {
      const length = new TextEncoder().encode(text).length;
      this.#put(OP.BINUNICODE);
      this.#u32(length);
      this.#text(text);
    });
  }

  /** An integer. */
  int(value: number | bigint): void {
    if (typeof value === 'bigint') this.#long(value);
    else if (value >= 0 && value <= 0xff) this.#put(OP.BININT1, value);
    else if (value >= 0 && value <= 0xffff) this.#put(OP.BININT2, value & 0xff, value >> 8);
    else if (value >= I32_MIN && value <= I32_MAX) {
      this.#put(OP.BININT);
      this.#u32(value);
    } else this.#long(BigInt(value));
  }
  /** The shortest two's complement, as int.to_bytes writes it. */
  #long(value: bigint): void {
    const bytes: number[] = [];
    let left = value;
    do {
      bytes.push(Number(left & 0xffn));
      left >>= 8n;
    } while (!((left === 0n && bytes.at(-1)! < 0x80) || (left === -1n && bytes.at(-1)! >= 0x80)));
    this.#put(OP.LONG1, bytes.length, ...bytes);
  }

  /** A bool. */
  bool(value: boolean): void { this.#put(value ? OP.NEWTRUE : OP.NEWFALSE); }

  /** A class or function. */
  global(module: string, name: string): void {
    this.once(`${module}\n${name}`, () => {
      this.#put(OP.GLOBAL);
      this.#text(`${module}\n${name}\n`);
    });
  }

  /** A tuple of as many values as there are writers. */
  tuple(items: readonly (() => void)[]): void {
    if (items.length === 0) return this.#put(OP.EMPTY_TUPLE);
    if (items.length > 3) this.#put(OP.MARK);
    for (const item of items) item();
    this.#put([OP.TUPLE1, OP.TUPLE2, OP.TUPLE3][items.length - 1] ?? OP.TUPLE);
    return this.memoize();
  }

  /** A call; `key` lets its result be referred to. */
  reduce(module: string, name: string, args: readonly (() => void)[], key?: unknown): void {
    this.once(key, () => {
      this.global(module, name);
      this.tuple(args);
      this.#put(OP.REDUCE);
    });
  }

  /** Nothing. */
  none(): void { this.#put(OP.NONE); }

  /** A list of `count` items. */
  list(count: number, item: (i: number) => void): void {
    this.#put(OP.EMPTY_LIST);
    this.memoize();
    for (let at = 0; at < count; at += BATCH) {
      const to = Math.min(at + BATCH, count);
      if (to - at === 1) { item(at); this.#put(OP.APPEND); continue; }
      this.#put(OP.MARK);
      for (let i = at; i < to; i++) item(i);
      this.#put(OP.APPENDS);
    }
  }

  /** A persistent id that is a tuple. */
  persistent(items: readonly (() => void)[]): void {
    this.tuple(items);
    this.#put(OP.BINPERSID);
  }

  /** A dict of `count` items, each written by `item(i)` as key and value. */
  dict(count: number, item: (i: number) => void): void {
    this.#put(OP.EMPTY_DICT);
    this.memoize();
    if (count === 1) return this.#one(item, 0);
    // A plain dict asks for more after every full batch, and closes one with nothing in it.
    for (let at = 0; at < count || (at === count && count > 0 && count % BATCH === 0); at += BATCH) this.#batch(item, at, Math.min(at + BATCH, count));
  }

  /** An OrderedDict; `attributes` writes its `__dict__` where it has one. */
  orderedDict(count: number, item: (i: number) => void, attributes?: () => void): void {
    this.reduce('collections', 'OrderedDict', []);
    for (let at = 0; at < count; at += BATCH) {
      if (at + 1 === count) this.#one(item, at);
      else this.#batch(item, at, Math.min(at + BATCH, count));
    }
    if (attributes === undefined) return;
    attributes();
    this.#put(OP.BUILD);
  }
  #one(item: (i: number) => void, i: number): void {
    item(i);
    this.#put(OP.SETITEM);
  }
  #batch(item: (i: number) => void, from: number, to: number): void {
    this.#put(OP.MARK);
    for (let i = from; i < to; i++) item(i);
    this.#put(OP.SETITEMS);
  }

  /** The pickle. */
  finish(): Uint8Array {
    this.#put(OP.STOP);
    return this.#bytes.slice(0, this.#length);
  }
}
