/** @module What a lane on this machine works with: files by path, node's own SHA-256. */
import zlib from 'node:zlib';
import type { ByteSource } from '../bytes/index.ts';
import { crc32 } from '../containers/zip/crc32.ts';
import type { LaneResources } from '../engine/lane.ts';
import { fileSink, fileSource } from './files.ts';
import { Handles } from './handles.ts';
import { sha256 } from './hash.ts';
import type { FaultHook } from './workspace.ts';

/** Node's own CRC-32, which it has since 20.15 and 22.2 and which is three times as fast as ours; else ours. */
export const hostCrc32: (bytes: Uint8Array, crc: number) => number = (zlib as { crc32?: typeof crc32 }).crc32 ?? crc32;

/** A file, and what messages call it. */
export interface NamedFile { readonly path: string; readonly label: string }

/** Plain data: crosses into a worker. */
export interface LaneFiles {
  readonly inputs: readonly NamedFile[];
  /** Weight files, then stages. */
  readonly outputs: readonly NamedFile[];
  readonly firstStage: number;
  readonly memoryBytes: number;
}

/** What a lane in this thread may be given beside files. */
export interface LaneExtras {
  /** Inputs that are not read as their files are, by index. They stay open. */
  readonly views?: ReadonlyMap<number, ByteSource>;
  /** Called before every write, with half of it as a torn one. */
  readonly hook?: FaultHook | undefined;
}

/** Resources over files. `close` closes whatever it opened. */
export function laneResources(files: LaneFiles, { views, hook }: LaneExtras = {}): LaneResources & { close(): void } {
  const inputs = new Handles((i) => fileSource(files.inputs[i]!.path, files.inputs[i]!.label));
  const outputs = new Handles((i) => {
    const sink = fileSink(files.outputs[i]!.path, files.outputs[i]!.label, 'reopen');
    return hook === undefined ? sink : { ...sink, write: (offset: number, bytes: Uint8Array) => { hook('write', sink.label, () => sink.write(offset, bytes.subarray(0, bytes.length >> 1))); sink.write(offset, bytes); } };
  });
  const written = new Handles((i) => fileSource(files.outputs[i]!.path, files.outputs[i]!.label));
  return {
    memoryBytes: files.memoryBytes,
    input: (i) => views?.get(i) ?? inputs.get(i),
    stage: (i) => written.get(files.firstStage + i),
    output: (i) => outputs.get(i),
    reread: (i) => written.get(i),
    crc32: hostCrc32,
    same: (a, b) => Buffer.compare(a, b) === 0,
    sha256,
    close: () => { inputs.close(); outputs.close(); written.close(); },
  };
}
