/** @module Operators without operands: views of bytes, and small arrays. */
import { elementCount, type Constant, type DType } from '../../tensors/index.ts';
import { volume, type Box } from './boxes.ts';
import type { Block } from './lane.ts';
import { copyBox } from './moves.ts';
import type { Demand, Operator, Context } from './operators.ts';
import { readBox, type View } from './views.ts';

/** Views up to this size are kept when every tile reads all of them. */
const KEPT_VIEW_BYTES_MAX = 1 << 20;

/** A view of a stream. */
export class ViewOperator implements Operator {
  readonly dtype: DType;
  readonly size: number;
  readonly shape: readonly number[];
  readonly fleeting: boolean;
  readonly view: View;

  constructor(view: View) {
    this.view = view;
    this.dtype = view.dtype;
    this.size = view.size;
    this.shape = view.shape;
    this.fleeting = elementCount(view.shape) * view.size > KEPT_VIEW_BYTES_MAX;
  }

  demands(): readonly Demand[] { return []; }

  async compute({ lane }: Context, box: Box): Promise<Block> {
    const block = lane.allocate(volume(box) * this.size);
    await readBox(lane, this.view, box, block.at);
    return block;
  }
}

/** A small array of float64. */
export class ConstantOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: readonly number[];
  readonly #values: readonly number[];

  constructor(node: Constant) {
    this.shape = node.shape;
    this.#values = node.values;
  }

  demands(): readonly Demand[] { return []; }

  overhead(): number { return this.#values.length * 8; }

  async compute({ lane }: Context, box: Box): Promise<Block> {
    const all = lane.allocate(this.#values.length * 8);
    lane.f64.set(this.#values, all.at / 8);
    const block = copyBox(lane, 8, this.shape, all.at, box);
    lane.release(all);
    return block;
  }
}
