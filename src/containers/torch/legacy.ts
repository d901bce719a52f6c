/**
 * @module
 * The stream that torch.save wrote before 1.6: five pickles one after another (magic number, protocol, machine, object,
 * storage keys), then every storage as a count of elements and its bytes. Where a pickle ends shows only by reading it.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import type { Text } from '../../findings/index.ts';
import { Notes } from '../notes.ts';
import { TORCH_LEGACY, TORCH_STORAGE } from './codes.ts';
import { item, itemsOf } from './dict.ts';
import { listContents, type TorchContainer, type TorchFile } from './file.ts';
import { PyTuple, readPickle, type Observer, type PickleResult, type PyPersistent, type Value } from './pickle/index.ts';
import { Objects } from './rebuild.ts';
import { readPersistentId, sameClaim, type Storage, type StorageClaim, type StorageTable } from './storages.ts';

/** Numbers that begin the stream (torch/serialization.py). */
export const LEGACY_MAGIC: bigint = 0x1950a86a20f9469cfc6cn;
/** Version of the stream; there was only this one. */
export const LEGACY_PROTOCOL = 1001;
/** The magic number as every pickler writes it: LONG1, ten bytes. */
const MAGIC_BYTES = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19] as const;
/** PROTO, a frame of protocol 4, and the number begin within so many bytes. */
const MAGIC_WITHIN = 16;

/** Names of the five pickles. */
export const LEGACY_PARTS = ['magic number', 'protocol version', 'system information', 'object', 'storage keys'] as const;

/** Whether `head` begins a legacy stream. */
export function isLegacy(head: Uint8Array): boolean {
  if (head[0] !== 0x80) return false;
  for (let at = 2; at <= MAGIC_WITHIN; at++) if (MAGIC_BYTES.every((byte, i) => head[at + i] === byte)) return true;
  return false;
}

/** The pickles of a stream, as many as could be read. */
export async function readLegacyPickles(source: ByteSource, notes: Notes, observe?: Observer): Promise<PickleResult[]> {
  const pickles: PickleResult[] = [];
  for (let start = 0; pickles.length < LEGACY_PARTS.length;) {
    const one = await readPickle(source, start, notes, observe === undefined ? {} : { observe });
    pickles.push(one);
    if (one.value === undefined) break;
    start = one.end;
  }
  return pickles;
}

/** Storages of a legacy stream. */
export class LegacyStorages implements StorageTable {
  readonly #notes: Notes;
  readonly #claims = new Map<string, StorageClaim>();
  readonly #offsets = new Map<string, number>();
  readonly #byId = new Map<PyPersistent, Storage | undefined>();
  readonly #byKey = new Map<string, Storage>();
  /** Offset behind the last storage. */
  end = 0;
  /** Where the counts lie. */
  readonly counts: (readonly [number, number])[] = [];

  constructor(notes: Notes, ids: readonly PyPersistent[]) {
    this.#notes = notes;
    for (const id of ids) {
      const read = readPersistentId(id, true, notes);
      if (read.is !== 'storage') continue;
      const { claim } = read, before = this.#claims.get(claim.key);
      if (before === undefined) this.#claims.set(claim.key, claim);
      else if (!sameClaim(before, claim)) this.#bad(claim.key, { en: 'is claimed to be of two types or sizes', zh: '被声称为两种类型或大小' }, id.offset);
    }
  }

  #bad(key: string, problem: Text, offset: number): void {
    this.#notes.add(TORCH_STORAGE, { key, problem }, { offset });
  }

  get storages(): readonly Storage[] { return [...this.#byKey.values()]; }
  readAs(): boolean { return true; } // The format is little-endian, whatever the machine was.

  /** Finds where every storage of the key list lies. */
  async locate(source: ByteSource, keys: readonly Value[], start: number): Promise<void> {
    let at = start;
    for (const key of keys) {
      const name = typeof key === 'string' || typeof key === 'number' ? String(key) : undefined;
      const claim = name === undefined ? undefined : this.#claims.get(name);
      if (claim === undefined) {
        // Its size is unknown, so nothing behind it can be found. That matters only when something behind it is needed.
        const severity = this.#offsets.size === this.#claims.size ? 'info' : 'error';
        this.#notes.add(TORCH_STORAGE, { key: name ?? '?', problem: { en: 'is listed but nothing refers to it', zh: '被列出但没有任何引用' } }, { offset: at, severity });
        at = severity === 'info' ? source.size : at;
        break;
      }
      if (this.#offsets.has(claim.key)) { this.#bad(claim.key, { en: 'is listed twice', zh: '被列出两次' }, at); break; }
      if (at + 8 > source.size) { this.#bad(claim.key, { en: 'is cut off', zh: '被截断' }, at); break; }
      const count = Number(new DataView((await readBytes(source, at, 8)).buffer).getBigInt64(0, true));
      if (count !== claim.numel) {
        this.#bad(claim.key, { en: `has a count of ${count} elements, not ${claim.numel}`, zh: `的计数为 ${count} 个元素，而不是 ${claim.numel}` }, at);
        break;
      }
      this.counts.push([at, 8]);
      at += 8;
      if (at + claim.bytes > source.size) { this.#bad(claim.key, { en: 'is cut off', zh: '被截断' }, at); break; }
      this.#offsets.set(claim.key, at);
      at += claim.bytes;
    }
    this.end = at;
  }

  resolve(id: PyPersistent): Storage | undefined {
    if (this.#byId.has(id)) return this.#byId.get(id);
    const storage = this.#find(id);
    this.#byId.set(id, storage);
    return storage;
  }

  #find(id: PyPersistent): Storage | undefined {
    const view = id.id instanceof PyTuple ? id.id.items[5] : undefined;
    const read = readPersistentId(id, true, new Notes('')); // Its problems were noted before.
    if (read.is !== 'storage') return undefined;
    const { claim } = read, offset = this.#offsets.get(claim.key);
    if (offset === undefined && claim.location !== 'meta') {
      this.#bad(claim.key, { en: 'is not among the stored ones', zh: '不在已保存的存储之中' }, id.offset);
      return undefined;
    }
    const root = this.#keep({ ...claim, offset: offset ?? 0 });
    return view === null || view === undefined ? root : this.#viewOf(root, view, id.offset);
  }

  #keep(storage: Storage): Storage {
    const known = this.#byKey.get(storage.key);
    if (known === undefined) this.#byKey.set(storage.key, storage);
    return known ?? storage;
  }

  /** A part of a storage under a key of its own: `(key, offset, size)` in elements, written by very old versions. */
  #viewOf(root: Storage, view: Value, at: number): Storage | undefined {
    const [key, start, size, ...rest] = itemsOf(view) ?? [];
    const bytesEach = root.class.untyped ? 1 : root.class.dtype.bytes;
    if (typeof key !== 'string' || typeof start !== 'number' || typeof size !== 'number' || rest.length > 0 || start < 0 || size < 0 || !(start + size <= root.numel)) {
      this.#bad(root.key, { en: 'has a view that reaches outside', zh: '有超出范围的视图' }, at);
      return undefined;
    }
    const part: Storage = {
      key, class: root.class, location: root.location, numel: size, bytes: size * bytesEach,
      offset: root.offset + start * bytesEach, viewOf: root.key, viewOffset: start,
    };
    const kept = this.#keep(part);
    if (kept.offset === part.offset && kept.numel === part.numel) return kept;
    this.#bad(key, { en: 'is a view of two different ranges', zh: '是两个不同范围的视图' }, at);
    return undefined;
  }
}

/** Checks what the first three pickles say. */
function checkPreamble([magic, protocol, system]: readonly PickleResult[], bad: (problem: Text) => void): void {
  if (magic?.value !== LEGACY_MAGIC) bad({ en: 'the magic number is wrong', zh: '魔数不正确' });
  if (protocol?.value !== LEGACY_PROTOCOL) bad({ en: 'the protocol version is not 1001', zh: '协议版本不是 1001' });
  if (item(system?.value, 'protocol_version') !== LEGACY_PROTOCOL) bad({ en: 'the system information is not what torch writes', zh: '系统信息不是 torch 写入的内容' });
}

/** The parts of a legacy file; what could not be read is missing, with findings. */
export async function readLegacy(source: ByteSource, notes: Notes, observe?: Observer): Promise<{ pickles: readonly PickleResult[]; storages: LegacyStorages | undefined }> {
  const bad = (problem: Text) => notes.add(TORCH_LEGACY, { problem });
  const pickles = await readLegacyPickles(source, notes, observe);
  checkPreamble(pickles, bad);
  const object = pickles[3], last = pickles[4], keys = itemsOf(last?.value);
  if (object?.value === undefined || last?.value === undefined) {
    bad({ en: `it ends in its ${LEGACY_PARTS[pickles.length - 1] ?? ''}`, zh: '它在前导的 pickle 中就结束了' });
    return { pickles, storages: undefined };
  }
  if (keys === undefined) {
    bad({ en: 'its storage keys are no list', zh: '存储键不是列表' });
    return { pickles, storages: undefined };
  }
  const storages = new LegacyStorages(notes, object.persistent);
  await storages.locate(source, keys, last.end);
  if (storages.end < source.size && notes.errors === 0) {
    notes.add(TORCH_LEGACY, { problem: { en: `${source.size - storages.end} bytes follow its last storage`, zh: `最后一个存储之后还有 ${source.size - storages.end} 字节` } },
      { offset: storages.end, severity: 'warning' });
  }
  return { pickles, storages };
}

async function open(source: ByteSource): Promise<TorchFile> {
  const notes = new Notes(source.label);
  const { pickles, storages } = await readLegacy(source, notes);
  notes.refuseErrors();
  const contents = listContents(pickles[3]!.value!, new Objects(storages!, notes));
  notes.refuseErrors();
  return {
    format: 'torch-legacy', ...contents, metadata: new Map(), globals: pickles.flatMap(({ globals }) => globals),
    headerRanges: [[0, pickles[4]!.end], ...storages!.counts], findings: notes.findings,
  };
}

/** torch.save files before torch 1.6, and of `_use_new_zipfile_serialization=False`. */
export const torchLegacy: TorchContainer = {
  format: 'torch-legacy',
  sniff: isLegacy,
  open,
};
