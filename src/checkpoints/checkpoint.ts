/**
 * @module
 * A file or a directory as one ordered map of tensors.
 */
import type { ByteSource, Folder } from '../bytes/index.ts';
import type { NamedTensor } from '../containers/container.ts';
import type { Finding, Text } from '../findings/index.ts';
import type { Shape } from '../tensors/index.ts';
import type { StateFacts } from './states/options.ts';

/** One file that holds tensors. */
export interface CheckpointFile {
  /** Path relative to the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly format: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly headerRanges: readonly (readonly [number, number])[];
  /** Modification time in milliseconds, where known. */
  readonly modifiedMs?: number;
  /** What expressions read: the file, or a view of it. Closing it closes the file. */
  readonly source: ByteSource;
  /** The file itself, where `source` is a view (compressed or big-endian storages of a torch file). */
  readonly raw?: ByteSource;
}

/** A tensor and the file it lies in. Its expression reads the files of the checkpoint by index. */
export interface CheckpointTensor extends NamedTensor {
  /** Index into `Checkpoint.files`: where it lies, or begins; tensors of training states lie in several. */
  readonly file: number;
}

/** A tensor whose bytes are not its values: quantised, sparse, without data … It can be listed and nothing else. */
export interface OtherTensor {
  readonly name: string;
  /** As safetensors spells it, else as torch or llama.cpp do. */
  readonly dtype: string;
  /** `null` where the kind has none (nested tensors). */
  readonly shape: Shape | null;
  /** Bytes of the tensor itself; 0 where it has none or they are spread over others. */
  readonly bytes: number;
  readonly file: number;
  readonly why: Text;
}

/** Tensors of a model, wherever they lie. Closing is the caller's business: `closeCheckpoint`. */
export interface Checkpoint {
  readonly folder: Folder;
  /** Files a loader would read, in order. */
  readonly files: readonly CheckpointFile[];
  /** By name, in load order: file by file, in each file's own order. A Map, for `__proto__` is a legal name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** What cannot be read, when a listing was asked for; otherwise they stand against opening the file. */
  readonly others: readonly OtherTensor[];
  /** Path of the index that was used. */
  readonly index?: string;
  /** Texts of its metadata. */
  readonly indexTexts?: ReadonlyMap<string, string>;
  /** Weight files that lie there but that no loader takes, given this choice. */
  readonly unused: readonly string[];
  readonly findings: readonly Finding[];
  /** Set when quantised weights were turned back into numbers: how they had been quantised. */
  readonly dequantised?: string;
  /** Set when it is a training state that was put together. */
  readonly state?: StateFacts;
}

/** Closes every file of a checkpoint. */
export async function closeCheckpoint(checkpoint: Checkpoint): Promise<void> {
  for (const file of checkpoint.files) await file.source.close();
}
