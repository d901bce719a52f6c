/** @module Functions of whole arrays: computed in one piece, or part by part of a stack, and cut afterwards. */
import { elementCount, WHOLE_FUNCTIONS, type Shape, type Whole, type WholeFunction } from '../../tensors/index.ts';
import { extents, sameBox, volume, whole, withAxis, type Box } from './boxes.ts';
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

  /** Whether the first axis counts parts that are computed one by one. */
  get #stacked(): boolean {
    return this.#function.unit !== undefined && this.shape.length > this.#function.unit;
  }

  /** Elements that belong together, where it is a stack of them. */
  get unit(): number { return this.#stacked ? elementCount(this.shape.slice(1)) : 0; }

  /** The parts that a box touches, of the result or of an operand. */
  #parts(shape: Shape, box: Box): Box {
    return this.#stacked ? withAxis(whole(shape), 0, box.lo[0]!, box.hi[0]!) : whole(shape);
  }

  /** Less than whole parts are cut from them; all of them are kept while there is room. */
  demands(box: Box): readonly Demand[] {
    const parts = this.#parts(this.shape, box);
    return this.#function.part !== undefined || sameBox(box, parts) ? this.#of.map((operand) => [operand, this.#parts(operand.shape, box)]) : [[this, parts]];
  }

  /** Copies of the operands outside the lane, and the result. */
  overhead(box: Box): number {
    const { part, workspace } = this.#function;
    if (part === undefined && !sameBox(box, this.#parts(this.shape, box))) return 0;
    const shapes = this.#of.map(({ shape }) => extents(this.#parts(shape, box)));
    return shapes.reduce((sum, shape) => sum + elementCount(shape), volume(box) + (workspace?.(shapes, this.#node.parameters) ?? 0)) * 8;
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, { compute, part: partOf } = this.#function, parts = this.#parts(this.shape, box);
    if (partOf === undefined && !sameBox(box, parts)) {
      const all = await context.evaluate(this, parts), from = (corner: readonly number[]) => corner.map((x, axis) => x - parts.lo[axis]!);
      const part = copyBox(lane, 8, extents(parts), all.at, { lo: from(box.lo), hi: from(box.hi) });
      lane.release(all);
      return part;
    }
    const operands: Float64Array[] = [], shapes: Shape[] = [];
    for (const operand of this.#of) {
      const wanted = this.#parts(operand.shape, box), block = await context.values(operand, wanted);
      operands.push(lane.doubles(block, volume(wanted)).slice());
      shapes.push(extents(wanted));
      lane.release(block);
    }
    if (partOf !== undefined) return put(lane, partOf(box.lo, box.hi, operands, this.#node.parameters));
    return put(lane, compute(operands, shapes, this.#node.parameters));
  }
}

function put(lane: Lane, values: Float64Array): Block {
  const block = lane.allocate(values.length * 8);
  lane.doubles(block, values.length).set(values);
  return block;
}
