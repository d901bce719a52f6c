/**
 * @module
 * What the engine needs of a computation: a tensor's expression turned into something that produces any range of its
 * elements as bytes. `compile` chooses: a straight byte copy, a fused kernel, or the general evaluator.
 */
import type { ByteSource, MaybePromise } from '../bytes/index.ts';

/** Receives bytes of the tensor at a byte offset within it. The view is only valid during the call. */
export type Emit = (offset: number, bytes: Uint8Array) => MaybePromise<void>;

/** A byte range of the tensor that is a byte range of an input. */
export interface CopySegment {
  /** Byte offset in the tensor. */
  readonly at: number;
  readonly source: number;
  readonly offset: number;
  readonly length: number;
}

/** What a run of a program says about itself. */
export interface ProgramStatistics {
  /** Elements the fast kernel could not settle and that were recomputed in float64. */
  recomputed: number;
  /** Elements computed at all. */
  computed: number;
}

/** How to produce one tensor. */
export interface Program {
  readonly kind: 'copy' | 'fused' | 'general';
  /** Only for `copy`: segments in ascending order, covering the tensor. */
  readonly segments?: readonly CopySegment[];
  /** Ranges given to `run` begin and end at multiples of this many elements (or at the tensor's end): whole rows. */
  readonly granule: number;
  /** Bytes held while it runs, beside a tile: factors, panels, lists. */
  readonly residentBytes: number;
  /** Produces elements `begin … end`. Emits in ascending order, without gaps. */
  run(begin: number, end: number, emit: Emit): Promise<void>;
  readonly statistics: ProgramStatistics;
}

/** What compiled programs read from: inputs of the plan by index, then finished stages. */
export interface ProgramInputs {
  source(index: number): ByteSource;
  /** The finished stage as a source of float64 values. */
  stage(index: number): ByteSource;
}
