/** @module Lanes on this machine: worker threads for real work, this thread for what is done before a thread has started. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { localCrew } from '../engine/local.ts';
import type { Crew, LaneFailure, OrderResult } from '../engine/orders.ts';
import { TemperError } from '../findings/index.ts';
import { laneResources, type LaneExtras, type LaneFiles } from './resources.ts';
import type { ProofCrew } from '../verbs/verify.ts';
import type { TensorResult } from '../proofs/task.ts';
import { allowFusedMultiplyAdd } from './simd.ts';
import type { ProofFiles, WorkerMessage } from './worker.ts';

/** Below this many bytes threads cost more than they bring: starting two takes about 50 ms, a copy runs at 2 GB/s. */
export const THREADS_FROM_BYTES: number = 48 * 1024 * 1024;

/** What the process itself needs, beside its lanes. Measured: about 50 MiB bare, more with a large plan. */
export const PROCESS_BYTES: number = 96 * 1024 * 1024;

/** What a lane needs beside the program it runs: thread, buffers, tile. */
export const LANE_BYTES: number = 40 * 1024 * 1024;

/** Least a lane must have for programs. */
const PROGRAM_BYTES_MIN = 16 * 1024 * 1024;

/** How many lanes, and how much each may hold, within `memoryBytes`. */
export function divideMemory(memoryBytes: number, wanted: number = availableParallelism()): { lanes: number; programBytes: number } {
  const left = Math.max(memoryBytes - PROCESS_BYTES, LANE_BYTES + PROGRAM_BYTES_MIN);
  const lanes = Math.max(1, Math.min(wanted, Math.floor(left / (LANE_BYTES + PROGRAM_BYTES_MIN))));
  return { lanes, programBytes: Math.floor(left / lanes) - LANE_BYTES };
}

/** A thread that answers messages one after the other. Several may be on their way: it need not wait for the next one. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (result: never) => void; reject: (reason: unknown) => void }[] = [];

  constructor() {
    this.#worker = new Worker(fileURLToPath(workerFile()));
    this.#worker.on('message', ({ result, failure }: { result?: never; failure?: LaneFailure }) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if (failure === undefined) resolve(result!);
      else reject('findings' in failure ? new TemperError(failure.findings) : Object.assign(new Error(failure.message), { stack: failure.stack }));
    });
    this.#worker.on('error', (error) => { this.#failAll(error); });
    this.#worker.on('exit', (code) => { this.#failAll(new Error(`a worker thread ended with code ${code}`)); });
  }

  #failAll(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Tells it what to work with. */
  tell(message: WorkerMessage): void {
    this.#worker.postMessage(message);
  }

  /** Gives it something to do. Rejects with its failure, or when it ends. */
  ask<T>(message: WorkerMessage): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Threads that are starting, before it is known what they will work on. */
export type Threads = readonly Thread[];

/** How many threads `bytes` bytes of work deserve; 0 for none. */
export function threadCount(bytes: number, memoryBytes: number, workers?: number): number {
  if (workers === 0 || (workers === undefined && bytes < THREADS_FROM_BYTES)) return 0;
  return divideMemory(memoryBytes, workers).lanes;
}

/** Starts threads: it takes them a while, in which a plan can be made. */
export function startThreads(count: number, work: 'copy' | 'compute' = 'copy'): Threads {
  allowFusedMultiplyAdd();
  return Array.from({ length: count }, () => {
    const thread = new Thread();
    if (work === 'compute') thread.tell({ load: 'compute' });
    return thread;
  });
}

/** Ends threads that found no work. */
export async function stopThreads(threads: Threads): Promise<void> {
  await Promise.all(threads.map((thread) => thread.end()));
}

/** A crew over files, of threads or, when there are none, of this thread. */
export function makeCrew(files: Omit<LaneFiles, 'memoryBytes'>, threads: Threads, memoryBytes: number, extras: LaneExtras = {}): Crew {
  const { programBytes } = divideMemory(memoryBytes, Math.max(1, threads.length));
  if (threads.length > 0) return threadCrew({ ...files, memoryBytes: programBytes }, threads);
  allowFusedMultiplyAdd();
  const resources = laneResources({ ...files, memoryBytes: programBytes }, extras);
  const crew = localCrew(resources, () => new Promise((done) => { setImmediate(done); }));
  return { ...crew, close: async () => { resources.close(); } };
}

/** The worker's file: beside this module in the package, in `dist` when the sources run. */
function workerFile(): URL {
  const here = new URL('./worker.js', import.meta.url);
  return import.meta.url.endsWith('.ts') ? new URL('../../dist/node/worker.js', import.meta.url) : here;
}

function threadCrew(files: LaneFiles, threads: Threads): Crew {
  for (const thread of threads) thread.tell({ files });
  return {
    size: threads.length,
    execute: (lane, order) => threads[lane]!.ask<OrderResult>({ order }),
    close: () => stopThreads(threads),
  };
}

/** Threads that judge tensors. */
export function proofCrew(proof: ProofFiles, threads: Threads): ProofCrew {
  for (const thread of threads) thread.tell({ proof });
  return {
    lanes: threads.length,
    judge: (task, lane) => threads[lane]!.ask<TensorResult>({ task }),
    close: () => stopThreads(threads),
  };
}
