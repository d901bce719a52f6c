/** @module A lane in a thread of its own: private memory, own file descriptors, synchronous reads and writes. */
import { parentPort, workerData } from 'node:worker_threads';
import { Lane } from '../engine/lane.ts';
import type { LaneFailure, Order } from '../engine/orders.ts';
import { isTemperError } from '../findings/index.ts';
import { laneResources, type LaneFiles } from './resources.ts';

const port = parentPort!;
const resources = laneResources(workerData as LaneFiles);
const lane = new Lane(resources);

function describe(error: unknown): LaneFailure {
  if (isTemperError(error)) return { findings: error.findings };
  return error instanceof Error ? { message: error.message, stack: error.stack ?? '' } : { message: String(error), stack: '' };
}

port.on('message', (order: Order | 'close') => {
  if (order === 'close') {
    resources.close();
    port.close();
    return;
  }
  lane.execute(order).then((result) => port.postMessage({ result }), (error: unknown) => port.postMessage({ failure: describe(error) }));
});
