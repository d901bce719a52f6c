/**
 * @module
 * A pickle is read through a window that moves along its source: how long it is shows only when STOP comes, and behind
 * it may lie ten gigabytes of something else.
 */
import { readInto, type ByteSource } from '../../../bytes/index.ts';

/** First read. Most pickles fit into it. */
const WINDOW_BYTES = 256 * 1024;
/** Later reads. */
const STEP_BYTES = 4 * 1024 * 1024;

/** A part of the source in memory. */
export class Window {
  readonly source: ByteSource;
  /** Behind the last byte that may be read. */
  readonly end: number;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  /** Offset of `bytes[0]` in the source. */
  base = 0;

  constructor(source: ByteSource, start: number, end: number) {
    this.source = source;
    this.base = start;
    this.end = end;
  }

  /** Moves the window to `offset` and makes it hold `wanted` bytes, or whatever is left. A new buffer: old views stay valid. */
  async move(offset: number, wanted: number): Promise<void> {
    const size = Math.min(Math.max(wanted, this.bytes.length === 0 ? WINDOW_BYTES : STEP_BYTES), Math.max(0, this.end - offset));
    const bytes = new Uint8Array(size);
    await readInto(this.source, offset, bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.base = offset;
  }
}
