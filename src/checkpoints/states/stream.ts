/**
 * @module
 * Rows of several files laid end to end, and ranges of them as expressions: a ZeRO stream.
 */
import { bitsOf, elementCount, partitioned, stored, type DType, type Expression, type Shape } from '../../tensors/index.ts';
import type { Row } from './optimizer-states.ts';

/** A piece of a file, `[source, offset, bytes]`. */
export type Piece = readonly [source: number, offset: number, bytes: number];

/** Rows of one dtype, laid end to end. */
export class Stream {
  readonly #rows: readonly Row[];
  /** First element of every row, and the number of all. */
  readonly #starts: readonly number[];
  readonly #bytes: number;

  constructor(rows: readonly Row[], dtype: DType) {
    this.#rows = rows;
    this.#bytes = bitsOf(dtype) / 8;
    const starts = [0];
    for (const { numel } of rows) starts.push(starts.at(-1)! + numel);
    this.#starts = starts;
  }

  /** Elements of all rows. */
  get numel(): number { return this.#starts.at(-1)!; }

  /** Elements `start` to `end`, as pieces of files. A range may cross rows. */
  pieces(start: number, end: number): Piece[] {
    const pieces: Piece[] = [];
    for (let i = this.#find(start); i < this.#rows.length && this.#starts[i]! < end; i++) {
      const { source, offset, numel } = this.#rows[i]!, from = Math.max(start, this.#starts[i]!) - this.#starts[i]!, to = Math.min(end - this.#starts[i]!, numel);
      if (to > from) pieces.push([source, offset + from * this.#bytes, (to - from) * this.#bytes]);
    }
    return pieces;
  }

  /** The last row that begins at or before an element. */
  #find(element: number): number {
    let lo = 0, hi = this.#rows.length - 1;
    while (lo < hi) {
      const middle = (lo + hi + 1) >> 1;
      if (this.#starts[middle]! <= element) lo = middle; else hi = middle - 1;
    }
    return Math.max(lo, 0);
  }
}

/** A tensor that lies in pieces: plain bytes where it is one, neighbours of one file joined. */
export function fromPieces(dtype: DType, shape: Shape, pieces: readonly Piece[]): Expression {
  const joined: Piece[] = [];
  for (const [source, offset, bytes] of pieces) {
    const last = joined.at(-1);
    if (last !== undefined && last[0] === source && last[1] + last[2] === offset) joined[joined.length - 1] = [source, last[1], last[2] + bytes];
    else joined.push([source, offset, bytes]);
  }
  if (joined.length > 1) return partitioned(dtype, shape, joined);
  const [source = 0, offset = 0] = joined[0] ?? [];
  return stored(source, offset, dtype, shape);
}

/** The pieces of which a stored or partitioned expression consists, cut to the first `numel` elements. */
export function piecesOf(expression: Expression, numel: number): Piece[] | undefined {
  const all: readonly Piece[] | undefined = expression.op === 'stored' ? [[expression.source, expression.offset, elementCount(expression.shape) * bitsOf(expression.dtype) / 8]]
    : expression.op === 'partitioned' ? expression.pieces : undefined;
  let left = numel * bitsOf(expression.dtype) / 8;
  const pieces: Piece[] = [];
  for (const [source, offset, bytes] of all ?? []) {
    if (left <= 0) break;
    pieces.push([source, offset, Math.min(bytes, left)]);
    left -= bytes;
  }
  return all === undefined || left > 0 ? undefined : pieces;
}
