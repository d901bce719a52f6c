/**
 * @module
 * A directory of sources, whatever holds it: a disk, a drag-and-drop in a browser, memory in a test.
 */
import { compareNames } from './names.ts';
import { memorySource } from './memory.ts';
import { refuse, type Text } from '../findings/index.ts';
import { CANNOT_READ } from './codes.ts';
import type { ByteSource, MaybePromise } from './source.ts';

/** One thing in a folder. */
export interface FolderEntry {
  /** Path relative to the folder, `/` between parts. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Size in bytes; 0 for folders. */
  readonly bytes: number;
  /** Modification time in milliseconds since 1970, where the holder knows one. */
  readonly modifiedMs?: number;
  /**
   * Set when the entry is there but must not be opened: a link out of the folder, a dangling link, a device.
   * Listing never throws for one bad entry.
   */
  readonly unusable?: Text;
  /** Set when the entry is a symbolic link, to something that may be opened. */
  readonly link?: boolean;
}

/** Read access to a directory. Paths never leave it: implementations refuse `..`, absolute paths and links that lead out. */
export interface Folder {
  /** What to call the folder in messages. */
  readonly label: string;
  /** Entries directly inside `path` ('' is the folder itself), in order of their names' UTF-8 bytes. */
  list(path?: string): MaybePromise<readonly FolderEntry[]>;
  /** Opens a file. */
  open(path: string): MaybePromise<ByteSource>;
  /** Absolute path of a file, where the holder has real ones: worker threads open it anew. */
  fileName?(path: string): string;
}

/**
 * All files below `folder`, depth first, in name order; folders are included before what they hold. Links to folders are
 * named but not entered: what they lead to lies inside the folder and is listed there, and two of them can make a maze.
 */
export async function listRecursively(folder: Folder, path = ''): Promise<FolderEntry[]> {
  const all: FolderEntry[] = [];
  for (const entry of await folder.list(path)) {
    all.push(entry);
    if (entry.kind === 'folder' && entry.unusable === undefined && !entry.link) all.push(...await listRecursively(folder, entry.path));
  }
  return all;
}

/** A folder that is listed once: what a verb reads does not change while it plans, and a listing asks for every file's size. */
export function listedOnce<F extends Folder>(folder: F): F {
  const known = new Map<string, ReturnType<Folder['list']>>();
  return {
    ...folder,
    list: (path = '') => {
      let entries = known.get(path);
      if (entries === undefined) known.set(path, entries = folder.list(path));
      return entries;
    },
  };
}

/** A sub-folder as a folder of its own. */
export function subFolder(folder: Folder, path: string): Folder {
  const strip = path === '' ? 0 : path.length + 1;
  return {
    label: `${folder.label}/${path}`,
    list: async (inner = '') => (await folder.list(inner === '' ? path : `${path}/${inner}`))
      .map((entry) => ({ ...entry, path: entry.path.slice(strip) })),
    open: (inner) => folder.open(`${path}/${inner}`),
    ...(folder.fileName === undefined ? {} : { fileName: (inner: string) => folder.fileName!(`${path}/${inner}`) }),
  };
}

/** A folder in memory: a map from path to bytes. */
export function memoryFolder(label: string, files: ReadonlyMap<string, Uint8Array>): Folder {
  return {
    label,
    list: (path = '') => {
      const prefix = path === '' ? '' : `${path}/`;
      const seen = new Map<string, FolderEntry>();
      for (const [name, bytes] of files) {
        if (!name.startsWith(prefix)) continue;
        const [first, ...rest] = name.slice(prefix.length).split('/');
        const full = prefix + first!;
        if (rest.length > 0) seen.set(full, { path: full, kind: 'folder', bytes: 0 });
        else seen.set(full, { path: full, kind: 'file', bytes: bytes.length });
      }
      return [...seen.values()].sort((a, b) => compareNames(a.path, b.path));
    },
    open: (path) => {
      const bytes = files.get(path);
      if (bytes === undefined) refuse(CANNOT_READ, { file: path, reason: 'no such file' }, { path });
      return memorySource(path, bytes);
    },
  };
}
