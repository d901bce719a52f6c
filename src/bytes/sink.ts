/**
 * @module
 * Write-at: the only way bytes go out.
 */
import type { MaybePromise } from './source.ts';

/** Something that can be written anywhere within a size known beforehand. */
export interface ByteSink {
  readonly label: string;
  /** Writes all of `bytes` at `offset`. Implementations loop on short writes and cap a single request. */
  write(offset: number, bytes: Uint8Array): MaybePromise<void>;
  close(): MaybePromise<void>;
}
