/**
 * @module
 * inspect: what is this? A file or a directory: what every file is for, its tensors, the facts of its adapters.
 */
import { NO_ADAPTER_CONFIG } from '../adapters/codes.ts';
import { ADAPTER_CONFIG, openAdapter, readAdapterConfig, textOf } from '../adapters/index.ts';
import { subFolder, type Folder } from '../bytes/index.ts';
import { closeCheckpoint, openCheckpoint, openState } from '../checkpoints/index.ts';
import { contentFormat } from '../containers/format.ts';
import { CONTAINERS, openContainer } from '../containers/index.ts';
import { NOT_CONTAINERS } from '../containers/recognise.ts';
import type { Hash } from '../engine/index.ts';
import { finding, isTemperError, type Finding, type Text } from '../findings/index.ts';
import { explainSizes, type FolderView, nextCommands, readBaseValue, resultOf, roleOf, surveyTree, type Advice, type Producer, type TreeDirectory, type TreeFile } from '../producers/index.ts';
import { elementCount } from '../tensors/index.ts';
import { INDEX_COMPARED_BYTES, listCheckpoint, listParts, sumFiles } from './listing.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to look at, and how closely. */
export interface InspectRequest {
  readonly folder: Folder;
  /** A single file inside `folder`. */
  readonly file?: string;
  /** What the user typed, for the commands that are suggested. */
  readonly path: string;
  /** List every tensor. */
  readonly tensors?: boolean;
  /** SHA-256 of every tensor's bytes; implies `tensors`. */
  readonly digest?: boolean;
  readonly sha256?: () => Hash;
}

/** A file of the directory. */
export interface InspectedFile { readonly path: string; readonly role: string; readonly format: string; readonly needed_for: readonly string[]; readonly bytes: number }

/** Facts of an adapter. */
export interface InspectedAdapter {
  readonly path: string; readonly peft_type: string; readonly r: number | null; readonly lora_alpha: number | null; readonly modules: number;
  readonly parameters: number; readonly dtypes: readonly string[];
  readonly target_modules: unknown; readonly modules_to_save: unknown; readonly use_dora: boolean; readonly use_rslora: boolean;
  readonly base_model_name_or_path: string | null; readonly value_class: string; readonly revision: string | null; readonly peft_version: string | null;
}

/** What a run came to. */
export interface InspectedResult { readonly path: string; readonly kind: string; readonly why: Text }

/** Files, their bytes, and what these are made of: `parameters` times `bytes_each`, and a little for names. */
export interface InspectedSize { readonly paths: readonly string[]; readonly bytes: number; readonly parameters: number; readonly bytes_each: number; readonly frozen?: number; readonly what: Text }

/** A tensor in a listing. */
export interface InspectedTensor { readonly name: string; readonly dtype: string; readonly shape: readonly number[]; readonly file: string; readonly bytes: number; readonly sha256?: string }

/** Body of the answer (INTERFACE.md). */
export interface InspectBody {
  readonly path: string;
  readonly format?: string;
  readonly kinds: readonly string[];
  /** Kinds of the folders inside, by relative path. */
  readonly directories: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly InspectedFile[];
  /** Per folder, the files that a loader reads, in order. */
  readonly effective_weights: Readonly<Record<string, readonly string[]>>;
  /** The program that wrote it, with the libraries it used one by one in `parts`. */
  readonly producer: Producer | null;
  /** The folder that the run was for, and what it is. */
  readonly result: InspectedResult | null;
  /** Why files are as large as they are. */
  readonly sizes: readonly InspectedSize[];
  readonly adapters: readonly InspectedAdapter[];
  readonly summary?: { readonly tensors: number; readonly parameters: number; readonly bytes: number; readonly dtypes: Readonly<Record<string, { tensors: number; parameters: number; bytes: number }>> };
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tensors?: readonly InspectedTensor[];
  readonly next: readonly Advice[];
}

/** Looks. A file that cannot be opened is thrown; in a directory it becomes a finding. */
export async function inspect(request: InspectRequest, context: VerbContext = {}): Promise<Answer<InspectBody>> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  return request.file === undefined ? inspectFolder(request, context) : inspectFile(request, request.file, context);
}

/** A file that is recognised, but holds no weights that can be opened: what it is, and what to do with it. */
async function recognisedFile(request: InspectRequest, file: string): Promise<Answer<InspectBody> | undefined> {
  const source = await request.folder.open(file);
  try {
    const format = await contentFormat(source), tensorless = new Set(['unknown', ...CONTAINERS.map((container) => container.format), ...NOT_CONTAINERS.map((row) => row.format)]);
    if (tensorless.has(format)) return undefined;
    const scan = { command: `temper scan ${request.path}`, reason: { en: 'see what loading it would run', zh: '查看加载它会执行什么' } };
    return {
      schema: 'temper.inspect/1', exit: 0, findings: [],
      body: {
        path: request.path, format, kinds: [], directories: {}, files: [{ path: file, ...roles(file), format, bytes: source.size }],
        effective_weights: {}, producer: null, result: null, sizes: [], adapters: [], next: format === 'json' ? [] : [scan],
      },
    };
  } finally {
    await source.close();
  }
}

async function inspectFile(request: InspectRequest, file: string, context: VerbContext): Promise<Answer<InspectBody>> {
  const recognised = await recognisedFile(request, file);
  if (recognised !== undefined) return recognised;
  const checkpoint = await openCheckpoint(request.folder, { file, everything: true });
  try {
    const opened = checkpoint.files[0]!;
    return {
      schema: 'temper.inspect/1', exit: 0, findings: checkpoint.findings,
      body: {
        path: request.path, format: opened.format, kinds: [], directories: {},
        files: [{ path: file, ...roles(file), format: opened.format, bytes: opened.bytes }],
        effective_weights: { '.': [file] }, producer: null, result: null, sizes: [], adapters: [],
        ...await listCheckpoint(checkpoint, request, context),
        ...(opened.metadata.size === 0 ? {} : { metadata: Object.fromEntries(opened.metadata) }),
        next: [],
      },
    };
  } finally {
    await closeCheckpoint(checkpoint);
  }
}

async function inspectFolder(request: InspectRequest, context: VerbContext): Promise<Answer<InspectBody>> {
  const { folder } = request, findings: Finding[] = [];
  const tree = await surveyTree(folder, context.signal === undefined ? {} : { signal: context.signal });
  const inside = [...tree.directories.values()], adapters: InspectedAdapter[] = [], weights = new Map<string, readonly string[]>();
  let described: Pick<InspectBody, 'summary' | 'tensors'> = {};
  for (const directory of inside) {
    const { path, kinds, files, weights: effective } = directory;
    const here = path === '' ? folder : subFolder(folder, path), place = path === '' ? '.' : path;
    if (effective !== undefined) weights.set(place, effective);
    if (kinds.includes('adapter')) adapters.push(...await adapterFacts(here, directory, findings));
    for (const file of files) if (isBadWeights(file)) await attempt(findings, '', async () => refuseBad(folder, file.path));
    if (path !== '') continue;
    const [parts] = await attempt(findings, path, async () => listParts(here, files.map(({ name }) => name), request, context));
    if (parts !== undefined) {
      findings.push(...parts.findings);
      weights.set(place, parts.files);
      described = parts.listing;
    } else if (effective !== undefined && isLarge(files, effective) && await isWhole(tree.root, effective[0]!) && !request.tensors && !request.digest) {
      const [summed] = await attempt(findings, path, async () => sumFiles(here, effective.slice(1), context));
      described = summed ?? {};
    } else if (effective !== undefined && effective.length > 0) {
      const [checkpoint] = await attempt(findings, path, async () => openCheckpoint(here, { prefer: kinds.includes('adapter') ? 'adapter' : 'model' }));
      if (checkpoint === undefined) continue;
      try {
        findings.push(...checkpoint.findings);
        described = await listCheckpoint(checkpoint, request, context);
      } finally {
        await closeCheckpoint(checkpoint);
      }
    } else {
      // What convert and merge would make of a training state: put together, in float32.
      const [state] = await attempt(findings, path, async () => openState(here));
      if (state === undefined) continue;
      try {
        findings.push(...state.findings);
        described = await listCheckpoint(state, request, context);
      } finally {
        await closeCheckpoint(state);
      }
    }
  }
  const { kinds } = tree.directories.get('')!, result = resultOf(tree), sizes = await explainSizes(tree.root);
  return {
    schema: 'temper.inspect/1', exit: 0, findings: unique(findings),
    body: {
      path: request.path, kinds,
      directories: Object.fromEntries(inside.filter((one) => one.path !== '' && one.kinds.length > 0).map((one) => [one.path, one.kinds])),
      files: [...tree.files.values()].map(({ path, role, format, neededFor, bytes }) => ({ path, role, format, needed_for: neededFor, bytes })),
      effective_weights: Object.fromEntries(weights), producer: tree.producer ?? null,
      result: result === undefined ? null : { ...result, path: result.path === '' ? '.' : result.path },
      sizes: sizes.map(({ bytesEach, ...size }) => ({ ...size, bytes_each: bytesEach })), adapters, ...described,
      next: nextCommands(request.path, tree, result, adapters.map((adapter) => ({ path: adapter.path, base: adapter.base_model_name_or_path }))),
    },
  };
}

/** Whether weights are led to by an index that is too large to be held against them for a summary. */
const isLarge = (files: readonly TreeFile[], [index]: readonly string[]): boolean =>
  files.some(({ name, role, bytes }) => name === index && role === 'weights-index' && bytes > INDEX_COMPARED_BYTES);

/** Whether every shard of an index lies beside it; if not, opening says which one is missing. */
const isWhole = async (here: FolderView, index: string): Promise<boolean> => (await here.shards(index) ?? []).every((name) => here.has(name));

/** Roles of files that are opened as tensors. */
const TENSOR_ROLES: ReadonlySet<string> = new Set(['weights', 'adapter-weights', 'module-weights', 'retrieval-head']);
/** What stands in the place of weights when they did not arrive whole. */
const BAD_FORMATS: ReadonlySet<string> = new Set(['html', 'json', 'json-invalid', 'text', 'lfs-pointer', 'empty', 'safetensors-truncated', 'torch-zip-truncated', 'binary']);

const isBadWeights = ({ role, format }: TreeFile): boolean => TENSOR_ROLES.has(role) && BAD_FORMATS.has(format);

/** Its own reader says best what is wrong with a file. */
async function refuseBad(folder: Folder, path: string): Promise<void> {
  const source = await folder.open(path);
  try {
    await openContainer(source);
  } finally {
    await source.close();
  }
}

/** A finding of something in a sub-folder: readers call a file as it was opened, and a folder of theirs `.`. */
const inFolder = (found: Finding, path: string): Finding => {
  if (path === '' || found.path === undefined || found.path === path || found.path.startsWith(`${path}/`)) return found;
  return { ...found, path: found.path === '.' ? path : `${path}/${found.path}` };
};
const roles = (path: string) => { const { role, neededFor } = roleOf(path); return { role, needed_for: neededFor }; };
const unique = (findings: readonly Finding[]) => [...new Map(findings.map((found) => [JSON.stringify(found), found])).values()];

/** The result in a list, or an empty list and the refusal as a finding. */
async function attempt<T>(findings: Finding[], path: string, look: () => Promise<T>): Promise<T[]> {
  try {
    return [await look()];
  } catch (error) {
    if (!isTemperError(error)) throw error;
    findings.push(...error.findings.map((found) => inFolder(found, path)));
    return [];
  }
}

/**
 * Facts of the adapter in a folder: what its configuration says, and, where there are weights that can be opened, what these
 * hold. What stands against either is a finding.
 */
async function adapterFacts(folder: Folder, { path, files, weights = [] }: TreeDirectory, findings: Finding[]): Promise<InspectedAdapter[]> {
  if (!files.some(({ name }) => name === ADAPTER_CONFIG)) {
    findings.push(finding(NO_ADAPTER_CONFIG, { folder: path === '' ? folder.label : path }, { path: path === '' ? '.' : path }));
    return [];
  }
  const [config] = await attempt(findings, path, async () => readAdapterConfig(folder));
  if (config === undefined) return [];
  const held = weights.length === 0 ? [] : await attempt(findings, path, async () => heldBy(folder, path, findings));
  const number = (field: string) => { const value = config.fields.get(field); return typeof value === 'number' ? value : null; };
  const text = (field: string) => textOf(config, field) ?? null;
  const base = text('base_model_name_or_path');
  return [{
    path: path === '' ? '.' : path, peft_type: text('peft_type') ?? '?', r: number('r'), lora_alpha: number('lora_alpha'), ...held[0] ?? { modules: 0, parameters: 0, dtypes: [] },
    target_modules: config.fields.get('target_modules') ?? null, modules_to_save: config.fields.get('modules_to_save') ?? null,
    use_dora: config.fields.get('use_dora') === true, use_rslora: config.fields.get('use_rslora') === true,
    base_model_name_or_path: base, value_class: readBaseValue(base).class, revision: text('revision'), peft_version: text('peft_version'),
  }];
}

/** What the weights of an adapter hold. */
async function heldBy(folder: Folder, path: string, findings: Finding[]): Promise<Pick<InspectedAdapter, 'modules' | 'parameters' | 'dtypes'>> {
  const adapter = await openAdapter(folder);
  try {
    findings.push(...adapter.findings.map((found) => inFolder(found, path)));
    const tensors = [...adapter.checkpoint.tensors.values()];
    return { modules: adapter.modules.length, parameters: tensors.reduce((total, { shape }) => total + elementCount(shape), 0), dtypes: [...new Set(tensors.map(({ dtype }) => dtype))] };
  } finally {
    await closeCheckpoint(adapter.checkpoint);
  }
}
