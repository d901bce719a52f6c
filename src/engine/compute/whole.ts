/** @module Functions of whole arrays: computed in one piece, cut afterwards. */
import { elementCount, WHOLE_FUNCTIONS, type Shape, type Whole, type WholeFunction } from '../../tensors/index.ts';
import { isWhole, volume, whole, type Box } from './boxes.ts';
import type { Block, Lane } from './lane.ts';
import { copyBox } from './moves.ts';
import type { Demand, Operator, Context } from './operators.ts';

/** A function of whole arrays. */
export class WholeOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #of: readonly Operator[];
  readonly #node: Whole;
  readonly #function: WholeFunction;

  constructor(node: Whole, of: readonly Operator[]) {
    this.shape = node.shape;
    this.#node = node;
    this.#function = WHOLE_FUNCTIONS[node.name];
    this.#of = of;
  }

  /** A part is cut from the whole, which is kept while there is room. */
  demands(box: Box): readonly Demand[] {
    if (this.#function.part !== undefined) return [];
    return isWhole(box, this.shape) ? this.#of.map((operand) => [operand, whole(operand.shape)]) : [[this, whole(this.shape)]];
  }

  /** Copies of the operands outside the lane, and the result. */
  overhead(box: Box): number {
    const { part, workspace } = this.#function;
    if (part !== undefined) return volume(box) * 8;
    if (!isWhole(box, this.shape)) return 0;
    const own = elementCount(this.shape) + (workspace?.(this.#of.map(({ shape }) => shape), this.#node.parameters) ?? 0);
    return this.#of.reduce((sum, operand) => sum + elementCount(operand.shape) * 8, own * 8);
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, { compute, part: partOf } = this.#function;
    if (partOf !== undefined) return put(lane, partOf(box.lo, box.hi, this.#node.parameters));
    if (!isWhole(box, this.shape)) {
      const all = await context.evaluate(this, whole(this.shape)), part = copyBox(lane, 8, this.shape, all.at, box);
      lane.release(all);
      return part;
    }
    const operands: Float64Array[] = [];
    for (const operand of this.#of) {
      const block = await context.values(operand, whole(operand.shape));
      operands.push(lane.doubles(block, elementCount(operand.shape)).slice());
      lane.release(block);
    }
    return put(lane, compute(operands, this.#of.map(({ shape }) => shape), this.#node.parameters));
  }
}

function put(lane: Lane, values: Float64Array): Block {
  const block = lane.allocate(values.length * 8);
  lane.doubles(block, values.length).set(values);
  return block;
}
