/**
 * @module
 * verify: is the merge in the weights? For any tool's output: every tensor of the merged model against the value that
 * base and adapters define.
 */
import { openAdapter, type Adapter, type Model, type Slot } from '../adapters/index.ts';
import { bound } from '../adapters/model.ts';
import { memorySource, type ByteSource, type Folder } from '../bytes/index.ts';
import { closeCheckpoint, openCheckpoint } from '../checkpoints/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { compile, type ProgramInputs } from '../engine/index.ts';
import { finding, type Finding } from '../findings/index.ts';
import { applyAll, readConfig } from '../plans/index.ts';
import { joinSurvival, judgeModel, lowRankStep, verifyTensors, type Compile, type OverallVerdict, type Survival, type TensorResult, type VerifyTask } from '../proofs/index.ts';
import { byteCount, elementCount, sameShape } from '../tensors/index.ts';
import { EXTRA_TENSOR } from './codes.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to compare. */
export interface VerifyRequest {
  readonly base: Folder;
  readonly baseFile?: string;
  readonly adapters: readonly Folder[];
  readonly merged: Folder;
  readonly mergedFile?: string;
  readonly loraAlpha?: number;
}

/** One tensor of the answer. */
export interface VerifiedTensor {
  readonly name: string; readonly verdict: string; readonly elements: number; readonly differing: number; readonly max_ulp: number;
  readonly scale?: number; readonly note?: unknown; readonly histogram?: unknown;
}

/** Body of the answer (INTERFACE.md). */
export interface VerifyBody {
  readonly verdict: OverallVerdict;
  readonly counts: Readonly<Partial<Record<string, number>>>;
  readonly tensors: readonly VerifiedTensor[];
  readonly survival?: SurvivalBody;
}

/** Compares. Exit 0 when the merge is in the weights, 1 when it is not. */
export async function verify(request: VerifyRequest, context: VerbContext = {}): Promise<Answer<VerifyBody>> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const base = await openCheckpoint(request.base, request.baseFile === undefined ? {} : { file: request.baseFile });
  const opened: Checkpoint[] = [base], adapters: Adapter[] = [];
  try {
    for (const folder of request.adapters) {
      adapters.push(await openAdapter(folder, request.loraAlpha === undefined ? {} : { loraAlpha: request.loraAlpha }));
      opened.push(adapters.at(-1)!.checkpoint);
    }
    const merged = await openCheckpoint(request.merged, request.mergedFile === undefined ? {} : { file: request.mergedFile });
    opened.push(merged);
    const config = await readConfig(base), { model } = await applyAll(base, adapters, { config: config?.fields });
    const sources = opened.flatMap((checkpoint) => checkpoint.files.map((file) => file.source));
    const inputs = await withStages(model, sources);
    const tasks = tasksOf(model, merged, sources.length - merged.files.length, adapters.length);
    context.onEvent?.({ kind: 'phase', phase: 'verify' });
    const compileTask: Compile = (expression) => compile(expression, inputs, { memoryBytes: TASK_MEMORY_BYTES });
    const results = await verifyTensors(tasks, compileTask, {
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      onProgress: ({ elements, totalElements, result }) => context.onEvent?.({ kind: 'progress', phase: 'verify', doneBytes: elements * BYTES_SHOWN, totalBytes: totalElements * BYTES_SHOWN, current: result.name }),
    });
    const overall = judgeModel(results), findings: Finding[] = [...model.findings, ...merged.findings];
    for (const result of results) if (result.verdict === 'extra') findings.push(finding(EXTRA_TENSOR, { tensor: result.name }, { tensor: result.name }));
    const survivals = results.flatMap(({ name, survival }) => (survival === undefined ? [] : [{ name, survival }]));
    return {
      schema: 'temper.verify/1', exit: overall.exit, findings,
      body: { verdict: overall.verdict, counts: overall.counts, tensors: results.map(show), ...(survivals.length === 0 ? {} : { survival: survivalBody(survivals) }) },
    };
  } finally {
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
  }
}

const show = ({ name, verdict, elements, differing, maxUlp, scale, note, histogram }: TensorResult): VerifiedTensor => ({
  name, verdict, elements, differing, max_ulp: maxUlp,
  ...(scale === undefined ? {} : { scale }), ...(note === undefined ? {} : { note }), ...(histogram === undefined ? {} : { histogram }),
});

/** What one task may hold: factors, a tile of everything that is compared. */
const TASK_MEMORY_BYTES: number = 256 * 1024 * 1024;

/** Progress is counted in elements; most are two bytes. */
const BYTES_SHOWN = 2;

/** Survival as the contract words it. */
export interface SurvivalBody {
  readonly changed_elements: number;
  readonly lost_elements: number;
  readonly cosine: number;
  readonly norm_ratio: number;
  readonly sampled: boolean;
  readonly per_module: readonly { readonly name: string; readonly changed_elements: number; readonly lost_elements: number; readonly cosine: number; readonly norm_ratio: number }[];
}

/** The whole and its parts. */
export function survivalBody(parts: readonly { readonly name: string; readonly survival: Survival }[]): SurvivalBody {
  const row = ({ changedElements, lostElements, cosine, normRatio }: Survival) => ({ changed_elements: changedElements, lost_elements: lostElements, cosine, norm_ratio: normRatio });
  const all = joinSurvival(parts.map(({ survival }) => survival));
  return { ...row(all), sampled: all.sampled, per_module: parts.map(({ name, survival }) => ({ name, ...row(survival) })) };
}

/** Inputs with every stage computed in memory: column norms are small beside their matrix. */
async function withStages(model: Model, sources: readonly ByteSource[]): Promise<ProgramInputs> {
  const stages: ByteSource[] = [];
  const inputs: ProgramInputs = { source: (i) => sources[i]!, stage: (i) => stages[i]! };
  for (const [i, { expression, shape }] of model.stages.entries()) {
    const bytes = new Uint8Array(byteCount('F64', shape));
    const program = await compile(expression, inputs, { memoryBytes: STAGE_MEMORY_BYTES });
    await program.run(0, elementCount(shape), (at, part) => bytes.set(part, at));
    stages.push(memorySource(`stage-${i}`, bytes));
  }
  return inputs;
}

/** What computing a stage may hold. */
const STAGE_MEMORY_BYTES: number = 256 * 1024 * 1024;

/** One task per tensor of the expected model, and one per tensor that only the merged one has. */
function tasksOf(model: Model, merged: Checkpoint, firstMerged: number, adapters: number): VerifyTask[] {
  const tasks: VerifyTask[] = [];
  for (const slot of model.slots.values()) {
    const own = merged.tensors.get(slot.name);
    tasks.push({
      name: slot.name, kind: slot.kind,
      ...(slot.base === undefined ? {} : { base: slot.original }),
      ...(slot.kind === 'untouched' && slot.base !== undefined ? {} : { value: slot.value }),
      ...(own === undefined ? {} : { merged: bound(own, firstMerged) }),
      ...linear(slot), adapters,
    });
  }
  for (const tensor of merged.tensors.values()) {
    if (!model.slots.has(tensor.name)) tasks.push({ name: tensor.name, kind: 'extra', merged: bound(tensor, firstMerged) });
  }
  return tasks;
}

/** What lets a delta be found again when it was added wrongly: the weight it starts from, its factors, rows that do not count. */
function linear(slot: Slot): Partial<VerifyTask> {
  if (slot.kind !== 'delta') return {};
  const factors = slot.factors ?? [];
  return {
    ...(slot.unmerged === slot.original || !sameShape(slot.unmerged.shape, slot.value.shape) ? {} : { start: slot.unmerged }),
    ...(factors.length === 0 ? {} : { steps: factors.map((factor) => lowRankStep(slot.value.shape, factor)) }),
    ...(slot.tokens === undefined ? {} : { replacedRows: slot.tokens.flatMap(({ indices }) => indices) }),
  };
}
