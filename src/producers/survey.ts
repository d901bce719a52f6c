/**
 * @module
 * A directory tree surveyed: every file looked at once, every folder asked what it is, from the innermost outwards.
 */
import type { Folder, FolderEntry } from '../bytes/index.ts';
import { basesOf } from './bases.ts';
import { describe } from './directory.ts';
import { treeFormat } from './format.ts';
import { producerOf, writtenBy } from './producer.ts';
import { SYSTEMS } from './systems/index.ts';
import type { Tree, TreeDirectory, TreeFile } from './tree.ts';
import { FolderView, type FileView } from './view.ts';

/** How to survey. */
export interface SurveyOptions {
  readonly signal?: AbortSignal;
  /** Called for every file that was looked at. */
  readonly onFile?: (path: string, bytes: number) => void;
}

/** A tree, its folders as producers see them, and those of them that are not a base beside. */
export interface Survey extends Tree { readonly root: FolderView; readonly written: readonly FolderView[] }

/** Looks at a whole directory. What is wrong with a file is its format; nothing is refused. */
export async function surveyTree(folder: Folder, options: SurveyOptions = {}): Promise<Survey> {
  const root = await look(folder, '', undefined, options);
  for (const here of innermostFirst(root)) for (const system of SYSTEMS) for (const kind of await system.kinds?.(here) ?? []) here.kinds.add(kind);
  const inside = [...root.all()];
  if (root.kinds.size === 0 && inside.some((here) => here !== root && here.kinds.size > 0)) root.kinds.add('collection');
  const bases = basesOf(inside), hasState = inside.some((here) => here.kinds.has('deepspeed'));
  const directories = new Map<string, TreeDirectory>(), files = new Map<string, TreeFile>();
  for (const here of inside) {
    const directory = await describe(here, { isBase: bases.has(here), hasState });
    directories.set(here.path, directory);
    for (const file of directory.files) files.set(file.path, file);
  }
  const written = inside.filter((here) => !bases.has(here)), producer = await producerOf(await writtenBy(root, written));
  return { root, written, directories, files, ...(producer === undefined ? {} : { producer }) };
}

/** Files are looked at so many at a time. */
const AT_ONCE = 8;

async function look(folder: Folder, path: string, parent: FolderView | undefined, options: SurveyOptions): Promise<FolderView> {
  const entries = await folder.list(path), own = entries.filter(({ kind }) => kind === 'file');
  const files: FileView[] = [];
  for (let at = 0; at < own.length; at += AT_ONCE) {
    options.signal?.throwIfAborted();
    files.push(...await Promise.all(own.slice(at, at + AT_ONCE).map(async (entry) => lookAt(folder, entry, options))));
  }
  const here = new FolderView(folder, path, parent, files);
  for (const entry of entries) {
    // What a link to a folder leads to is listed where it lies.
    if (entry.kind === 'folder' && entry.unusable === undefined && !entry.link) here.folders.push(await look(folder, entry.path, here, options));
  }
  return here;
}

async function lookAt(folder: Folder, entry: FolderEntry, { onFile }: SurveyOptions): Promise<FileView> {
  const { path, bytes } = entry, name = path.slice(path.lastIndexOf('/') + 1);
  onFile?.(path, bytes);
  if (entry.unusable !== undefined) return { name, path, bytes, format: 'unusable' };
  if (bytes === 0) return { name, path, bytes, format: 'empty' };
  const source = await folder.open(path);
  try {
    return { name, path, bytes, format: await treeFormat(source, name) };
  } finally {
    await source.close();
  }
}

function innermostFirst(root: FolderView): FolderView[] {
  return [...root.folders.flatMap(innermostFirst), root];
}
