/**
 * @module
 * What the parts of a scan share.
 */
import type { ByteSource } from '../../bytes/index.ts';
import type { ScanReport } from './report.ts';
import type { WeightsOnly } from './weights-only.ts';

/** State of the scan of one file. */
export interface ScanContext {
  readonly report: ScanReport;
  /** Search everything, whatever it costs. */
  readonly all: boolean;
  /** CRC-32, of the host where it has a faster one. */
  readonly crc32: (bytes: Uint8Array, crc: number) => number;
  /** Levels of payloads inside payloads. */
  readonly depth: number;
  /** Watches the pickles that torch.load would read; absent inside nested payloads. */
  readonly weightsOnly: WeightsOnly | undefined;
  /** Scans bytes by their content: the way back in for whatever is found inside something else. */
  readonly inside: (context: ScanContext, source: ByteSource) => Promise<void>;
}

/** Levels of payloads inside payloads that are followed. Real files have one (a storage saved by torch.save). */
export const NESTED_MAX: number = 8;

/** Bytes that are searched for hidden pickles where a container is broken. `--deep` searches everything. */
export const SEARCH_BYTES_MAX: number = 64 * 1024 * 1024;

/** Hidden pickles that are followed in one file; what looks like one comes up once in 64 KB of noise. */
export const HIDDEN_MAX: number = 4096;

/** The context one level further in. */
export const deeper = (context: ScanContext): ScanContext => ({ ...context, depth: context.depth + 1, weightsOnly: undefined });
