/**
 * @module
 * inspect: what is this? A file or a directory: what every file is for, its tensors, the facts of its adapters.
 */
import { subFolder, type Folder } from '../bytes/index.ts';
import { NAME_AND_CONTENT } from '../checkpoints/codes.ts';
import { closeCheckpoint, openCheckpoint, openState } from '../checkpoints/index.ts';
import { openContainer } from '../containers/index.ts';
import type { Hash } from '../engine/index.ts';
import { finding, type Finding, type Text } from '../findings/index.ts';
import { aboutArguments, explainSizes, nextCommands, resultOf, surveyTree, trainingOf, type Advice, type FolderView, type Producer, type TreeFile } from '../producers/index.ts';
import { isReadable } from '../producers/weights.ts';
import { adapterFacts } from './adapter-facts.ts';
import { attempt } from './attempt.ts';
import { inspectFile, toldArguments } from './inspect-file.ts';
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
  /** Whether a path is there, as a command would find it: for the commands that are suggested. */
  readonly exists?: (path: string) => boolean;
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

/** How far a run came, and what it was started with. A loss that JSON has no number for is a text. */
export interface InspectedTraining {
  readonly progress?: { readonly path: string; readonly step: number; readonly max_steps?: number; readonly epoch?: number; readonly loss?: number | string };
  readonly arguments?: { readonly path: string; readonly class: string; readonly values: Readonly<Record<string, string | number | boolean>> };
}

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
  readonly training?: InspectedTraining;
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

async function inspectFolder(request: InspectRequest, context: VerbContext): Promise<Answer<InspectBody>> {
  const { folder } = request, findings: Finding[] = [];
  let totalBytes = 0;
  const onFile = (current: string, bytes: number) => context.onEvent?.({ kind: 'progress', phase: 'open', doneBytes: totalBytes, totalBytes: totalBytes += bytes, current });
  const tree = await surveyTree(folder, { onFile, ...(context.signal === undefined ? {} : { signal: context.signal }) });
  const inside = [...tree.directories.values()], adapters: InspectedAdapter[] = [], weights = new Map<string, readonly string[]>();
  let described: Pick<InspectBody, 'summary' | 'tensors'> = {};
  for (const directory of inside) {
    const { path, kinds, files, weights: effective } = directory;
    const here = path === '' ? folder : subFolder(folder, path), place = path === '' ? '.' : path;
    if (effective !== undefined) weights.set(place, effective);
    if (kinds.includes('adapter')) adapters.push(...await adapterFacts(here, directory, findings));
    for (const file of files) await lookAtBad(folder, file, findings);
    if (path !== '') continue;
    const [parts] = await attempt(findings, path, async () => listParts(here, files.map(({ name }) => name), request, context));
    if (parts !== undefined) {
      findings.push(...parts.findings);
      weights.set(place, parts.files);
      described = parts.listing;
    } else if (effective !== undefined && isLarge(files, effective) && await isWhole(tree.root, effective[0]!) && !request.tensors && !request.digest) {
      const [summed] = await attempt(findings, path, async () => sumFiles(here, effective.slice(1), context));
      described = summed ?? {};
    } else if (effective !== undefined && kinds.includes('llama-pth') && effective.join() !== 'consolidated.00.pth') {
      // Slices of one model, or what is left of them: none of them is a checkpoint.
      continue;
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
  const training = await trainingOf(tree.written);
  findings.push(...aboutArguments(training.arguments));
  const { kinds } = tree.directories.get('')!, result = resultOf(tree), sizes = await explainSizes(tree.root);
  return {
    schema: 'temper.inspect/1', exit: 0, findings: unique(findings),
    body: {
      path: request.path, kinds,
      directories: Object.fromEntries(inside.filter((one) => one.path !== '' && one.kinds.length > 0).map((one) => [one.path, one.kinds])),
      files: [...tree.files.values()].map(({ path, role, format, neededFor, bytes }) => ({ path, role, format, needed_for: neededFor, bytes })),
      effective_weights: Object.fromEntries(weights), producer: tree.producer ?? null,
      result: result === undefined ? null : { ...result, path: result.path === '' ? '.' : result.path },
      sizes: sizes.map(({ bytesEach, ...size }) => ({ ...size, bytes_each: bytesEach })),
      ...told(training), adapters, ...described,
      next: nextCommands(request.path, tree, result, adapters.map((adapter) => ({ path: adapter.path, base: adapter.base_model_name_or_path })), request.exists),
    },
  };
}

function told({ progress, arguments: args }: Awaited<ReturnType<typeof trainingOf>>): { training?: InspectedTraining } {
  if (progress === undefined && args === undefined) return {};
  const { path, step, maxSteps, epoch, loss } = progress ?? {};
  return {
    training: {
      ...(path === undefined || step === undefined ? {} : { progress: { path, step, ...(maxSteps === undefined ? {} : { max_steps: maxSteps }), ...(epoch === undefined ? {} : { epoch }), ...(loss === undefined ? {} : { loss: Number.isFinite(loss) ? loss : String(loss) }) } }),
      ...(args === undefined ? {} : { arguments: toldArguments(args) }),
    },
  };
}

/** Whether weights are led to by an index that is too large to be held against them for a summary. */
const isLarge = (files: readonly TreeFile[], [index]: readonly string[]): boolean =>
  files.some(({ name, role, bytes }) => name === index && role === 'weights-index' && bytes > INDEX_COMPARED_BYTES);

/** Whether every shard of an index lies beside it; if not, opening says which one is missing. */
const isWhole = async (here: FolderView, index: string): Promise<boolean> => (await here.shards(index) ?? []).every((name) => here.has(name));

/** Roles of files that are opened as tensors. */
const TENSOR_ROLES: ReadonlySet<string> = new Set([
  'weights', 'adapter-weights', 'module-weights', 'retrieval-head', 'deepspeed-model-states', 'deepspeed-optimizer-shard', 'fsdp-weights', 'mmengine-checkpoint', 'optimizer',
]);
/** What stands in the place of weights when they did not arrive whole. */
const BAD_FORMATS: ReadonlySet<string> = new Set(['html', 'json', 'json-invalid', 'text', 'lfs-pointer', 'empty', 'safetensors-truncated', 'torch-zip-truncated', 'binary']);

/** Weights that did not arrive, or that are called what they are not: loaders choose how to read by the name. */
async function lookAtBad(folder: Folder, { path, name, role, format }: TreeFile, findings: Finding[]): Promise<void> {
  // Weights of other frameworks are nothing that can be opened here, whatever is in them.
  if (!TENSOR_ROLES.has(role) || !/\.(?:safetensors|bin|pth?|gguf)$/.test(name)) return;
  if (BAD_FORMATS.has(format)) await attempt(findings, '', async () => refuseBad(folder, path));
  else if (!isReadable(name, format)) findings.push(finding(NAME_AND_CONTENT, { file: path, named: name.slice(name.lastIndexOf('.') + 1), format }, { path, found: format }));
}

/** Its own reader says best what is wrong with a file. */
async function refuseBad(folder: Folder, path: string): Promise<void> {
  const source = await folder.open(path);
  try {
    await openContainer(source);
  } finally {
    await source.close();
  }
}

const unique = (findings: readonly Finding[]) => [...new Map(findings.map((found) => [JSON.stringify(found), found])).values()];
