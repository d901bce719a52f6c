/** @module Functions of whole arrays: computed in one piece, cut afterwards. */
import { elementCount, WHOLE_FUNCTIONS, type Shape, type Whole, type WholeFunction } from '../../tensors/index.ts';
import { isWhole, whole, type Box } from './boxes.ts';
import type { Block } from './lane.ts';
import { copyBox } from './moves.ts';
import type { Demand, Operator, Context } from './operators.ts';

/** A function of whole arrays. */
export class WholeOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #of: readonly Operator[];
  readonly #node: Whole;

  constructor(node: Whole, of: readonly Operator[]) {
    this.shape = node.shape;
    this.#node = node;
    this.#of = of;
  }

  /** A part is cut from the whole, which is kept while there is room. */
  demands(box: Box): readonly Demand[] {
    return isWhole(box, this.shape) ? this.#of.map((operand) => [operand, whole(operand.shape)]) : [[this, whole(this.shape)]];
  }

  /** Copies of the operands outside the lane, and the result. */
  overhead(box: Box): number {
    if (!isWhole(box, this.shape)) return 0;
    return this.#of.reduce((sum, operand) => sum + elementCount(operand.shape) * 8, elementCount(this.shape) * 8);
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context;
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
    const { compute }: WholeFunction = WHOLE_FUNCTIONS[this.#node.name];
    const result = compute(operands, this.#of.map(({ shape }) => shape), this.#node.parameters), block = lane.allocate(result.length * 8);
    lane.doubles(block, result.length).set(result);
    return block;
  }
}
