/**
 * @module
 * The verbs over paths of this machine: what the command line calls, and what a Node program calls. Each loads what it
 * needs when it is called: a conversion has no use for the adapters' methods.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Rounding } from '../adapters/index.ts';
import { listedOnce } from '../bytes/index.ts';
import { refuse, TemperError } from '../findings/index.ts';
import type { Plan, Written } from '../plans/index.ts';
import type { ComputeDType } from '../tensors/index.ts';
import { PROOF_FAILED } from '../verbs/codes.ts';
import type { ConvertRequest } from '../verbs/convert.ts';
import type { ExecuteOptions } from '../verbs/execute.ts';
import type { InspectBody } from '../verbs/inspect.ts';
import type { MergeRequest } from '../verbs/merge.ts';
import type { ScanBody } from '../verbs/scan.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import type { WriteBody } from '../verbs/written.ts';
import type { ProofCrew, StartProof, VerifyBody } from '../verbs/verify.ts';
import { sha256 } from './hash.ts';
import { openFolder, openInput, type NodeFolder, type OpenedInput } from './folder.ts';
import { openStateInput, type StateWords } from './states.ts';
import { divideMemory, proofCrew, startThreads, threadCount } from './crew.ts';
import { MEMORY_BYTES_DEFAULT, nodeHost, type NodeHostOptions, withHost } from './host.ts';
import { hostCrc32 } from './resources.ts';
import type { FaultHook } from './workspace.ts';
import { findInHubCache, isHubId } from './hub-cache.ts';

/** Common to everything that writes. */
export interface WriteOptions extends ExecuteOptions {
  readonly output: string;
  readonly memoryBytes?: number;
  readonly workers?: number;
  readonly dryRun?: boolean;
  /** Write the plan here (with `dryRun`), or run exactly the plan that lies here. */
  readonly planFile?: string;
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  /** false: torch's .bin instead of safetensors. */
  readonly safeSerialization?: boolean;
  /** Tests make the disk fail here. */
  readonly hook?: FaultHook;
}

/** Bytes of a file, or of the files in a directory: threads start while what plans is still being loaded. */
function bytesOf(given: string): number {
  const size = (name: string) => { const found = fs.statSync(name, { throwIfNoEntry: false }); return found?.isFile() ? found.size : 0; };
  try {
    return size(given) + (fs.statSync(given).isDirectory() ? fs.readdirSync(given).reduce((sum, name) => sum + size(path.join(given, name)), 0) : 0);
  } catch {
    return 0; // whoever opens it says what is wrong
  }
}

/** A path, or the id of a model in the local hub cache. */
export function resolveModel(text: string, revision?: string): string {
  if (fs.existsSync(text) || !isHubId(text)) return text;
  const found = findInHubCache(text, revision);
  if ('finding' in found) throw new TemperError([found.finding]);
  return found.path;
}

/** `inspect PATH`. */
export async function inspectPath(given: string, options: { tensors?: boolean; digest?: boolean } = {}, context: VerbContext = {}): Promise<Answer<InspectBody>> {
  const { folder, file } = openInput(resolveModel(given)), { inspect } = await import('../verbs/inspect.ts');
  return inspect({ folder, path: given, sha256, exists: (name) => fs.existsSync(name), ...options, ...(file === undefined ? {} : { file }) }, context);
}

/** `scan PATH`. `deep` searches and checks everything, however large. */
export async function scanPath(given: string, options: { deep?: boolean } = {}, context: VerbContext = {}): Promise<Answer<ScanBody>> {
  const { folder, file } = openInput(resolveModel(given)), { scan } = await import('../verbs/scan.ts');
  return scan({ folder, path: given, all: options.deep ?? false, crc32: hostCrc32, ...(file === undefined ? {} : { file }) }, context);
}

/** What a merge on this machine is made of. */
export interface MergePathsOptions extends WriteOptions, StateWords {
  readonly base: string;
  readonly adapters: readonly string[];
  readonly revision?: string;
  readonly rounding?: Rounding;
  readonly loraAlpha?: number;
  readonly initialAdapter?: string;
  /** Merge onto the numbers that a quantised base stands for. */
  readonly dequantize?: boolean;
  /** Prove the result when it is written. */
  readonly verify?: boolean;
  /** How to find what is left of the deltas: on a sample, or on every element of the output. A dry run and a part know the sample only. */
  readonly survival?: 'sample' | 'exact';
}

/** `merge BASE ADAPTER… -o OUT`. */
export async function mergePaths(options: MergePathsOptions, context: VerbContext = {}): Promise<Answer<WriteBody>> {
  const basePath = resolveModel(options.base, options.revision), adapterPaths = options.adapters.map((adapter) => resolveModel(adapter));
  const base = openInput(basePath), { adapters, states } = await adaptersOf(adapterPaths, options), exact = options.survival === 'exact' && !options.dryRun && options.part === undefined;
  const host = nodeHost({ ...hostOptions(options), inputs: [basePath, ...adapterPaths] });
  const request: MergeRequest = {
    ...(options.initialAdapter === undefined ? {} : { initialAdapter: openInput(options.initialAdapter).folder }),
    base: listedOnce(base.folder), adapters: adapters.map(listedOnce), ...states, output: options.output, ...(base.file === undefined ? {} : { baseFile: base.file }),
    ...pick(options, ['dtype', 'maxShardBytes', 'rounding', 'loraAlpha', 'dryRun', 'dequantize']), ...containerOf(options),
    ...(options.planFile === undefined || options.dryRun ? {} : { plan: await readPlan(options.planFile) }), ...(exact ? { sampleSurvival: false } : {}),
  };
  if (!options.dryRun) host.prepare(bytesOf(basePath), 'compute');
  const { merge } = await import('../verbs/merge.ts');
  const { bound, ...answer } = await withHost(host, () => merge(request, host, executeOptions(options), context));
  if (options.dryRun && options.planFile !== undefined) await writePlan(options.planFile, bound.plan);
  if ((!options.verify && !exact) || options.dryRun || answer.body.complete === false) return answer;
  const { body: { verdict, counts, survival } } = await verifyPaths({ ...options, merged: options.output, ...(exact ? { survivalSample: Infinity } : {}) }, context);
  if (options.verify && verdict !== 'merged' && verdict !== 'merged-with-rounding') refuse(PROOF_FAILED, { output: options.output, verdict }, { path: options.output });
  return { ...answer, body: { ...answer.body, ...(exact && survival !== undefined ? { survival } : {}), ...(options.verify ? { verified: { verdict, counts } } : {}) } };
}

/** What a conversion on this machine is made of. */
export interface ConvertPathOptions extends WriteOptions, Pick<ConvertRequest, 'to' | 'saveFormat' | 'shards' | 'asAdapter' | 'loraAlpha' | 'pooling' | 'tag' | 'worldSize' | 'excludeFrozen' | 'buffers' | 'keep' | 'recursive' | 'materializeTied' | 'dequantize'> {
  readonly input: string;
  /** The base of an adapter: a path, or a hub id in the local cache. */
  readonly base?: string;
  /** torch's format before 1.6, with `to: 'bin'`. */
  readonly legacyFormat?: boolean;
  /** false: do not read the output again. */
  readonly verify?: boolean;
}

/** Outputs that are one file, by their ending; what is no safetensors is a torch file. */
const SINGLE_FILE = /\.(?:safetensors|bin|pt|pth|gguf)$/;

/** The container that was asked for, by a flag or by the output's ending. */
function containerOf({ safeSerialization, output, to, legacyFormat }: WriteOptions & { readonly to?: string; readonly legacyFormat?: boolean }): { container?: Written } {
  const torch = safeSerialization === false || to === 'bin' || (SINGLE_FILE.test(output) && !/\.(?:safetensors|gguf)$/.test(output));
  if (torch || legacyFormat) return { container: legacyFormat ? 'torch-legacy' : 'torch-zip' };
  return safeSerialization || to === 'safetensors' ? { container: 'safetensors' } : {};
}

/** `convert IN -o OUT`. An output that ends in .safetensors, .bin, .pt or .pth is one file. */
export async function convertPath(options: ConvertPathOptions, context: VerbContext = {}): Promise<Answer<WriteBody>> {
  const inputPath = resolveModel(options.input), { folder, file, state } = await openStateInput(inputPath, options);
  const single = SINGLE_FILE.test(options.output) ? path.basename(options.output) : undefined;
  const host = nodeHost({ ...hostOptions(options), inputs: [inputPath], ...(single === undefined ? {} : { single }) });
  const request: ConvertRequest = {
    input: listedOnce(folder), output: options.output, ...state, ...(file === undefined ? {} : { file }), ...(single === undefined ? {} : { single }),
    ...pick(options, ['dtype', 'maxShardBytes', 'dryRun', 'to', 'saveFormat', 'shards', 'asAdapter', 'loraAlpha', 'pooling', 'excludeFrozen', 'buffers', 'keep', 'recursive', 'materializeTied', 'dequantize']), ...containerOf(options),
    ...(options.to === undefined && single?.endsWith('.gguf') ? { to: 'gguf-lora' } : {}),
    ...(options.base === undefined ? {} : { base: openInput(resolveModel(options.base)).folder }), findBase: (name) => baseAtHand(name, inputPath),
  };
  if (!options.dryRun) host.prepare(bytesOf(inputPath), options.dtype === undefined ? 'copy' : 'compute');
  const { convert } = await import('../verbs/convert.ts');
  const { bound, ...answer } = await withHost(host, () => convert(request, host, { ...executeOptions(options), manifest: single === undefined, reread: options.verify ?? true }, context));
  if (options.dryRun && options.planFile !== undefined) await writePlan(options.planFile, bound.plan);
  return answer;
}

/** The base that an adapter names, when it is a directory here, beside the adapter, or in the hub cache. */
function baseAtHand(name: string, adapter: string): NodeFolder | undefined {
  const isFolder = (given: string) => fs.statSync(given, { throwIfNoEntry: false })?.isDirectory() === true;
  const here = [name, path.resolve(path.dirname(path.resolve(adapter)), name)].find(isFolder), cached = here === undefined && isHubId(name) ? findInHubCache(name, undefined) : undefined;
  return here !== undefined ? openFolder(here) : cached !== undefined && 'path' in cached ? openFolder(cached.path) : undefined;
}

/** Adapters, and the training states that they lie in, where that was said or a state was named. */
async function adaptersOf(given: readonly string[], words: StateWords): Promise<{ adapters: NodeFolder[]; states: Pick<MergeRequest, 'states'> }> {
  const opened = await Promise.all(given.map((adapter) => openStateInput(adapter, words)));
  const states = opened.some(({ state }) => state !== undefined) ? { states: opened.map(({ state }) => state) } : {};
  return { adapters: opened.map((one, i) => folderOf(one, given[i]!)), states };
}

/** An adapter may be named by its weights file. */
function folderOf({ folder, file }: OpenedInput, given: string): NodeFolder {
  return file === undefined ? folder : openInput(path.dirname(path.resolve(given))).folder;
}

/** What of the options the output side needs. */
export function hostOptions(options: WriteOptions): Omit<NodeHostOptions, 'inputs'> {
  return { output: options.output, ...pick(options, ['memoryBytes', 'workers', 'hook']) };
}

/** What of the options a run needs. */
export function executeOptions(options: WriteOptions): ExecuteOptions {
  return pick(options, ['resume', 'force', 'part', 'finish', 'digest', 'sync']);
}

/** The members that are there. */
export function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<T, K>;
}

/** Writes a plan as lines. */
export async function writePlan(file: string, plan: Plan): Promise<void> {
  const { planLines } = await import('../plans/index.ts');
  const descriptor = fs.openSync(file, 'w');
  try { for (const line of planLines(plan)) fs.writeSync(descriptor, `${line}\n`); } finally { fs.closeSync(descriptor); }
}

async function readPlan(file: string): Promise<Plan> {
  const { parsePlan } = await import('../plans/index.ts');
  return parsePlan(fs.readFileSync(file, 'utf8').split('\n'), path.basename(file));
}

/** What is compared on this machine. */
export interface VerifyPathsOptions extends StateWords {
  readonly base: string;
  readonly adapters: readonly string[];
  readonly merged: string;
  readonly revision?: string;
  readonly loraAlpha?: number;
  readonly initialAdapter?: string;
  readonly dequantize?: boolean;
  readonly memoryBytes?: number;
  readonly workers?: number;
  /** Elements of an exact tensor whose survival is measured; all of them with Infinity. */
  readonly survivalSample?: number;
}

/** `verify BASE ADAPTER… MERGED`. */
export async function verifyPaths(options: VerifyPathsOptions, context: VerbContext = {}): Promise<Answer<VerifyBody>> {
  const base = openInput(resolveModel(options.base, options.revision)), merged = openInput(resolveModel(options.merged));
  const { adapters, states } = await adaptersOf(options.adapters.map((adapter) => resolveModel(adapter)), options);
  const { verify, SURVIVAL_SAMPLE } = await import('../verbs/verify.ts'), { survivalSample = SURVIVAL_SAMPLE } = options;
  return verify({
    base: listedOnce(base.folder), adapters: adapters.map(listedOnce), ...states, merged: merged.folder, survivalSample, ...pick(options, ['loraAlpha', 'dequantize']),
    ...(options.initialAdapter === undefined ? {} : { initialAdapter: openInput(options.initialAdapter).folder }),
    ...(base.file === undefined ? {} : { baseFile: base.file }), ...(merged.file === undefined ? {} : { mergedFile: merged.file }),
  }, context, (files, stages, bytes) => startProof(files, stages, bytes, survivalSample, options));
}

/** Threads for a proof, where every input is a file of this machine and there is enough to do. */
const startProof = (files: Parameters<StartProof>[0], stages: Parameters<StartProof>[1], bytes: number, survivalSample: number, options: { memoryBytes?: number; workers?: number }): ProofCrew | undefined => {
  const memoryBytes = options.memoryBytes ?? MEMORY_BYTES_DEFAULT, count = threadCount(bytes, memoryBytes, options.workers);
  const inputs = files.map(({ folder, path: name }) => ({ path: folder.fileName?.(name), label: name }));
  if (count === 0 || inputs.some((input) => input.path === undefined)) return undefined;
  return proofCrew({ inputs: inputs as { path: string; label: string }[], stages, memoryBytes: divideMemory(memoryBytes, count).programBytes, survivalSample }, startThreads(count));
};
