/**
 * @module
 * A tensor read range by range, whatever granule its program has. Judging one tensor needs several programs in step.
 */
import { bitsOf, cast, elementCount, type DType, type Expression } from '../tensors/index.ts';
import type { Program } from '../engine/program.ts';

/** Turns an expression into a program; bound to the inputs and to a memory budget by whoever calls. */
export type Compile = (expression: Expression) => Promise<Program> | Program;

/** Elements of a tensor on demand. What a program gave beyond what was asked for is kept for the next request. */
export class Stream {
  readonly elements: number;
  readonly granule: number;
  readonly #program: Program;
  readonly #size: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  // Elements that lie in the buffer.
  #from = 0;
  #to = 0;

  constructor(program: Program, dtype: DType, elements: number) {
    this.#program = program;
    this.#size = bitsOf(dtype) / 8;
    this.elements = elements;
    this.granule = Math.max(1, program.granule);
  }

  /** Bytes of elements `begin … end`. Valid until the next call. Ascending requests never compute anything twice. */
  async read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const size = this.#size;
    if (begin < this.#from || begin > this.#to) this.#from = this.#to = Math.floor(begin / this.granule) * this.granule;
    if (end > this.#to) {
      const first = Math.min(begin, this.#to), to = Math.min(this.elements, Math.ceil(end / this.granule) * this.granule), kept = (this.#to - first) * size;
      const start = (first - this.#from) * size, rest = this.#bytes.subarray(start, start + kept), length = (to - first) * size;
      if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
      this.#bytes.set(rest);
      const bytes = this.#bytes, from = this.#to;
      // In case the run fails.
      this.#from = this.#to = first;
      await this.#program.run(from, to, (offset, part) => { bytes.set(part, offset - first * size); });
      this.#to = to;
    }
    return this.#bytes.subarray((begin - this.#from) * size, (end - this.#from) * size);
  }

  /** Elements `begin … end` of an F64 tensor. Valid until the next call. */
  async values(begin: number, end: number): Promise<Float64Array<ArrayBuffer>> {
    const bytes = await this.read(begin, end);
    return new Float64Array(bytes.buffer, bytes.byteOffset, end - begin);
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
export const TILE_ELEMENTS: number = 64 << 10;
