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
import { areHollow, pickAdapter, pickModel } from './weights.ts';

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
  const bases = basesOf(inside), hasState = inside.some((here) => here.kinds.has('deepspeed'));
  const directories = new Map<string, TreeDirectory>(), files = new Map<string, TreeFile>();
  for (const here of inside) {
    const directory = await describe(here, { bases, hasState });
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

/** How programs call what a merge or an export has written. */
const RESULT = /merged|full_model|fused|^hf(?:[-_]|$)|_hf$/i;
/** What an adapter's own folder, or one that training wrote, has among its kinds. */
const TRAINED: readonly string[] = ['adapter', 'trainer-output', 'trainer-checkpoint', 'xtuner-export'];

/** Folders that are there to be merged into, and what lies in them: models beside an adapter that no training wrote. */
function basesOf(inside: readonly FolderView[]): ReadonlySet<FolderView> {
  const bases = new Set<FolderView>(), holds = (kind: string) => inside.some((here) => here.kinds.has(kind));
  if (!holds('adapter') && !holds('xtuner-workdir')) return bases;
  for (const here of inside) {
    const isBase = here.parent !== undefined && here.kinds.has('full-model') && TRAINED.every((kind) => !here.kinds.has(kind)) && !RESULT.test(here.name)
      // Parts of an export lie beside its adapters; a work directory without adapters may hold anything.
      && !here.parent.kinds.has('xtuner-export') && (holds('adapter') || /base/i.test(here.name));
    if (isBase) for (const inner of here.all()) bases.add(inner);
  }
  return bases;
}

async function describe(here: FolderView, { bases, hasState }: { bases: ReadonlySet<FolderView>; hasState: boolean }): Promise<TreeDirectory> {
  const kinds = [...here.kinds], is = (...any: string[]) => any.some((kind) => here.kinds.has(kind));
  const isModel = is('full-model', 'llama-pth', 'projector'), isAdapter = is('adapter'), isCheckpoint = is('trainer-checkpoint');
  const model = await pickModel(here), adapter = await pickAdapter(here);
  // Placeholders beside a state that has the values are the wrong copy, with all that describes them.
  const hollowModel = hasState && await areHollow(here, model), hollowAdapter = hasState && await areHollow(here, adapter);
  const taken = new Set([...hollowModel ? [] : model?.chosen ?? [], ...hollowAdapter ? [] : adapter?.chosen ?? []]);
  const effective = [...isModel && !hollowModel ? model?.effective ?? [] : [], ...isAdapter && !hollowAdapter ? adapter?.effective ?? [] : []];
  const checkpoint = isCheckpoint || CHECKPOINT_NAME.test(here.name), base = bases.has(here);
  const ownVocabulary = isAdapter && here.has('tokenizer.json') && await hasOwnRows(here, adapter?.effective[0]);
  const files: TreeFile[] = [];
  for (const file of here.files) {
    const found = await ruleFor(here, file, RULES), { role } = found, isWeights = WEIGHTS_ROLES.has(role);
    const superseded = role === 'adapter-config' ? hollowAdapter
      : isWeights && (!taken.has(file.name) ? taken.size > 0 || hollowModel || hollowAdapter : !isModel && !isAdapter && !isCheckpoint && !is('accelerate-state')) && file.format !== 'gguf';
    const resumed = checkpoint && (role === 'adapter-weights' ? adapter?.chosen.includes(file.name) === true : true);
    files.push({ ...file, directory: here.path, role, neededFor: neededFor(found, { checkpoint, resumed, base, superseded, stateOnly: !isModel && !isAdapter && is('accelerate-state'), ownVocabulary }) });
  }
  const expected = isModel || isAdapter || is('trainer-output', 'trainer-checkpoint');
  return { path: here.path, kinds, files, folders: here.folders.map(({ name }) => name), servesAsBase: base, ...(expected ? { weights: effective } : {}) };
}

const RULES = [...SYSTEMS.flatMap((system) => system.roles ?? []), ...ROLES];
const WEIGHTS_ROLES: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights']);

/** Whether an adapter holds whole embeddings: then its tokenizer is the one that fits them. */
async function hasOwnRows(here: FolderView, weights: string | undefined): Promise<boolean> {
  const names = weights === undefined ? undefined : await here.tensorNames(weights);
  return names?.names.some((name) => /(?:embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|lm_head)\.(?:modules_to_save\.\w+\.)?weight$/.test(name)) ?? false;
}
