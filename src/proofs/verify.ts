/**
 * @module
 * All tensors of a merged model, judged one after the other or on several lanes.
 */
import { elementCount } from '../tensors/index.ts';
import type { Compile } from './streams.ts';
import { judgeTensor, type JudgeOptions } from './tensor.ts';
import type { TensorResult, VerifyTask } from './task.ts';

/** How far a verification is. */
export interface VerifyProgress {
  readonly done: number;
  readonly total: number;
  readonly elements: number;
  readonly totalElements: number;
  /** The result that has just come. */
  readonly result: TensorResult;
}

/** How to run. */
export interface VerifyOptions extends JudgeOptions {
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** How many tasks at a time. */
  readonly lanes?: number;
  /** Judges a task on a lane (0 … lanes-1): a worker thread with the same inputs. In this thread when absent. */
  readonly judge?: (task: VerifyTask, lane: number) => Promise<TensorResult>;
}

/** Results in the order of the tasks. The first error ends it, once the tasks that are under way have ended. */
export async function verifyTensors(tasks: readonly VerifyTask[], compile: Compile, options: VerifyOptions = {}): Promise<TensorResult[]> {
  const { onProgress, lanes = 1, signal } = options, judge = options.judge ?? ((task) => judgeTensor(task, compile, options));
  const sizes = tasks.map((task) => elementCount((task.merged ?? task.value ?? task.base)?.shape ?? [])), totalElements = sizes.reduce((a, b) => a + b, 0);
  const results: TensorResult[] = [];
  let next = 0, done = 0, elements = 0, failed = false;
  const work = async (lane: number) => {
    while (next < tasks.length && !failed) {
      signal?.throwIfAborted();
      const index = next++;
      try {
        const result = results[index] = await judge(tasks[index]!, lane);
        elements += sizes[index]!;
        onProgress?.({ done: ++done, total: tasks.length, elements, totalElements, result });
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(lanes, tasks.length)) }, (_, lane) => work(lane)));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return results;
}
