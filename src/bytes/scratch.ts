/**
 * @module
 * Room for what is worked out before a plan can be made: grows at its end, is read anywhere, and is gone afterwards.
 */
import type { Folder } from './folder.ts';
import { memorySource } from './memory.ts';
import type { ByteSource, MaybePromise } from './source.ts';

/** A temporary file, wherever it lies. */
export interface Scratch {
  /** A folder with the one file, as a plan reads it. */
  readonly folder: Folder;
  /** The file's name in the folder. */
  readonly path: string;
  /** Appends bytes; gives the offset of the first. */
  append(bytes: Uint8Array): MaybePromise<number>;
  /** Read access to what is there so far. */
  readonly source: ByteSource;
  /** Forgets everything. */
  clear(): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/** A scratch in memory: for small work, browsers and tests. */
export function memoryScratch(path = 'scratch'): Scratch {
  let bytes: Uint8Array = new Uint8Array(1 << 16), size = 0;
  const source: ByteSource = {
    label: path,
    get size() { return size; },
    read: (offset, into) => memorySource(path, bytes.subarray(0, size)).read(offset, into),
    close: () => {},
  };
  return {
    path, source,
    folder: { label: path, list: () => [{ path, kind: 'file', bytes: size }], open: () => source },
    append: (part) => {
      if (size + part.length > bytes.length) {
        const larger = new Uint8Array(Math.max(2 * bytes.length, size + part.length));
        larger.set(bytes.subarray(0, size));
        bytes = larger;
      }
      bytes.set(part, size);
      size += part.length;
      return size - part.length;
    },
    clear: () => { size = 0; },
    close: () => { size = 0; bytes = new Uint8Array(0); },
  };
}
