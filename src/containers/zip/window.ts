/**
 * @module
 * Headers read a stretch at a time: where records are small, one read brings the headers of many; where they are large,
 * the descriptor behind one and the header of the next.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';

/** Bytes of the first read of a stretch, and of one in the middle of small records. */
const LEAST_BYTES = 512, MOST_BYTES = 64 * 1024;

/** A source, and the stretch of it that was read last. */
export class Window {
  readonly #source: ByteSource;
  #held: Uint8Array = new Uint8Array(0);
  #start = 0;
  #size = LEAST_BYTES;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Bytes of the source, which must have them. Valid until the next call. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    const inside = offset - this.#start;
    if (inside < 0 || inside + length > this.#held.length) {
      const follows = inside >= 0 && inside <= this.#held.length + MOST_BYTES;
      this.#size = follows ? Math.min(this.#size * 2, MOST_BYTES) : LEAST_BYTES;
      this.#held = await readBytes(this.#source, offset, Math.max(length, Math.min(this.#size, this.#source.size - offset)));
      this.#start = offset;
    }
    return this.#held.subarray(offset - this.#start, offset - this.#start + length);
  }
}

/** Numbers of some bytes. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
