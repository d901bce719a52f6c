/**
 * @module
 * A tensor read range by range, whatever granule its program has. Judging one tensor needs several programs in step.
 */
import { bitsOf, cast, elementCount, type DType, type Expression } from '../tensors/index.ts';
import type { Program } from '../engine/program.ts';

/** Turns an expression into a program; bound to the inputs and to a memory budget by whoever calls. */
export type Compile = (expression: Expression) => Promise<Program> | Program;

/** Elements of a tensor on demand. */
export class Stream {
  readonly elements: number;
  readonly granule: number;
  readonly #program: Program;
  readonly #bits: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(program: Program, dtype: DType, elements: number) {
    this.#program = program;
    this.#bits = bitsOf(dtype);
    this.elements = elements;
    this.granule = Math.max(1, program.granule);
  }

  /** Bytes of elements `begin … end`, aligned for any view. Valid until the next call. */
  async read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const size = this.#bits / 8;
    // More than was asked for, where the program only gives whole granules.
    const from = Math.floor(begin / this.granule) * this.granule, to = Math.min(this.elements, Math.ceil(end / this.granule) * this.granule);
    const length = (to - from) * size;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    const bytes = this.#bytes;
    await this.#program.run(from, to, (offset, part) => { bytes.set(part, offset - from * size); });
    const skip = (begin - from) * size, wanted = (end - begin) * size;
    if (skip > 0) bytes.copyWithin(0, skip, skip + wanted);
    return bytes.subarray(0, wanted);
  }

  /** Elements `begin … end` of an F64 tensor. Valid until the next call. */
  async values(begin: number, end: number): Promise<Float64Array<ArrayBuffer>> {
    const bytes = await this.read(begin, end);
    return new Float64Array(bytes.buffer, 0, end - begin);
  }
}

/** Opens a stream of the tensor's own elements. */
export async function openStream(compile: Compile, expression: Expression): Promise<Stream> {
  return new Stream(await compile(expression), expression.dtype, elementCount(expression.shape));
}

/** Opens a stream of values in float64. */
export function openValues(compile: Compile, expression: Expression): Promise<Stream> {
  return openStream(compile, cast('F64', expression));
}

/** Elements of a tile: a handful of float64 arrays of this size stay within a few MiB. */
const TILE_ELEMENTS = 64 << 10;

/** A tile size that suits all streams: whole granules of the coarsest, whole rows where they are shorter than that. */
export function tileSize(streams: readonly Stream[], columns: number): number {
  const unit = Math.max(...streams.map((stream) => stream.granule), columns <= TILE_ELEMENTS ? columns : 1, 1);
  return Math.max(unit, Math.floor(TILE_ELEMENTS / unit) * unit);
}
