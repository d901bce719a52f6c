/**
 * @module
 * What the command line asks of the verbs over this machine's files, and the one place that loads them.
 */
import type { BaseMatchBody, BaseSetBody, BaseShowBody, BaseVerifyBody, CheckBody, CombineBody, DiffBody, ExtractBody, InspectBody, ScanBody, VerifyBody, WrittenBody } from '../reports/index.ts';
import type { AssembledBody } from '../reports/assemble.ts';
import type { BaseSetOptions, BaseVerifyOptions } from '../node/base.ts';
import type { CheckPathOptions } from '../node/check.ts';
import type { ComputeDType } from '../tensors/index.ts';
import type { CombineName, SignElection } from '../verbs/combine/methods.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import type { Part } from './values.ts';

/** Dtypes a model can be written in, and `auto`: that of the input. */
export type OutputDType = 'auto' | 'float32' | 'float16' | 'bfloat16';

/** How much of the machine a verb may use. */
export interface ComputeOptions { readonly memoryBytes?: number; readonly workers?: number }

/** Options of `inspect`. */
export interface InspectOptions extends ComputeOptions { readonly tensors?: boolean; readonly digest?: boolean }

/** Options of `scan`. */
export interface ScanOptions { readonly deep?: boolean }

/** Options of every verb that writes. */
export interface WriteOptions extends ComputeOptions {
  readonly output: string;
  readonly maxShardBytes?: number;
  readonly safeSerialization?: boolean;
  readonly dtype?: OutputDType;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly resume?: boolean;
  readonly part?: Part;
  readonly finish?: boolean;
  readonly digest?: boolean;
  readonly sync?: boolean;
}

/** Options of `convert`. */
export interface ConvertOptions extends WriteOptions {
  readonly to?: string;
  readonly saveFormat?: string;
  readonly shards?: number;
  readonly asAdapter?: boolean;
  readonly loraAlpha?: number;
  readonly pooling?: string;
  /** A path, or a hub id in the local cache. */
  readonly base?: string;
  readonly tag?: string;
  readonly worldSize?: number;
  readonly excludeFrozen?: boolean;
  readonly buffers?: 'keep' | 'float32';
  readonly keep?: boolean;
  readonly recursive?: boolean;
  readonly materializeTied?: boolean;
  readonly dequantize?: boolean;
  readonly legacyFormat?: boolean;
  readonly verify?: boolean;
}

/** Base and adapters: paths, or for the base a hub id. */
export interface AdapterOptions extends ComputeOptions {
  readonly base?: string;
  readonly adapters: readonly string[];
  readonly initialAdapter?: string;
  readonly loraAlpha?: number;
  readonly dequantize?: boolean;
  readonly revision?: string;
  readonly tag?: string;
  readonly worldSize?: number;
}

/** Options of `merge`. `base` and `adapters` may be absent when `plan` names a plan to run. */
export interface MergeOptions extends AdapterOptions, WriteOptions {
  /** A plan file: run it, or write it with `dryRun`. */
  readonly plan?: string;
  readonly rounding?: 'exact' | 'peft' | 'peft-safe';
  readonly survival?: 'sample' | 'exact';
  readonly verify?: boolean;
}

/** Options of `assemble`. */
export interface AssembleOptions extends WriteOptions {
  readonly tree: string;
  /** `llm=PATH`, `visual_encoder=PATH`. */
  readonly bases: readonly string[];
  readonly loraAlpha?: number;
  readonly revision?: string;
  readonly saveFormat?: string;
}

/** Options of `verify`. */
export interface VerifyOptions extends AdapterOptions { readonly merged: string }

/** Options of `diff`. */
export interface DiffOptions extends ComputeOptions { readonly rank?: boolean }

/** Options of `extract`. */
export interface ExtractOptions extends ComputeOptions {
  readonly base: string;
  readonly tuned: string;
  readonly output: string;
  readonly rank?: number;
  readonly energy?: number;
  readonly targets?: readonly string[];
  readonly fullTensors?: boolean;
  readonly dtype?: OutputDType;
  readonly revision?: string;
  readonly force?: boolean;
  readonly digest?: boolean;
  readonly sync?: boolean;
}

/** Options of `combine`. */
export interface CombineOptions extends ComputeOptions {
  readonly adapters: readonly string[];
  readonly output: string;
  readonly weights?: readonly number[];
  readonly method?: CombineName;
  readonly density?: number;
  readonly rank?: number;
  readonly election?: SignElection;
  readonly seed?: number;
  readonly dtype?: OutputDType;
  readonly force?: boolean;
  readonly digest?: boolean;
  readonly sync?: boolean;
}

/** The verbs over paths. */
export interface NodeVerbs {
  inspectPath(path: string, options: InspectOptions, context: VerbContext): Promise<Answer<InspectBody>>;
  checkPath(path: string, options: CheckPathOptions, context: VerbContext): Promise<Answer<CheckBody>>;
  /** Writes a report into a file, over what is there. */
  writeReport(file: string, text: string): Promise<void>;
  scanPath(path: string, options: ScanOptions, context: VerbContext): Promise<Answer<ScanBody>>;
  convertPath(path: string, options: ConvertOptions, context: VerbContext): Promise<Answer<WrittenBody>>;
  mergePaths(options: MergeOptions, context: VerbContext): Promise<Answer<WrittenBody>>;
  assemblePaths(options: AssembleOptions, context: VerbContext): Promise<Answer<AssembledBody>>;
  verifyPaths(options: VerifyOptions, context: VerbContext): Promise<Answer<VerifyBody>>;
  extractPaths(options: ExtractOptions, context: VerbContext): Promise<Answer<ExtractBody>>;
  baseShowPath(path: string): Promise<Answer<BaseShowBody>>;
  baseAuditPath(path: string, context: VerbContext): Promise<Answer<BaseShowBody>>;
  baseSetPath(path: string, value: string, options: BaseSetOptions): Promise<Answer<BaseSetBody>>;
  baseMatchPaths(subject: string, candidates: readonly string[]): Promise<Answer<BaseMatchBody>>;
  baseVerifyPaths(base: string, adapter: string, options: BaseVerifyOptions): Promise<Answer<BaseVerifyBody>>;
  combinePaths(options: CombineOptions, context: VerbContext): Promise<Answer<CombineBody>>;
  diffPaths(a: string, b: string, options: DiffOptions, context: VerbContext): Promise<Answer<DiffBody>>;
}

/** Loads them, and with them everything that reads and computes. */
export async function loadVerbs(): Promise<NodeVerbs> {
  const node = await import('../node/verbs.ts');
  return {
    inspectPath: async (path, options, context) => await node.inspectPath(path, options, context) as unknown as Answer<InspectBody>,
    checkPath: async (path, options, context) => (await import('../node/check.ts')).checkPath(path, options, context),
    writeReport: async (file, text) => (await import('../node/check.ts')).writeReport(file, text),
    scanPath: async (path, options, context) => node.scanPath(path, options, context),
    convertPath: async (path, options, context) => await node.convertPath({ ...writeOptions(options), input: path }, context) as Answer<WrittenBody>,
    mergePaths: async ({ base = '', plan, ...options }, context) =>
      await node.mergePaths({ ...writeOptions(options), base, ...(plan === undefined ? {} : { planFile: plan }) }, context) as Answer<WrittenBody>,
    assemblePaths: async (options, context) => (await import('../node/assemble.ts')).assemblePaths(writeOptions(options), context) as Promise<Answer<AssembledBody>>,
    verifyPaths: async ({ base = '', ...options }, context) => await node.verifyPaths({ ...options, base }, context) as unknown as Answer<VerifyBody>,
    extractPaths: async (options, context) => await (await import('../node/extract.ts')).extractPaths(writeOptions(options), context) as Answer<ExtractBody>,
    baseShowPath: async (path) => (await import('../node/base.ts')).baseShowPath(path),
    baseAuditPath: async (path, context) => (await import('../node/base.ts')).baseAuditPath(path, context),
    baseSetPath: async (path, value, options) => (await import('../node/base.ts')).baseSetPath(path, value, options),
    baseMatchPaths: async (subject, candidates) => (await import('../node/base.ts')).baseMatchPaths(subject, candidates),
    baseVerifyPaths: async (base, adapter, options) => (await import('../node/base.ts')).baseVerifyPaths(base, adapter, options),
    combinePaths: async (options, context) => await (await import('../node/combine.ts')).combinePaths(writeOptions(options), context) as Answer<CombineBody>,
    diffPaths: async (a, b, options, context) => (await import('../node/diff.ts')).diffPaths(a, b, options, context),
  };
}

const DTYPES: Readonly<Record<Exclude<OutputDType, 'auto'>, ComputeDType>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

/** `auto` is what holds when nothing is said. */
function writeOptions<T extends { readonly dtype?: OutputDType }>({ dtype, ...options }: T): Omit<T, 'dtype'> & { dtype?: ComputeDType } {
  return { ...options, ...(dtype === undefined || dtype === 'auto' ? {} : { dtype: DTYPES[dtype] }) };
}
