/** @module The output side of a run on this machine. */
import path from 'node:path';
import type { OutputHost } from '../engine/host.ts';
import { refuse } from '../findings/index.ts';
import { OVERWRITES_INPUT } from '../plans/codes.ts';
import type { BoundInput } from '../plans/inputs.ts';
import type { BoundPlan } from '../plans/merge.ts';
import { divideMemory, LANE_BYTES, makeCrew, PROCESS_BYTES, startThreads, stopThreads, threadCount, type Threads } from './crew.ts';
import { enterWorkspace, type FaultHook, type NodeWorkspace } from './workspace.ts';

/** Memory a run may use when nothing else is said. */
export const MEMORY_BYTES_DEFAULT: number = 512 * 1024 * 1024;

/** What a run on this machine may be told. */
export interface NodeHostOptions {
  readonly output: string;
  /** Directories and files that are read; the output must be none of them, nor lie in one, nor hold one. */
  readonly inputs: readonly string[];
  readonly memoryBytes?: number;
  /** Worker threads; 0 for none. */
  readonly workers?: number;
  /** The output is this one file, not a directory. */
  readonly single?: string;
  /** Called before every change of the disk; tests make it fail. */
  readonly hook?: FaultHook;
}

/** A host for one output. */
export function nodeHost(options: NodeHostOptions): OutputHost {
  const memoryBytes = options.memoryBytes ?? MEMORY_BYTES_DEFAULT;
  refuseOverwriting(options.output, options.inputs);
  let threads: Threads | undefined;
  return {
    prepare: (bytes, work) => { threads ??= startThreads(threadCount(bytes, memoryBytes, options.workers), work); },
    release: async () => { if (threads !== undefined) await stopThreads(threads); },
    enter: async (mode, part) => enterWorkspace(options.output, mode, {
      ...(part === undefined ? {} : { part }),
      ...(options.hook === undefined ? {} : { hook: options.hook }), ...(options.single === undefined ? {} : { single: options.single }),
    }),
    crew: async ({ plan, inputs }: BoundPlan, workspace, bytes) => {
      const place = workspace as NodeWorkspace;
      const weights = plan.files.filter((file) => file.kind === 'weights').map(({ path: name }) => ({ path: place.outputPath(name), label: name }));
      const stages = plan.stages.map((_, i) => ({ path: place.temporaryPath(`stage-${i}`), label: `stage-${i}` }));
      const views = new Map(inputs.flatMap((input, i) => (input.view === undefined ? [] : [[i, input.view] as const])));
      // A view lives in this thread.
      if (views.size === 0) threads ??= startThreads(threadCount(bytes, memoryBytes, options.workers));
      return makeCrew({
        inputs: inputs.map((input) => ({ path: fileName(input), label: input.path })),
        outputs: [...weights, ...stages], firstStage: weights.length,
      }, views.size === 0 ? threads ?? [] : [], memoryBytes, { views, hook: options.hook });
    },
    peakMemoryBytes: () => {
      const { lanes, programBytes } = divideMemory(memoryBytes, options.workers);
      return PROCESS_BYTES + lanes * (LANE_BYTES + programBytes);
    },
  };
}

/** Works with a host, and gives back what it started, whatever comes of it. */
export async function withHost<T>(host: OutputHost, work: () => Promise<T>): Promise<T> {
  try { return await work(); } finally { await host.release(); }
}

/** Absolute path of an input. */
function fileName(input: BoundInput): string {
  const name = input.folder.fileName?.(input.path);
  if (name === undefined) throw new Error(`${input.path} is not a file of this machine`);
  return name;
}

function refuseOverwriting(output: string, inputs: readonly string[]): void {
  const target = path.resolve(output);
  for (const input of inputs) {
    const own = path.resolve(input), inside = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}${path.sep}`);
    if (inside(target, own) || inside(own, target)) refuse(OVERWRITES_INPUT, { output, input }, { path: output });
  }
}
