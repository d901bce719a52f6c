/**
 * @module
 * What a container format is to the rest of the house: something that recognises a file by its content and opens it
 * into named expressions. No tensor data is read while opening.
 */
import type { ByteSource } from '../bytes/index.ts';
import type { Finding } from '../findings/index.ts';
import type { DType, Expression, Shape } from '../tensors/index.ts';

/** A tensor with a name. Its expression reads source 0: the file it was found in. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly expression: Expression;
  /** Bytes of the tensor itself, contiguous. */
  readonly bytes: number;
}

/** A file that was opened. */
export interface OpenedFile {
  /** Word of the contract: `safetensors`, `torch-zip`, `torch-legacy`, `gguf` … */
  readonly format: string;
  /** In the file's own order. Names may repeat only where the format allows it and a finding says so. */
  readonly tensors: readonly NamedTensor[];
  /** Key-value text of the container (`__metadata__` of safetensors), in file order. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The byte ranges `[offset, length]` that describe the tensors (header, pickle, central directory): what a header digest covers. */
  readonly headerRanges: readonly (readonly [number, number])[];
  /** Deviations that do not make the file unreadable. What does is thrown. */
  readonly findings: readonly Finding[];
  /**
   * What the expressions read where that is not the file itself: a view with compressed records unpacked and foreign byte
   * order swapped. Closing it closes the file.
   */
  readonly source?: ByteSource;
}

/** A container format, passed as a value so that unused ones are left out of a bundle. */
export interface Container {
  readonly format: string;
  /** Whether `head`, the file's first bytes (up to SNIFF_BYTES), could be this format. Never throws. */
  sniff(head: Uint8Array, size: number): boolean;
  /** Opens strictly; throws a TemperError that names file, tensor and offset. */
  open(source: ByteSource): Promise<OpenedFile>;
}

/** Bytes that a sniff may look at. */
export const SNIFF_BYTES = 4096;
