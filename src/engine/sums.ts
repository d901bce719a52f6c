/**
 * @module
 * Checksums of whole ranges put together from those of the pieces that lanes wrote, in whatever order.
 */
import { joinCrc32 } from '../containers/zip/index.ts';
import type { Piece } from './orders.ts';

/** Pieces by output. */
export class Sums {
  readonly #pieces = new Map<number, Piece[]>();

  add(output: number, pieces: readonly Piece[]): void {
    const known = this.#pieces.get(output);
    if (known === undefined) this.#pieces.set(output, [...pieces]);
    else for (const piece of pieces) known.push(piece);
  }

  /**
   * CRC-32 of each of the `ranges` `[offset, bytes]`, which ascend; undefined where not every byte was written under our
   * eyes, as after `--resume`.
   */
  of(output: number, ranges: readonly (readonly [number, number])[]): (number | undefined)[] {
    const pieces = (this.#pieces.get(output) ?? []).sort((a, b) => a[0] - b[0]);
    let next = 0;
    return ranges.map(([offset, bytes]) => {
      while (next < pieces.length && pieces[next]![0] < offset) next++;
      let at = offset, crc = 0;
      for (; next < pieces.length && pieces[next]![0] === at && at < offset + bytes; next++) {
        const [, length, sum] = pieces[next]!;
        crc = at === offset ? sum : joinCrc32(crc, sum, length);
        at += length;
      }
      return at === offset + bytes ? crc : undefined;
    });
  }
}
