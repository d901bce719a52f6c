/**
 * @module
 * Directories of this machine as folders. Paths never leave the directory that was given: links resolve inside it, or,
 * when it is a snapshot of the Hugging Face cache, into the `blobs/` of the same repository.
 */
import fs from 'node:fs';
import nodePath from 'node:path';
import { CANNOT_READ, compareNames, OUTSIDE_FOLDER, type Folder, type FolderEntry } from '../bytes/index.ts';
import { refuse, type Text } from '../findings/index.ts';
import { fileSource, reasonOf, type FileSource } from './files.ts';

/** A folder on a disk. */
export interface NodeFolder extends Folder {
  /** Absolute real path of a file of the folder, for a worker that opens it itself. Refuses what `open` would refuse. */
  fileName(path: string): string;
  list(path?: string): readonly FolderEntry[];
  open(path: string): FileSource;
}

/** `…/models--ORG--NAME/snapshots/REVISION`, and folders below it. */
const SNAPSHOT = /^(.*[\\/])snapshots[\\/][^\\/]+(?:[\\/].*)?$/;

/** A link of a hub cache written out as text, as a copy through a file system or an archive without links leaves it. */
const TEXT_LINK = /^(?:\.\.\/)+blobs\/[0-9a-f]{40,64}\s*$/;
const TEXT_LINK_BYTES_MAX = 128;

/** Where the text of such a link leads; undefined for any other file. */
function textLinkTarget(file: string): string | undefined {
  const status = fs.statSync(file);
  if (!status.isFile() || status.size > TEXT_LINK_BYTES_MAX) return undefined;
  const text = fs.readFileSync(file, 'utf8');
  return TEXT_LINK.test(text) ? nodePath.resolve(nodePath.dirname(file), text.trim()) : undefined;
}

/** Where a path really leads, or why it must not be followed. */
type Verdict = { readonly real: string } | { readonly outside: string } | { readonly reason: Text };

const OUTSIDE: Text = { en: 'a link that leads outside of the directory', zh: '指向目录之外的链接' };
const DANGLING: Text = { en: 'a link to something that does not exist', zh: '指向不存在之物的链接' };
const DEVICE: Text = { en: 'neither a file nor a directory', zh: '既不是文件也不是目录' };
const NO_SUCH: Text = { en: 'no such file', zh: '文件不存在' };

/** The result of a call, undefined when the system refuses it: listing never throws for one bad entry. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

const isLink = (path: string): boolean => attempt(() => fs.lstatSync(path))?.isSymbolicLink() ?? false;

/**
 * Opens a directory. `given` is the name of a file inside that the user named outright: it may be a link to anywhere.
 * Throws CANNOT_READ when there is no directory.
 */
export function openFolder(path: string, given?: string): NodeFolder {
  const label = path;
  let root: string;
  try {
    root = fs.realpathSync(path);
    if (!fs.statSync(root).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    return refuse(CANNOT_READ, { file: label, reason: reasonOf(error) }, { path: '.' }, { cause: error });
  }
  const snapshot = SNAPSHOT.exec(root)?.[1];
  const roots = snapshot === undefined ? [root] : [root, `${snapshot}blobs`];
  const inside = (real: string): boolean => roots.some((at) => real === at || real.startsWith(at.endsWith(nodePath.sep) ? at : at + nodePath.sep));

  const resolve = (relative: string): Verdict => {
    const parts = relative === '' ? [] : relative.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')
      || (nodePath.sep === '\\' && /[\\:]/.test(part)))) return { outside: relative };
    const full = nodePath.join(root, ...parts);
    try {
      const real = fs.realpathSync(full);
      // Where it leads is known before a byte of it is read.
      if (!inside(real)) return relative === given ? { real } : { outside: relative };
      const target = snapshot !== undefined && real.startsWith(root) ? textLinkTarget(real) : undefined;
      if (target === undefined) return { real };
      const linked = fs.realpathSync(target);
      return inside(linked) ? { real: linked } : { outside: relative };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return { reason: reasonOf(error) };
      return { reason: isLink(full) ? DANGLING : NO_SUCH };
    }
  };
  const realOf = (relative: string): string => {
    const verdict = resolve(relative);
    if ('real' in verdict) return verdict.real;
    if ('outside' in verdict) return refuse(OUTSIDE_FOLDER, { name: relative }, { path: relative });
    return refuse(CANNOT_READ, { file: relative, reason: verdict.reason }, { path: relative });
  };
  const entryOf = (directory: string, name: string): FolderEntry => {
    const relative = directory === '' ? name : `${directory}/${name}`;
    const unusable = (reason: Text): FolderEntry => ({ path: relative, kind: 'file', bytes: 0, unusable: reason });
    const verdict = resolve(relative);
    if (!('real' in verdict)) return unusable('outside' in verdict ? OUTSIDE : verdict.reason);
    const status = attempt(() => fs.statSync(verdict.real));
    if (status === undefined) return unusable(NO_SUCH);
    if (!status.isFile() && !status.isDirectory()) return unusable(DEVICE);
    const link = isLink(nodePath.join(root, relative));
    return {
      path: relative,
      kind: status.isFile() ? 'file' : 'folder',
      bytes: status.isFile() ? status.size : 0,
      modifiedMs: status.mtimeMs,
      ...(link ? { link } : {}),
    };
  };

  return {
    label,
    fileName: realOf,
    list: (directory = '') => {
      const real = realOf(directory);
      let names: string[];
      try {
        names = fs.readdirSync(real);
      } catch (error) {
        return refuse(CANNOT_READ, { file: directory === '' ? label : directory, reason: reasonOf(error) }, { path: directory === '' ? '.' : directory }, { cause: error });
      }
      return names.sort(compareNames).map((name) => entryOf(directory, name));
    },
    open: (relative) => fileSource(realOf(relative), relative),
  };
}

/** What a path on the command line means: a directory, or a file and the directory it lies in. */
export interface OpenedInput {
  readonly folder: NodeFolder;
  /** Name of the file inside `folder`, when a file was given. */
  readonly file?: string;
}

/** Opens a path that is a file or a directory. */
export function openInput(path: string): OpenedInput {
  const status = (() => {
    try {
      return fs.statSync(path);
    } catch (error) {
      return refuse(CANNOT_READ, { file: path, reason: missing(path, error) }, { path }, { cause: error });
    }
  })();
  if (status.isDirectory()) return { folder: openFolder(path) };
  if (!status.isFile()) refuse(CANNOT_READ, { file: path, reason: DEVICE }, { path });
  const file = nodePath.basename(nodePath.resolve(path));
  return { folder: openFolder(nodePath.dirname(nodePath.resolve(path)), file), file };
}

/** Why a path cannot be opened; for one that does not exist, how far it does. */
function missing(path: string, error: unknown): Text {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return reasonOf(error);
  if (isLink(path)) return DANGLING;
  let at = nodePath.dirname(nodePath.resolve(path));
  while (!fs.existsSync(at)) at = nodePath.dirname(at);
  return {
    en: `there is nothing of that name; the path exists as far as ${at}`,
    zh: `没有这个名字的文件或目录；该路径只有 ${at} 部分存在`,
  };
}

/**
 * Whether a path that a file of a tree names exists: as PEFT would look, from the working directory, and as people mean it,
 * from the folder `from` of the tree. `~` is the home directory.
 */
export function existsFrom(root: string): (from: string, name: string) => boolean {
  return (from, name) => {
    const expanded = name.replace(/^~(?=[/\\])/, process.env['HOME'] ?? '~');
    return [nodePath.resolve(expanded), nodePath.resolve(root, from, expanded)].some((one) => fs.existsSync(one));
  };
}
