/**
 * @module
 * Storages of a torch zip: the records `data/<key>`.
 */
import type { ByteSource } from '../../bytes/index.ts';
import type { Notes } from '../notes.ts';
import type { ZipRecord } from '../zip/index.ts';
import { TORCH_STORAGE, TORCH_STORAGE_DEFLATED } from './codes.ts';
import { readPersistentId, sameClaim, type Storage, type StorageTable } from './storages.ts';
import type { PyPersistent } from './pickle/index.ts';
import { viewOf, type Swapped, type Unpacked } from './view.ts';

/** The storages of one archive. */
export class ZipStorages implements StorageTable {
  readonly #source: ByteSource;
  readonly #records: ReadonlyMap<string, ZipRecord>;
  readonly #root: string;
  readonly #big: boolean;
  readonly #notes: Notes;
  readonly #byId = new Map<PyPersistent, Storage | undefined>();
  readonly #byKey = new Map<string, Storage>();
  readonly #swaps = new Map<Storage, Swapped>();
  readonly #unpacked: Unpacked[] = [];

  /** `records` by name; `root` is the top directory; `big` says that the machine was big-endian. */
  constructor(source: ByteSource, records: ReadonlyMap<string, ZipRecord>, root: string, big: boolean, notes: Notes) {
    this.#source = source;
    this.#records = records;
    this.#root = root;
    this.#big = big;
    this.#notes = notes;
  }

  get storages(): readonly Storage[] { return [...this.#byKey.values()]; }

  resolve(id: PyPersistent): Storage | undefined {
    if (this.#byId.has(id)) return this.#byId.get(id);
    const storage = this.#find(id);
    this.#byId.set(id, storage);
    return storage;
  }

  #find(id: PyPersistent): Storage | undefined {
    const read = readPersistentId(id, false, this.#notes);
    if (read.is !== 'storage') return undefined;
    const { claim } = read, { key } = claim, known = this.#byKey.get(key);
    const no = (en: string, zh: string) => this.#notes.add(TORCH_STORAGE, { key, problem: { en, zh } }, { offset: id.offset });
    if (known !== undefined) {
      if (sameClaim(known, claim)) return known;
      no('is claimed to be of two types or sizes', '被声称为两种类型或大小');
      return undefined;
    }
    const storage = claim.location === 'meta' ? { ...claim, offset: 0 } : this.#locate(claim, no);
    if (storage !== undefined) this.#byKey.set(key, storage);
    return storage;
  }

  #locate(claim: Omit<Storage, 'offset'>, no: (en: string, zh: string) => void): Storage | undefined {
    const record = this.#records.get(`${this.#root}/data/${claim.key}`);
    if (record === undefined || record.dataOffset < 0) {
      no('has no record in the archive', '在归档中没有记录');
      return undefined;
    }
    if (record.size !== claim.bytes) {
      no(`has ${record.size} bytes, not ${claim.bytes}`, `有 ${record.size} 字节，而不是 ${claim.bytes} 字节`);
      return undefined;
    }
    let offset = record.dataOffset;
    if (record.method !== 0) {
      const before = this.#unpacked.at(-1);
      offset = before === undefined ? this.#source.size : before.at + before.size;
      if (!Number.isSafeInteger(offset + record.size)) return undefined;
      this.#unpacked.push({ name: record.name, dataOffset: record.dataOffset, packedBytes: record.packedBytes, size: record.size, at: offset });
    }
    const storage = { ...claim, offset };
    if (this.#big && !claim.class.untyped) this.readAs(storage, claim.class.dtype.unit);
    return storage;
  }

  readAs(storage: Storage, unit: number): boolean {
    if (!this.#big) return true;
    const known = this.#swaps.get(storage);
    if (known === undefined) this.#swaps.set(storage, { offset: storage.offset, length: storage.bytes, unit });
    return known === undefined || known.unit === unit;
  }

  /** What expressions have to read instead of the file, if anything. Notes compressed storages. */
  view(): ByteSource | undefined {
    const first = this.#unpacked[0];
    if (first !== undefined) this.#notes.add(TORCH_STORAGE_DEFLATED, { count: this.#unpacked.length, key: first.name });
    const swaps = [...this.#swaps.values()].filter(({ unit }) => unit > 1);
    return first === undefined && swaps.length === 0 ? undefined : viewOf(this.#source, swaps, this.#unpacked);
  }
}
