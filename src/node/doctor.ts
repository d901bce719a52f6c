/**
 * @module
 * The facts of this machine for `doctor`.
 */
import fs from 'node:fs';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import type { MachineFacts } from '../verbs/doctor.ts';
import { hubCache } from './hub-cache.ts';

/**
 * A module whose only function adds two vectors and returns a lane: 42.
 *
 *     (module (func (export "f") (result i32)
 *       (i32x4.extract_lane 3 (i32x4.add (i32x4.splat (i32.const 20)) (i32x4.splat (i32.const 22))))))
 */
export const SIMD_PROBE: Uint8Array<ArrayBuffer> = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 18, 1, 16, 0,
  65, 20, 253, 17, 65, 22, 253, 17, 253, 174, 1, 253, 27, 3, 11,
]);

/** How long a worker may take to answer before it is given up, in milliseconds. */
const WORKER_PATIENCE_MS = 5000;

/** Collects them; starts one worker thread and one small WebAssembly module on the way. */
export async function machineFacts(locale: { readonly locale: string; readonly from: string }): Promise<MachineFacts> {
  const limit = process.constrainedMemory();
  const total = os.totalmem();
  const path = os.tmpdir();
  const freeBytes = freeBytesOf(path);
  return {
    nodeVersion: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: os.availableParallelism(),
    // A process without a limit reports 0 or a number beyond all machines.
    memoryBytes: limit > 0 && limit < total ? limit : total,
    availableMemoryBytes: process.availableMemory(),
    temporary: { path, ...(freeBytes === undefined ? {} : { freeBytes }) },
    simd: simdWorks(),
    worker: await probeWorker(),
    hubCache: hubCacheFacts(hubCache()),
    locale: locale.locale,
    localeFrom: locale.from,
  };
}

/** Whether this engine compiles and runs WebAssembly SIMD and gets the right number. */
export function simdWorks(): boolean {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(SIMD_PROBE));
    return (exports['f'] as () => number)() === 42;
  } catch {
    return false;
  }
}

function freeBytesOf(path: string): number | undefined {
  try {
    const { bavail, bsize } = fs.statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function hubCacheFacts(path: string): MachineFacts['hubCache'] {
  try {
    return { path, models: fs.readdirSync(path).filter((name) => name.startsWith('models--')).length };
  } catch {
    return { path };
  }
}

async function probeWorker(): Promise<MachineFacts['worker']> {
  const started = performance.now();
  try {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no answer within ${WORKER_PATIENCE_MS} ms`)), WORKER_PATIENCE_MS);
        worker.once('message', () => { clearTimeout(timer); resolve(); });
        worker.once('error', (error) => { clearTimeout(timer); reject(error); });
      });
      return { milliseconds: performance.now() - started };
    } finally {
      await worker.terminate();
    }
  } catch (error) {
    return { reason: (error as Error).message };
  }
}
