/**
 * @module
 * Storages: the runs of bytes that tensors are views of. A pickle names them by persistent ids; where they lie is up to
 * the container.
 */
import type { Text } from '../../findings/index.ts';
import type { Notes } from '../notes.ts';
import { TORCH_PERSISTENT_ID, TORCH_STORAGE } from './codes.ts';
import { storageClass, type StorageClass } from './dtypes.ts';
import { itemsOf } from './dict.ts';
import { PyGlobal, PyTuple, type PyPersistent, type Value } from './pickle/index.ts';

/** A storage as the pickle describes it. */
export interface StorageClaim {
  readonly key: string;
  readonly class: StorageClass;
  /** Device tag: `cpu`, `cuda:0`, `meta` … */
  readonly location: string;
  /** As written: elements of the class, bytes when untyped. */
  readonly numel: number;
  readonly bytes: number;
}

/** A storage that was found. */
export interface Storage extends StorageClaim {
  /** First byte in what expressions read. */
  readonly offset: number;
  /** The storage it is a part of, as in very old files, and where it begins there, in elements. */
  readonly viewOf?: string;
  readonly viewOffset?: number;
}

/** Where the storages of one file lie. */
export interface StorageTable {
  /** Finds the storage of a persistent id. Problems become findings, once for each id. */
  resolve(id: PyPersistent): Storage | undefined;
  /** Every storage that was resolved, in order of first use. */
  readonly storages: readonly Storage[];
  /** Tells that a storage is read as elements whose bytes are swapped `unit` at a time, where the file is big-endian. */
  readAs(storage: Storage, unit: number): boolean;
}

/** What a persistent id says. */
export type PersistentId =
  | { readonly is: 'storage'; readonly claim: StorageClaim; readonly view: Value | undefined }
  | { readonly is: 'module'; readonly class: Value; readonly source: Value }
  | { readonly is: 'other' };

/** Bytes that `numel` elements of a class take. */
export function storageBytes(type: StorageClass, numel: number): number {
  return type.untyped ? numel : numel * type.dtype.bytes;
}

/** Reads a persistent id. `legacy` ids have a sixth part. */
export function readPersistentId(id: PyPersistent, legacy: boolean, notes: Notes): PersistentId {
  const no = (en: string, zh: string): PersistentId => {
    notes.add(TORCH_PERSISTENT_ID, { offset: id.offset, problem: { en, zh } }, { offset: id.offset });
    return { is: 'other' };
  };
  const parts = id.id instanceof PyTuple ? itemsOf(id.id)! : undefined;
  if (parts === undefined) return no('is no tuple', '不是元组');
  const [tag] = parts;
  if (tag === 'module' && parts.length === 4) return { is: 'module', class: parts[1]!, source: parts[3]! };
  if (tag !== 'storage') return no('is of an unknown kind', '的种类未知');
  if (parts.length !== (legacy ? 6 : 5)) return no(`has ${parts.length} parts`, `有 ${parts.length} 个部分`);
  const [, type, key, location, numel, view] = parts as Value[];
  const found = type instanceof PyGlobal ? storageClass(type.path) : undefined;
  const name = typeof key === 'string' ? key : typeof key === 'number' ? String(key) : undefined;
  const bad = (problem: Text): PersistentId => {
    notes.add(TORCH_STORAGE, { key: name ?? '?', problem }, { offset: id.offset });
    return { is: 'other' };
  };
  if (name === undefined) return bad({ en: 'has a key that is no string', zh: '的键不是字符串' });
  if (name === '' || /[/\\\0]/.test(name)) return bad({ en: 'has a key that is a path', zh: '的键是路径' });
  if (found === undefined) {
    return bad(type instanceof PyGlobal ? { en: `is of the unknown class ${type.path}`, zh: `属于未知的类 ${type.path}` } : { en: 'has a class that is none', zh: '的类不是类' });
  }
  if (typeof numel !== 'number' || numel < 0 || !Number.isSafeInteger(storageBytes(found, numel))) return bad({ en: 'has an impossible number of elements', zh: '的元素个数不可能' });
  if (typeof location !== 'string') return bad({ en: 'has a location that is no string', zh: '的位置不是字符串' });
  if (location === '') notes.add(TORCH_STORAGE, { key: name, problem: { en: 'has an empty location', zh: '的位置为空' } }, { offset: id.offset, severity: 'warning' });
  return { is: 'storage', claim: { key: name, class: found, location, numel, bytes: storageBytes(found, numel) }, view };
}

/** Whether two claims about one key agree. */
export const sameClaim = (a: StorageClaim, b: StorageClaim): boolean => a.class.name === b.class.name && a.numel === b.numel;
