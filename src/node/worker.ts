/** @module A lane in a thread of its own: private memory, own file descriptors, synchronous reads and writes. */
import { parentPort } from 'node:worker_threads';
import { Lane } from '../engine/lane.ts';
import type { LaneFailure, Order } from '../engine/orders.ts';
import { isTemperError } from '../findings/index.ts';
import { laneResources, type LaneFiles } from './resources.ts';

/** What a thread is told: first its files, then orders. */
export type WorkerMessage = { readonly files: LaneFiles } | { readonly order: Order };

const port = parentPort!;
let lane: Lane | undefined;

function describe(error: unknown): LaneFailure {
  if (isTemperError(error)) return { findings: error.findings };
  return error instanceof Error ? { message: error.message, stack: error.stack ?? '' } : { message: String(error), stack: '' };
}

port.on('message', (message: WorkerMessage) => {
  if ('files' in message) {
    lane = new Lane(laneResources(message.files));
    return;
  }
  lane!.execute(message.order).then((result) => port.postMessage({ result }), (error: unknown) => port.postMessage({ failure: describe(error) }));
});
