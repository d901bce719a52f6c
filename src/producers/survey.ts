/**
 * @module
 * A directory tree surveyed: every file looked at once, every folder asked what it is, from the innermost outwards.
 */
import type { Folder, FolderEntry } from '../bytes/index.ts';
import { treeFormat } from './format.ts';
import { neededFor } from './needs.ts';
import { producerOf, writtenBy } from './producer.ts';
import { ROLES, ruleFor } from './roles.ts';
import { SYSTEMS } from './systems/index.ts';
import { CHECKPOINT_NAME } from './systems/trainer.ts';
import type { Tree, TreeDirectory, TreeFile } from './tree.ts';
import { FolderView, type FileView } from './view.ts';
import { pickAdapter, pickModel } from './weights.ts';

/** How to survey. */
export interface SurveyOptions {
  readonly signal?: AbortSignal;
  /** Called for every file that was looked at. */
  readonly onFile?: (path: string, bytes: number) => void;
}

/** A tree, and its folders as producers see them. */
export interface Survey extends Tree { readonly root: FolderView }

/** Looks at a whole directory. What is wrong with a file is its format; nothing is refused. */
export async function surveyTree(folder: Folder, options: SurveyOptions = {}): Promise<Survey> {
  const root = await look(folder, '', undefined, options);
  for (const here of innermostFirst(root)) for (const system of SYSTEMS) for (const kind of await system.kinds?.(here) ?? []) here.kinds.add(kind);
  const inside = [...root.all()];
  if (root.kinds.size === 0 && inside.some((here) => here !== root && here.kinds.size > 0)) root.kinds.add('collection');
  const bases = basesOf(inside);
  const directories = new Map<string, TreeDirectory>(), files = new Map<string, TreeFile>();
  for (const here of inside) {
    const directory = await describe(here, bases);
    directories.set(here.path, directory);
    for (const file of directory.files) files.set(file.path, file);
  }
  const producer = await producerOf(await writtenBy(root, inside.filter((here) => !bases.has(here))));
  return { root, directories, files, ...(producer === undefined ? {} : { producer }) };
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

/** Kinds of folders that hold something to be merged into a base. */
const MERGED: readonly string[] = ['adapter', 'xtuner-workdir'];
/** How programs call what a merge has written. */
const RESULT = /merged|full_model|fused/i;

/** Folders that are there to be merged into, and what lies in them: models beside an adapter that no training wrote. */
function basesOf(inside: readonly FolderView[]): ReadonlySet<FolderView> {
  const bases = new Set<FolderView>();
  if (!inside.some((here) => MERGED.some((kind) => here.kinds.has(kind)))) return bases;
  for (const here of inside) {
    const isBase = here.parent !== undefined && here.kinds.has('full-model') && ['adapter', 'trainer-output', 'trainer-checkpoint', 'xtuner-export'].every((kind) => !here.kinds.has(kind))
      && !RESULT.test(here.name);
    if (isBase) for (const inner of here.all()) bases.add(inner);
  }
  return bases;
}

async function describe(here: FolderView, bases: ReadonlySet<FolderView>): Promise<TreeDirectory> {
  const kinds = [...here.kinds], isModel = here.kinds.has('full-model') || here.kinds.has('llama-pth') || here.kinds.has('projector'), isAdapter = here.kinds.has('adapter');
  const model = await pickModel(here), adapter = await pickAdapter(here);
  const chosen = new Set([...model?.chosen ?? [], ...adapter?.chosen ?? []]);
  const effective = [...isModel ? model?.effective ?? [] : [], ...isAdapter ? adapter?.effective ?? [] : []];
  const expected = isModel || isAdapter || kinds.some((kind) => kind === 'trainer-output' || kind === 'trainer-checkpoint');
  const checkpoint = here.kinds.has('trainer-checkpoint') || CHECKPOINT_NAME.test(here.name), base = bases.has(here);
  const vocabulary = isAdapter && here.has('tokenizer.json') && await hasOwnRows(here, adapter?.effective[0]);
  const files: TreeFile[] = [];
  for (const file of here.files) {
    const found = await ruleFor(here, file, RULES);
    const isWeights = WEIGHTS_ROLES.has(found.role);
    const superseded = isWeights && chosen.size > 0 && !chosen.has(file.name) && file.format !== 'gguf';
    const loads = !isWeights || (found.role === 'adapter-weights' ? adapter?.chosen.includes(file.name) === true : chosen.has(file.name));
    files.push({ ...file, directory: here.path, role: found.role, neededFor: neededFor(found, { checkpoint, base, superseded, effective: loads, ownVocabulary: vocabulary }) });
  }
  return {
    path: here.path, kinds, files, folders: here.folders.map(({ name }) => name), servesAsBase: base,
    ...(expected ? { weights: effective } : {}),
  };
}

const RULES = [...SYSTEMS.flatMap((system) => system.roles ?? []), ...ROLES];
const WEIGHTS_ROLES: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights']);

/** Whether an adapter holds whole embeddings: then its tokenizer is the one that fits them. */
async function hasOwnRows(here: FolderView, weights: string | undefined): Promise<boolean> {
  const names = weights === undefined ? undefined : await here.tensorNames(weights);
  return names?.names.some((name) => /(?:embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|lm_head)\.(?:modules_to_save\.\w+\.)?weight$/.test(name)) ?? false;
}
