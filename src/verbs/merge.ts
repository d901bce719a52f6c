/**
 * @module
 * merge: base and adapters into one deployable directory.
 */
import { openAdapter, type Adapter, type AdapterOptions, type Rounding } from '../adapters/index.ts';
import type { ByteSource, Folder } from '../bytes/index.ts';
import { closeCheckpoint, fingerprint, openModel, type Checkpoint, type StateOptions } from '../checkpoints/index.ts';
import type { OutputHost } from '../engine/index.ts';
import { bindPlan, planMerge, rolesOf, tensorInputs, type BoundPlan, type Plan, type Written } from '../plans/index.ts';
import { turn } from '../proofs/turn.ts';
import { measureSurvival, proofCompiler, type Survival } from '../proofs/index.ts';
import { cast, elementCount, sameShape, visit, type ComputeDType, type Expression } from '../tensors/index.ts';
import { isTemperError, TemperError } from '../findings/index.ts';
import { compareRecord } from './base/record.ts';
import { VERSION } from '../version.ts';
import { survivalBody, type SurvivalBody } from './survival.ts';
import { answer, type WriteBody } from './written.ts';
import { checkInputs, execute, openInputs, type ExecuteOptions } from './execute.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What a merge is made of. */
export interface MergeRequest {
  readonly base: Folder;
  /** A single weights file inside `base`, when the user named one. */
  readonly baseFile?: string;
  /** Merged in this order. */
  readonly adapters: readonly Folder[];
  /** Name of the output, for the answer. */
  readonly output: string;
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  readonly rounding?: Rounding;
  readonly loraAlpha?: number;
  /** Merge onto the numbers that a quantised base stands for. */
  readonly dequantize?: boolean;
  /** The training states that adapters are to be taken from, instead of files of their own, by position. */
  readonly states?: readonly (StateOptions | undefined)[];
  /** The adapter as it was before training (PiSSA, OLoRA …). */
  readonly initialAdapter?: Folder;
  /** Only plan. */
  /** safetensors unless something else is asked for. */
  readonly container?: Written;
  readonly dryRun?: boolean;
  /** false: the caller measures what is left of the deltas by itself. */
  readonly sampleSurvival?: boolean;
  /** Run exactly this plan instead of making one. */
  readonly plan?: Plan;
}

/** Merges. The answer's exit is 0; everything else is thrown. */
export async function merge(request: MergeRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext = {}): Promise<Answer<WriteBody> & { bound: BoundPlan }> {
  if (request.plan !== undefined) return runPlan(request, request.plan, host, options, context);
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const base = await openModel(request.base, request.baseFile === undefined ? {} : { file: request.baseFile });
  const adapters: Adapter[] = [], opened: Checkpoint[] = [base];
  try {
    if (!request.dryRun) host.prepare(base.files.reduce((sum, file) => sum + file.bytes, 0), 'compute');
    for (const [i, folder] of request.adapters.entries()) adapters.push(await openAdapter(folder, adapterOptions(request, i)));
    const initial = request.initialAdapter === undefined ? undefined : await openAdapter(request.initialAdapter, { hasInitial: true });
    if (initial !== undefined) opened.push(initial.checkpoint);
    context.onEvent?.({ kind: 'phase', phase: 'plan' });
    await holdAgainstRecords(request.adapters, base);
    const bound = await planMerge(base, adapters, {
      version: VERSION,
      ...(request.dtype === undefined ? {} : { dtype: request.dtype }),
      ...(request.maxShardBytes === undefined ? {} : { maxShardBytes: request.maxShardBytes }), ...(request.container === undefined ? {} : { container: request.container }),
      ...(request.rounding === undefined ? {} : { rounding: request.rounding }), ...(request.dequantize ? { dequantize: true } : {}), ...(initial === undefined ? {} : { initial }),
    });
    // The sample is measured here while the lanes write; when they fail, it is not waited for.
    const measured = options.part === undefined && !options.finish && request.sampleSurvival !== false ? sampledSurvival(bound, request.dryRun === true, context) : Promise.resolve(undefined);
    measured.catch(() => {});
    const result = request.dryRun ? undefined : await execute(bound, host, { ...options, facts: async () => ({ ...await baseFacts(base), ...(bound.model?.base.dequantised === undefined ? {} : { dequantized_from: bound.model.base.dequantised }) }) }, context);
    const survival = await measured;
    const told = answer('merge', request.output, bound.plan, result, host);
    return { ...told, body: { ...told.body, ...(survival === undefined ? {} : { survival }) }, bound };
  } finally {
    await host.release();
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
    for (const adapter of adapters) await closeCheckpoint(adapter.checkpoint);
  }
}

/** Refuses a base that is not the one an adapter was recorded with (`base verify --record`). */
async function holdAgainstRecords(adapters: readonly Folder[], base: Checkpoint): Promise<void> {
  for (const folder of adapters) {
    const { findings } = await compareRecord(folder, base);
    if (findings.length > 0) throw new TemperError(findings);
  }
}

/** The fingerprint of the base, so that it can be found again. */
async function baseFacts(base: Checkpoint): Promise<Readonly<Record<string, string>>> {
  const found = await fingerprint(base);
  return found === undefined ? {} : { base_fingerprint: found.sha256 };
}

/** The same, where the base has not been opened. */
async function factsOf({ base: folder, baseFile }: MergeRequest): Promise<Readonly<Record<string, string>>> {
  const base = await openModel(folder, baseFile === undefined ? {} : { file: baseFile });
  try { return await baseFacts(base); } finally { await closeCheckpoint(base); }
}

/** What the user said of adapter `i`: an alpha that was lost holds for all, the initial adapter belongs to the first. */
export function adapterOptions(request: Pick<MergeRequest, 'loraAlpha' | 'initialAdapter' | 'states'>, i: number): AdapterOptions {
  const state = request.states?.[i];
  return { ...(state === undefined ? {} : { state }), ...(request.loraAlpha === undefined ? {} : { loraAlpha: request.loraAlpha }), ...(i === 0 && request.initialAdapter !== undefined ? { hasInitial: true } : {}) };
}

/** Elements of a tensor that are looked at: enough for two digits of a share, and a moment even for a large model. */
const SURVIVAL_SAMPLE = 4096;

/** Tensors that are looked at after a run, evenly spread: the rest tell the same story. A dry run looks at all. */
const SURVIVAL_TENSORS = 24;

/** What computing a sample may hold. */
const SURVIVAL_MEMORY_BYTES: number = 128 * 1024 * 1024;

/** Elements of a weight from which on decomposing it takes longer than a sample is worth. */
const HEAVY_ELEMENTS = 1 << 16;

/** Whether a stage decomposes a whole weight: too much to do once more for a sample. */
function decomposes(stage: Expression): boolean {
  let found = false;
  visit(stage, (node) => { found ||= node.op === 'whole' && (node.name === 'singularTerms' || node.name === 'solve') && elementCount(node.of.at(-1)!.shape) >= HEAVY_ELEMENTS; });
  return found;
}

function needsStage(value: Expression, stages: ReadonlySet<number>): boolean {
  let found = false;
  if (stages.size > 0) visit(value, (node) => { found ||= node.op === 'stage' && stages.has(node.stage); });
  return found;
}

/** How much of every delta is left after rounding, measured on a sample of whole rows; undefined when nothing has a delta. */
async function sampledSurvival({ model, inputs, plan }: BoundPlan, all: boolean, context: VerbContext): Promise<SurvivalBody | undefined> {
  const dtypes = new Map(plan.files.flatMap((file) => (file.kind === 'weights' ? file.tensors.map((tensor) => [tensor.name, tensor.dtype] as const) : [])));
  const heavy = new Set((model?.stages ?? []).flatMap(({ expression }, i) => (decomposes(expression) ? [i] : [])));
  const touched = [...model?.slots.values() ?? []].filter((slot) => slot.kind === 'delta' && sameShape(slot.original.shape, slot.value.shape) && !needsStage(slot.value, heavy));
  const step = all ? 1 : Math.max(1, touched.length / SURVIVAL_TENSORS);
  const slots = touched.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  if (model === undefined || slots.length === 0) return undefined;
  const sources = new Map<number, ByteSource>();
  try {
    for (const i of tensorInputs(plan)) if (inputs[i]!.view === undefined) sources.set(i, await inputs[i]!.folder.open(inputs[i]!.path));
    const compile = proofCompiler({ source: (i) => inputs[i]!.view ?? sources.get(i)!, stages: model.stages, memoryBytes: SURVIVAL_MEMORY_BYTES });
    const parts: { name: string; survival: Survival }[] = [];
    for (const { name, original, value } of slots) {
      await turn(context.signal, 0); // lanes report, and want to be told what comes next
      try {
        parts.push({ name, survival: await measureSurvival({ base: original, value, stored: cast(dtypes.get(name)!, value) }, compile, { sample: SURVIVAL_SAMPLE, ...(context.signal === undefined ? {} : { signal: context.signal }) }) });
      } catch (error) {
        // A sample is worth less memory than the merge; without it the merge is as good.
        if (!isTemperError(error, 'memory-too-small')) throw error;
      }
    }
    return parts.length === 0 ? undefined : survivalBody(parts);
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

/** Runs exactly a plan that was made before, over inputs that are still what they were. */
async function runPlan(request: MergeRequest, plan: Plan, host: OutputHost, options: ExecuteOptions, context: VerbContext): Promise<Answer<WriteBody> & { bound: BoundPlan }> {
  const { bound, headers, close } = await openInputs(bindPlan(plan, rolesOf(request.base, request.adapters, request.initialAdapter)));
  try {
    await checkInputs(bound.inputs, 'whole', headers);
    return { ...answer('merge', request.output, plan, await execute(bound, host, { ...options, facts: () => factsOf(request) }, context), host), bound };
  } finally {
    await close();
  }
}
