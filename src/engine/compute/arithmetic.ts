/** @module Element by element in float64, and the one rounding. */
import { ENCODABLE, FUNCTIONS, type Binary, type DType, type Shape } from '../../tensors/index.ts';
import { extents, rowMajorStrides, volume, type Box } from './boxes.ts';
import { SPREAD, type BinaryKernel } from './kernels.ts';
import type { Block, Lane } from './lane.ts';
import { joinAxes, type MoveAxis } from './moves.ts';
import { encode } from './numbers.ts';
import type { Demand, Operator, Context } from './operators.ts';
import { elementBytes } from './views.ts';

/** A block to write a result of the same size into: the operand itself when nobody else uses it. */
const reuse = (lane: Lane, operand: Block, bytes: number): Block => (operand.users === 1 ? lane.keep(operand) : lane.allocate(bytes));

/** `by · of`. */
export class ScaleOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #of: Operator;
  readonly #by: number;

  constructor(of: Operator, by: number) {
    this.shape = of.shape;
    this.#of = of;
    this.#by = by;
  }

  demands(box: Box): readonly Demand[] { return [[this.#of, box]]; }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box), of = await context.values(this.#of, box), block = reuse(lane, of, count * 8);
    if (count > 0) lane.kernels.scale(this.#by, of.at, block.at, count);
    lane.release(of);
    return block;
  }
}

/** A function, element by element. */
export class ApplyOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #of: Operator;
  readonly #function: (x: number) => number;

  constructor(of: Operator, name: string) {
    this.shape = of.shape;
    this.#of = of;
    this.#function = FUNCTIONS[name]!;
  }

  demands(box: Box): readonly Demand[] { return [[this.#of, box]]; }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box), of = await context.values(this.#of, box), block = reuse(lane, of, count * 8);
    const from = lane.doubles(of, count), to = lane.doubles(block, count), value = this.#function;
    for (let i = 0; i < count; i++) to[i] = value(from[i]!);
    lane.release(of);
    return block;
  }
}

/** The larger of two: for small things, so without a kernel of its own. */
const larger = ({ f64 }: Lane): BinaryKernel => (a, b, to, count, spread) => {
  const stepA = spread === SPREAD.a ? 0 : 1, stepB = spread === SPREAD.b ? 0 : 1;
  for (let i = 0, p = a / 8, q = b / 8, t = to / 8; i < count; i++, p += stepA, q += stepB, t++) f64[t] = Math.max(f64[p]!, f64[q]!);
};

/** `a + b`, `a · b`, `a / b`, the larger of both; sides of 1 stretched. */
export class BinaryOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #op: Binary['op'];
  readonly #a: Operator;
  readonly #b: Operator;

  constructor(op: Binary['op'], shape: Shape, a: Operator, b: Operator) {
    this.shape = shape;
    this.#op = op;
    this.#a = a;
    this.#b = b;
  }

  #part(operand: Operator, box: Box): Box {
    const stretched = (axis: number) => operand.shape[axis] === 1;
    return { lo: box.lo.map((x, axis) => (stretched(axis) ? 0 : x)), hi: box.hi.map((x, axis) => (stretched(axis) ? 1 : x)) };
  }

  demands(box: Box): readonly Demand[] {
    return [[this.#a, this.#part(this.#a, box)], [this.#b, this.#part(this.#b, box)]];
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box);
    const [[, boxA], [, boxB]] = this.demands(box) as [Demand, Demand];
    const a = await context.values(this.#a, boxA), b = await context.values(this.#b, boxB);
    const block = a !== b && volume(boxA) === count ? reuse(lane, a, count * 8) : a !== b && volume(boxB) === count ? reuse(lane, b, count * 8) : lane.allocate(count * 8);
    if (count > 0) this.#loop(lane, a, boxA, b, boxB, block, extents(box));
    lane.release(a);
    lane.release(b);
    return block;
  }

  #loop(lane: Lane, a: Block, boxA: Box, b: Block, boxB: Box, to: Block, sides: readonly number[]): void {
    const axes = joinAxes(broadcastAxes(sides, extents(boxA), extents(boxB))), inner = axes.at(-1) ?? { extent: 1, from: 1, to: 1 };
    const kernel = this.#op === 'maximum' ? larger(lane) : lane.kernels[this.#op], spread = inner.from === 0 ? SPREAD.a : inner.to === 0 ? SPREAD.b : SPREAD.none;
    let at = to.at;
    const walk = (depth: number, p: number, q: number): void => {
      if (depth >= axes.length - 1) {
        kernel(p, q, at, inner.extent, spread);
        at += inner.extent * 8;
        return;
      }
      const axis = axes[depth]!;
      for (let i = 0; i < axis.extent; i++) walk(depth + 1, p + i * axis.from * 8, q + i * axis.to * 8);
    };
    walk(0, a.at, b.at);
  }
}

/** Axes of the result; `from` and `to` are the steps in a and in b, 0 where a side of 1 is stretched. */
function broadcastAxes(sides: readonly number[], a: readonly number[], b: readonly number[]): MoveAxis[] {
  const strideA = rowMajorStrides(a), strideB = rowMajorStrides(b);
  return sides.map((extent, axis) => ({ extent, from: a[axis] === 1 && extent !== 1 ? 0 : strideA[axis]!, to: b[axis] === 1 && extent !== 1 ? 0 : strideB[axis]! }));
}

/** Rounded to another dtype; also float64 with its one NaN, for arithmetic that is stored as it is. */
export class CastOperator implements Operator {
  readonly dtype: DType;
  readonly size: number;
  readonly shape: Shape;
  readonly #of: Operator;

  constructor(of: Operator, dtype: DType) {
    if (!ENCODABLE.has(dtype)) throw new RangeError(`cannot round to ${dtype}`);
    this.dtype = dtype;
    this.size = elementBytes(dtype);
    this.shape = of.shape;
    this.#of = of;
  }

  demands(box: Box): readonly Demand[] { return [[this.#of, box]]; }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box), of = await context.values(this.#of, box), block = lane.allocate(count * this.size);
    encode(lane, this.dtype, of.at, block.at, count);
    lane.release(of);
    return block;
  }
}
