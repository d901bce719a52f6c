/** @module Temporary files beside the output: on the disk that has to have room for the result anyway. */
import fs from 'node:fs';
import path from 'node:path';
import { CANNOT_WRITE, type Scratch } from '../bytes/index.ts';
import { OUTPUT_EXISTS } from '../engine/codes.ts';
import { refuse } from '../findings/index.ts';
import { fileSource, reasonOf } from './files.ts';

/** A file `.OUT.NAME-PID` beside `output`; removed by `close`. */
export function fileScratch(output: string, name: string): Scratch {
  const target = path.resolve(output), directory = path.dirname(target), file = `.${path.basename(target)}.${name}-${process.pid}`, full = path.join(directory, file);
  const act = <T>(call: () => T): T => { try { return call(); } catch (error) { return refuse(CANNOT_WRITE, { file, reason: reasonOf(error) }, { path: file }, { cause: error }); } };
  const descriptor = act(() => { fs.mkdirSync(directory, { recursive: true }); return fs.openSync(full, 'w+', 0o600); });
  let size = 0;
  const source = {
    label: name,
    get size() { return size; },
    read: (offset: number, into: Uint8Array) => fs.readSync(descriptor, into, 0, Math.min(into.length, Math.max(0, size - offset)), offset),
    close: () => {},
  };
  return {
    path: file, source,
    folder: { label: name, list: () => [{ path: file, kind: 'file', bytes: size }], open: () => fileSource(full, file), fileName: () => full },
    append: (bytes) => act(() => {
      for (let done = 0; done < bytes.length;) done += fs.writeSync(descriptor, bytes, done, bytes.length - done, size + done);
      size += bytes.length;
      return size - bytes.length;
    }),
    clear: () => { size = 0; act(() => fs.ftruncateSync(descriptor, 0)); },
    close: () => { fs.closeSync(descriptor); fs.rmSync(full, { force: true }); },
  };
}

/** Refuses an output that is there already before minutes of work go into it; it is looked at again when it is written. */
export function refuseExisting(output: string, force: boolean | undefined): void {
  if (!force && fs.existsSync(output)) refuse(OUTPUT_EXISTS, { output: path.basename(output) }, { path: path.basename(output) });
}
