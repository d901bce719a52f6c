/** @module A lane in a thread of its own: private memory, own file descriptors, synchronous reads and writes. */
import { parentPort } from 'node:worker_threads';
import { Lane } from '../engine/lane.ts';
import type { LaneFailure, Order } from '../engine/orders.ts';
import { isTemperError } from '../findings/index.ts';
import type { TensorResult, VerifyTask } from '../proofs/index.ts';
import type { Expression } from '../tensors/index.ts';
import { fileSource } from './files.ts';
import { Handles } from './handles.ts';
import { laneResources, type LaneFiles, type NamedFile } from './resources.ts';

/** What a thread is told: what it will need, its files, then orders. */
export type WorkerMessage = { readonly load: 'compute' } | { readonly files: LaneFiles } | { readonly order: Order }
  | { readonly proof: ProofFiles } | { readonly task: VerifyTask };

/** What a thread that proves works with. */
export interface ProofFiles {
  readonly inputs: readonly NamedFile[];
  readonly stages: readonly { readonly expression: Expression }[];
  readonly memoryBytes: number;
  /** Elements of an exact tensor whose survival is measured. */
  readonly survivalSample: number;
}

const port = parentPort!;
let last: Promise<unknown> = Promise.resolve(), lane: Lane | undefined, prove: Promise<(task: VerifyTask) => Promise<TensorResult>> | undefined;

function describe(error: unknown): LaneFailure {
  if (isTemperError(error)) return { findings: error.findings };
  return error instanceof Error ? { message: error.message, stack: error.stack ?? '' } : { message: String(error), stack: '' };
}

/** Loaded when something is proven: a thread that only writes is ready sooner. */
async function prover({ inputs, stages, memoryBytes, survivalSample }: ProofFiles): Promise<(task: VerifyTask) => Promise<TensorResult>> {
  const { judgeTensor, proofCompiler } = await import('../proofs/index.ts');
  const open = new Handles((i) => fileSource(inputs[i]!.path, inputs[i]!.label));
  const compile = proofCompiler({ source: (i) => open.get(i), stages, memoryBytes });
  return (task) => judgeTensor(task, compile, { survivalSample });
}

port.on('message', (message: WorkerMessage) => {
  if ('load' in message) {
    last = import('../engine/compute/index.ts').then(({ warmUp }) => warmUp());
    return;
  }
  if ('files' in message) {
    lane = new Lane(laneResources(message.files));
    return;
  }
  if ('proof' in message) {
    prove = prover(message.proof);
    return;
  }
  // One after the other, in the order in which they came.
  last = last.then((): Promise<unknown> => ('task' in message ? prove!.then((judge) => judge(message.task)) : lane!.execute(message.order))).then((result) => port.postMessage({ result }), (error: unknown) => port.postMessage({ failure: describe(error) }));
});
