/**
 * @module
 * The table of a plan's inputs: every file it reads, with enough of its content to know it again.
 */
import type { ByteSource, Folder } from '../bytes/index.ts';
import { headerDigest, sampledDigest } from '../checkpoints/digests.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { PlanInput } from './plan.ts';

/** An input and where its bytes are now. */
export interface BoundInput extends PlanInput {
  readonly folder: Folder;
  /** What expressions read, where that is not the file itself; open as long as the checkpoint is. */
  readonly view?: ByteSource;
}

/** What of an input belongs into a plan. */
export const planInput = ({ folder: _folder, view: _view, ...input }: BoundInput): PlanInput => input;

/** A folder, and where in it something lies: `2_Dense/`. */
export interface Within { readonly folder: Folder; readonly prefix: string }

/** Builds the table. Indices are stable: expressions refer to them. */
export class InputTable {
  readonly #inputs: BoundInput[] = [];

  /** Adds the files of a checkpoint in their order, `within` a folder above its own; returns the index of the first. */
  async addCheckpoint(role: string, checkpoint: Checkpoint, within: Within = { folder: checkpoint.folder, prefix: '' }): Promise<number> {
    const first = this.#inputs.length;
    for (const file of checkpoint.files) {
      const { headerRanges, raw, source } = file, itself = raw ?? source;
      this.#inputs.push({
        role, path: within.prefix + file.path, bytes: file.bytes, folder: within.folder,
        ...(file.modifiedMs === undefined ? {} : { modifiedMs: file.modifiedMs }),
        headerSha256: await headerDigest({ source: itself, headerRanges }), sampledSha256: await sampledDigest(itself),
        ...(raw === undefined ? {} : { view: source }),
      });
    }
    return first;
  }

  /** Adds a file without tensors; returns its index. */
  async addFile(role: string, folder: Folder, path: string, modifiedMs?: number): Promise<number> {
    const source = await folder.open(path);
    try {
      this.#inputs.push({
        role, path, bytes: source.size, folder, ...(modifiedMs === undefined ? {} : { modifiedMs }),
        headerSha256: await wholeDigest(source), sampledSha256: await sampledDigest(source),
      });
    } finally {
      await source.close();
    }
    return this.#inputs.length - 1;
  }

  get inputs(): readonly BoundInput[] {
    return this.#inputs;
  }
}

/** Files without tensors are small or, when they are not (a 17 MB tokenizer), known well enough by their sample. */
async function wholeDigest(source: ByteSource): Promise<string> {
  return headerDigest({ source, headerRanges: [[0, Math.min(source.size, 1 << 20)]] });
}
