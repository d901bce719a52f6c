/**
 * @module
 * Tensors whose bytes are bytes of the inputs: found by taking the shape nodes apart, down to segments of files.
 */
import { readInto } from '../../bytes/index.ts';
import { bitsOf, byteCount, elementCount, type Expression } from '../../tensors/index.ts';
import type { CopySegment, Emit, Program, ProgramInputs } from '../program.ts';

/** A range of bytes of an input. */
interface Piece {
  readonly source: number;
  readonly offset: number;
  readonly length: number;
}

/** A tensor in more pieces than this is gathered in memory, unless they are large. */
const SEGMENTS_MAX = 64;
/** Pieces of at least this size are worth a request each. */
const SEGMENT_BYTES_MIN = 16 << 10;
/** Bytes read before they are handed on: small enough for the L2 cache (bytes/source.ts). */
const BUFFER_BYTES = 256 << 10;

/** The copy, or undefined when the bytes need arithmetic or lie in too many small pieces. */
export function copyProgram(expression: Expression, inputs: ProgramInputs): Program | undefined {
  const total = byteCount(expression.dtype, expression.shape);
  const pieces = take(expression, Math.max(SEGMENTS_MAX, Math.floor(total / SEGMENT_BYTES_MIN)));
  if (pieces === undefined) return undefined;
  const segments: CopySegment[] = [];
  let at = 0;
  for (const piece of pieces) { segments.push({ at, ...piece }); at += piece.length; }
  return new CopyProgram(segments, bitsOf(expression.dtype), inputs);
}

/**
 * Bytes of a node in order, neighbours joined; undefined when it is not made of bytes, or of more than `most` pieces.
 * Elements smaller than a byte stay where they are: only nodes that keep all bytes in order pass.
 */
function take(node: Expression, most: number): Piece[] | undefined {
  switch (node.op) {
    case 'stored': return [{ source: node.source, offset: node.offset, length: byteCount(node.dtype, node.shape) }];
    case 'partitioned': return join(node.pieces.map(([source, offset, length]) => ({ source, offset, length })), most);
    case 'reshape': return take(node.of, most);
    case 'strided': return strided(node.source, node.offset, bitsOf(node.dtype) / 8, node.shape, node.strides, most);
    case 'transpose': {
      const { of, axes } = node;
      // Only axes of one element change places, or the operand is a plain matrix in a file.
      const moved = axes.filter((axis) => of.shape[axis] !== 1);
      if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) return take(of, most);
      return undefined;
    }
    case 'slice': {
      const inner = elementCount(node.of.shape.slice(node.axis + 1)), side = node.of.shape[node.axis]!;
      const outer = elementCount(node.of.shape.slice(0, node.axis)), bits = bitsOf(node.dtype);
      if (outer > most || bits % 8 !== 0) return undefined;
      const bytes = bits / 8 * inner, pieces = take(node.of, most);
      return pieces && interleave([{ pieces, stride: side * bytes, start: node.start * bytes, length: (node.end - node.start) * bytes }], outer, most);
    }
    case 'concat': {
      const inner = elementCount(node.shape.slice(node.axis + 1)), outer = elementCount(node.shape.slice(0, node.axis)), bits = bitsOf(node.dtype);
      if (outer * node.parts.length > most * 2 || bits % 8 !== 0) return undefined;
      const parts: Part[] = [];
      for (const part of node.parts) {
        const pieces = take(part, most), length = part.shape[node.axis]! * inner * bits / 8;
        if (pieces === undefined) return undefined;
        parts.push({ pieces, stride: length, start: 0, length });
      }
      return interleave(parts, outer, most);
    }
    case 'rows': {
      const bits = bitsOf(node.dtype), length = elementCount(node.shape.slice(1)) * bits / 8;
      if (bits % 8 !== 0 || new Set(node.indices).size > most) return undefined;
      const of = take(node.of, most), from = take(node.from, most);
      return of && from && replaceRows(of, from, node.indices, length, byteCount(node.dtype, node.shape), most);
    }
    default: return undefined;
  }
}

function strided(source: number, offset: number, size: number, shape: readonly number[], strides: readonly number[], most: number): Piece[] | undefined {
  if (!Number.isInteger(size)) return undefined;
  if (elementCount(shape) === 0) return [];
  // Axes that run along the file, from the inside out.
  let run = 1, axis = shape.length - 1;
  while (axis >= 0 && (shape[axis] === 1 || strides[axis] === run)) run *= shape[axis--]!;
  const outer = shape.slice(0, axis + 1);
  if (elementCount(outer) > most * 2) return undefined;
  let offsets = [offset];
  outer.forEach((side, i) => { offsets = offsets.flatMap((at) => Array.from({ length: side }, (_, x) => at + x * strides[i]! * size)); });
  return join(offsets.map((at) => ({ source, offset: at, length: run * size })), most);
}

/** What one operand gives in every round: `length` bytes, beginning at `start`, `stride` further each time. */
interface Part {
  readonly pieces: readonly Piece[];
  readonly stride: number;
  readonly start: number;
  readonly length: number;
}

function interleave(parts: readonly Part[], rounds: number, most: number): Piece[] | undefined {
  const cutters = parts.map(({ pieces }) => cutter(pieces)), out: Piece[] = [];
  for (let round = 0; round < rounds; round++) {
    parts.forEach(({ stride, start, length }, i) => cutters[i]!(round * stride + start, length, out));
    if (out.length > most * 4) return undefined; // joined neighbours may bring it down again
  }
  return join(out, most);
}

/** Cuts ranges out of pieces laid end to end; ranges must ascend. */
function cutter(pieces: readonly Piece[]): (start: number, length: number, out: Piece[]) => void {
  let index = 0, at = 0;
  return (start, length, out) => {
    const end = start + length;
    for (; index < pieces.length && at < end; at += pieces[index++]!.length) {
      const piece = pieces[index]!, lo = Math.max(start, at), hi = Math.min(end, at + piece.length);
      if (lo < hi) out.push({ source: piece.source, offset: piece.offset + lo - at, length: hi - lo });
      if (at + piece.length > end) return; // the next range begins in this piece
    }
  };
}

function replaceRows(of: readonly Piece[], from: readonly Piece[], indices: readonly number[], length: number, total: number, most: number): Piece[] | undefined {
  const base = cutter(of), out: Piece[] = [];
  let done = 0;
  for (const [row, i] of [...new Map(indices.map((row, i) => [row, i]))].sort((a, b) => a[0] - b[0])) {
    base(done, row * length - done, out);
    cutter(from)(i * length, length, out);
    done = (row + 1) * length;
    if (out.length > most * 4) return undefined;
  }
  base(done, total - done, out);
  return join(out, most);
}

/** Neighbours in the same file become one piece. */
function join(pieces: readonly Piece[], most: number): Piece[] | undefined {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    if (piece.length === 0) continue;
    const last = joined.at(-1);
    if (last !== undefined && last.source === piece.source && last.offset + last.length === piece.offset) {
      joined[joined.length - 1] = { ...last, length: last.length + piece.length };
    } else joined.push(piece);
    if (joined.length > most) return undefined;
  }
  return joined;
}

class CopyProgram implements Program {
  readonly kind = 'copy';
  readonly segments: readonly CopySegment[];
  readonly granule: number;
  readonly residentBytes: number = BUFFER_BYTES;
  readonly statistics = { recomputed: 0, computed: 0 };
  readonly #bits: number;
  readonly #inputs: ProgramInputs;

  constructor(segments: readonly CopySegment[], bits: number, inputs: ProgramInputs) {
    this.segments = segments;
    this.#bits = bits;
    this.#inputs = inputs;
    // Elements that fill whole bytes: 1, or 2 of 4 bits, or 4 of 6.
    this.granule = bits % 8 === 0 ? 1 : bits % 4 === 0 ? 2 : 4;
  }

  async run(begin: number, end: number, emit: Emit): Promise<void> {
    const buffer = new Uint8Array(Math.min(BUFFER_BYTES, Math.ceil((end - begin) * this.#bits / 8)));
    const last = end * this.#bits / 8;
    let at = begin * this.#bits / 8, index = this.#find(at);
    while (at < last) {
      const segment = this.segments[index]!, length = Math.min(segment.at + segment.length, last) - at;
      const bytes = buffer.subarray(0, Math.min(length, buffer.length));
      await readInto(this.#inputs.source(segment.source), segment.offset + at - segment.at, bytes);
      await emit(at, bytes);
      at += bytes.length;
      if (at === segment.at + segment.length) index++;
    }
  }

  /** Index of the segment that holds a byte. */
  #find(at: number): number {
    let lo = 0, hi = this.segments.length - 1;
    while (lo < hi) {
      const middle = (lo + hi + 1) >> 1;
      if (this.segments[middle]!.at <= at) lo = middle; else hi = middle - 1;
    }
    return lo;
  }
}
