/**
 * @module
 * Writes pieces of one output and watches them: sums them up for containers that state checksums, and reads them again
 * while they are still in the cache, so that what the file holds is compared with what was meant.
 */
import { readInto, REQUEST_BYTES_MAX, type ByteSink, type ByteSource, type MaybePromise } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { REREAD_DIFFERS } from './codes.ts';
import type { LaneResources } from './lane.ts';
import type { Piece, Watched } from './orders.ts';

/** One order's writes to one output. */
export class Writer {
  readonly #sink: ByteSink | undefined;
  readonly #reread: ByteSource | undefined;
  readonly #resources: LaneResources;
  readonly #pieces: [offset: number, bytes: number, crc: number][] | undefined;
  #buffer: Uint8Array | undefined;

  constructor(output: number, { reread, sums, written }: Watched, resources: LaneResources) {
    this.#resources = resources;
    this.#sink = written ? undefined : resources.output(output);
    this.#reread = reread ? resources.reread(output) : undefined;
    this.#pieces = sums ? [] : undefined;
  }

  /** Writes bytes, if they are not there already; they may change once it is done. */
  write(offset: number, bytes: Uint8Array): MaybePromise<void> {
    if (this.#pieces !== undefined) this.#sum(this.#pieces, offset, bytes);
    const written = this.#sink?.write(offset, bytes);
    if (this.#reread === undefined) return written;
    return this.#check(this.#reread, offset, bytes, written);
  }

  /** Runs that follow each other are one. */
  #sum(pieces: [offset: number, bytes: number, crc: number][], offset: number, bytes: Uint8Array): void {
    const last = pieces.at(-1);
    if (last !== undefined && last[0] + last[1] === offset) {
      last[2] = this.#resources.crc32(bytes, last[2]);
      last[1] += bytes.length;
    } else pieces.push([offset, bytes.length, this.#resources.crc32(bytes, 0)]);
  }

  async #check(source: ByteSource, offset: number, bytes: Uint8Array, written: MaybePromise<void>): Promise<void> {
    await written;
    const buffer = this.#buffer ??= new Uint8Array(REQUEST_BYTES_MAX);
    for (let done = 0; done < bytes.length; done += buffer.length) {
      const want = bytes.length - done > buffer.length || done > 0 ? bytes.subarray(done, done + buffer.length) : bytes;
      const got = want.length === buffer.length ? buffer : buffer.subarray(0, want.length);
      await readInto(source, offset + done, got);
      if (!this.#resources.same(got, want)) {
        const at = offset + done + got.findIndex((byte, i) => byte !== want[i]);
        refuse(REREAD_DIFFERS, { file: source.label, offset: at }, { path: source.label, offset: at });
      }
    }
  }

  /** What an order's result has to say of the writes. */
  get result(): { readonly pieces?: readonly Piece[] } {
    return this.#pieces === undefined ? {} : { pieces: this.#pieces };
  }
}
