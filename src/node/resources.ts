/** @module What a lane on this machine works with: files by path, node's own SHA-256. */
import { createHash } from 'node:crypto';
import type { LaneResources } from '../engine/lane.ts';
import { fileSink, fileSource } from './files.ts';
import { Handles } from './handles.ts';

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

/** Resources over files. `close` closes whatever is open. */
export function laneResources(files: LaneFiles): LaneResources & { close(): void } {
  const inputs = new Handles((i) => fileSource(files.inputs[i]!.path, files.inputs[i]!.label));
  const outputs = new Handles((i) => fileSink(files.outputs[i]!.path, files.outputs[i]!.label, 'reopen'));
  const written = new Handles((i) => fileSource(files.outputs[i]!.path, files.outputs[i]!.label));
  return {
    memoryBytes: files.memoryBytes,
    input: (i) => inputs.get(i),
    stage: (i) => written.get(files.firstStage + i),
    output: (i) => outputs.get(i),
    reread: (i) => written.get(i),
    sha256: () => {
      const hash = createHash('sha256');
      return { update: (bytes) => { hash.update(bytes); }, hex: () => hash.digest('hex') };
    },
    close: () => { inputs.close(); outputs.close(); written.close(); },
  };
}
