/** @module Codes of a quantised tensor as the values they stand for. */
import type { Lookup, Shape } from '../../tensors/index.ts';
import { volume, type Box } from './boxes.ts';
import type { Block } from './lane.ts';
import type { Demand, Operator, Context } from './operators.ts';

/** `table[(code >> shift) mod entries]`. */
export class LookupOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #of: Operator;
  /** The value of every byte: the shift is in it already. */
  readonly #byByte: Float64Array;

  constructor({ shape, shift, table }: Lookup, of: Operator) {
    this.shape = shape;
    this.#of = of;
    this.#byByte = Float64Array.from({ length: 256 }, (_, code) => table[(code >> shift) & (table.length - 1)]!);
  }

  demands(box: Box): readonly Demand[] { return [[this.#of, box]]; }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box), of = await context.values(this.#of, box), block = lane.allocate(count * 8);
    const from = lane.doubles(of, count), to = lane.doubles(block, count), byByte = this.#byByte;
    for (let i = 0; i < count; i++) to[i] = byByte[from[i]!]!;
    lane.release(of);
    return block;
  }
}
