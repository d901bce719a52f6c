/**
 * @module
 * verify: is the merge in the weights? For any tool's output: every tensor of the merged model against the value that
 * base and adapters define.
 */
import { openAdapter, type Adapter, type Model } from '../adapters/index.ts';
import type { ByteSource, Folder } from '../bytes/index.ts';
import { closeCheckpoint, openCheckpoint, openModel } from '../checkpoints/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { dequantise } from '../families/index.ts';
import { finding, type Finding } from '../findings/index.ts';
import { applyAll, readConfig } from '../plans/index.ts';
import { judgeModel, proofCompiler, verifyTasks, verifyTensors, type OverallVerdict, type TensorResult, type VerifyTask } from '../proofs/index.ts';
import { EXTRA_TENSOR } from './codes.ts';
import { adapterOptions, type MergeRequest } from './merge.ts';
import { survivalBody, type SurvivalBody } from './survival.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to compare. */
export interface VerifyRequest {
  readonly base: Folder;
  readonly baseFile?: string;
  readonly adapters: readonly Folder[];
  readonly merged: Folder;
  readonly mergedFile?: string;
  readonly loraAlpha?: number;
  /** The merge was onto the numbers that a quantised base stands for. */
  readonly dequantize?: boolean;
  readonly states?: NonNullable<MergeRequest['states']>;
  readonly initialAdapter?: Folder;
  /** Elements of an exact tensor whose survival is measured; all of them with Infinity. */
  readonly survivalSample?: number;
}

/** Several lanes that judge tensors, each one task at a time. */
export interface ProofCrew {
  readonly lanes: number;
  judge(task: VerifyTask, lane: number): Promise<TensorResult>;
  close(): Promise<void>;
}

/** The platform's side of a proof: lanes over files, or undefined when the work is too little for them. */
export type StartProof = (inputs: readonly { readonly folder: Folder; readonly path: string }[], stages: Model['stages'], bytes: number) => ProofCrew | undefined;

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
export async function verify(request: VerifyRequest, context: VerbContext = {}, start: StartProof = () => undefined): Promise<Answer<VerifyBody>> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const base = await openModel(request.base, request.baseFile === undefined ? {} : { file: request.baseFile });
  const opened: Checkpoint[] = [base], adapters: Adapter[] = [];
  try {
    let initial: Adapter | undefined;
    for (const [i, folder] of request.adapters.entries()) {
      adapters.push(await openAdapter(folder, adapterOptions(request, i)));
      opened.push(adapters.at(-1)!.checkpoint);
      // In the order of the table of inputs that applyAll makes.
      if (i === 0 && request.initialAdapter !== undefined) {
        initial = await openAdapter(request.initialAdapter, { hasInitial: true });
        opened.push(initial.checkpoint);
      }
    }
    const merged = await openCheckpoint(request.merged, request.mergedFile === undefined ? {} : { file: request.mergedFile });
    opened.push(merged);
    const config = await readConfig(base), onto = request.dequantize ? await dequantise(base, config?.fields) : base, { model } = await applyAll(onto, adapters, { config: config?.fields, ...(initial === undefined ? {} : { initial }) });
    const sources = opened.flatMap((checkpoint) => checkpoint.files.map((file) => file.source));
    const tasks = verifyTasks(model, merged, sources.length - merged.files.length);
    context.onEvent?.({ kind: 'phase', phase: 'verify' });
    const files = opened.flatMap((checkpoint) => checkpoint.files.map((file) => ({ folder: checkpoint.folder, path: file.path })));
    // Lanes open files; what is read through a view stays in this thread.
    const viewed = opened.some((checkpoint) => checkpoint.files.some((file) => file.raw !== undefined));
    const crew = viewed ? undefined : start(files, model.stages, merged.files.reduce((sum, file) => sum + file.bytes, 0));
    const results = await proveAll(tasks, crew, sources, model, request.survivalSample ?? SURVIVAL_SAMPLE, context);
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

async function proveAll(tasks: readonly VerifyTask[], crew: ProofCrew | undefined, sources: readonly ByteSource[], model: Model, survivalSample: number, context: VerbContext): Promise<TensorResult[]> {
  const compile = proofCompiler({ source: (i) => sources[i]!, stages: model.stages, memoryBytes: TASK_MEMORY_BYTES });
  try {
    return await verifyTensors(tasks, compile, {
      survivalSample,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
      ...(crew === undefined ? {} : { lanes: crew.lanes, judge: (task, lane) => crew.judge(task, lane) }),
      onProgress: ({ elements, totalElements, result }) => context.onEvent?.({ kind: 'progress', phase: 'verify', doneBytes: elements * BYTES_SHOWN, totalBytes: totalElements * BYTES_SHOWN, current: result.name }),
    });
  } finally {
    await crew?.close();
  }
}

/** Elements of an exact tensor whose survival is measured; all of those that needed a closer look are. */
export const SURVIVAL_SAMPLE = 4096;

/** What one task may hold: factors, a tile of everything that is compared. */
const TASK_MEMORY_BYTES: number = 256 * 1024 * 1024;

/** Progress is counted in elements; most are two bytes. */
const BYTES_SHOWN = 2;
