/**
 * @module
 * What a lane is told to do: plain data, so that a lane can be a worker thread or this very thread.
 */
import type { Finding } from '../findings/index.ts';
import type { Expression } from '../tensors/index.ts';

/** What is done with every piece that is written, beside writing it. */
export interface Watched {
  /** Read it again from the output and compare. */
  readonly reread?: boolean;
  /** Sum it up: CRC-32 of what was written. */
  readonly sums?: boolean;
  /** An earlier process wrote it: only read it again. */
  readonly written?: boolean;
}

/** Bytes moved from inputs to one output file, `[input, offset, length, to]` each, in ascending order of `to`. */
export interface CopyOrder extends Watched { readonly kind: 'copy'; readonly output: number; readonly segments: readonly (readonly [number, number, number, number])[] }

/** Part `part` of `parts` of one tensor, computed and written from byte `at` of the output file. Equal parts of whole rows. */
export interface ComputeOrder extends Watched {
  readonly kind: 'compute';
  readonly output: number;
  /** Identifies the tensor, so that a lane can keep its program for the next part. */
  readonly key: string;
  readonly expression: Expression;
  readonly at: number;
  readonly part: number;
  readonly parts: number;
}

/** A piece of an output file and the CRC-32 of what was written there. */
export type Piece = readonly [offset: number, bytes: number, crc: number];

/** SHA-256 of an output file and of byte ranges `[offset, length]` in it, which ascend and do not overlap. */
export interface DigestOrder { readonly kind: 'digest'; readonly output: number; readonly ranges: readonly (readonly [number, number])[] }

/** CRC-32 of byte ranges `[offset, length]` of an output file: what a zip says of its records. */
export interface ChecksumOrder { readonly kind: 'checksum'; readonly output: number; readonly ranges: readonly (readonly [number, number])[] }

/** Any order. */
export type Order = CopyOrder | ComputeOrder | DigestOrder | ChecksumOrder;

/** What came of an order. */
export interface OrderResult {
  readonly bytes: number;
  /** Elements computed, and those recomputed in float64 because the fast kernel could not settle them. */
  readonly computed: number;
  readonly recomputed: number;
  readonly sha256?: string;
  readonly rangeSha256?: readonly string[];
  readonly checksums?: readonly number[];
  /** With `sums`: what was written, run by run. */
  readonly pieces?: readonly Piece[];
}

/** Several lanes. Each executes one order after the other; they share nothing. */
export interface Crew {
  readonly size: number;
  /** Executes on lane `lane` (0 … size-1), after what that lane was given before. Rejects with the lane's error. */
  execute(lane: number, order: Order): Promise<OrderResult>;
  close(): Promise<void>;
}

/** An error as it crosses a thread boundary. */
export type LaneFailure = { readonly findings: readonly Finding[] } | { readonly message: string; readonly stack: string };
