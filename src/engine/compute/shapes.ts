/** @module Operators that move elements and never look into them. */
import { elementCount, type DType, type Shape } from '../../tensors/index.ts';
import { boxesOfRange, extents, flatStart, forEachIndex, isContiguous, rowMajorStrides, volume, withAxis, type Box } from './boxes.ts';
import type { Block } from './lane.ts';
import { moveElements } from './moves.ts';
import type { Demand, Operator, Context } from './operators.ts';

abstract class Mover implements Operator {
  readonly dtype: DType;
  readonly size: number;
  readonly shape: Shape;

  constructor(like: Operator, shape: Shape) {
    this.dtype = like.dtype;
    this.size = like.size;
    this.shape = shape;
  }

  abstract demands(box: Box): readonly Demand[];
  abstract compute(context: Context, box: Box): Promise<Block>;
}

/** From `start` along an axis. */
export class SliceOperator extends Mover {
  readonly #of: Operator;
  readonly #axis: number;
  readonly #start: number;

  constructor(of: Operator, shape: Shape, axis: number, start: number) {
    super(of, shape);
    this.#of = of;
    this.#axis = axis;
    this.#start = start;
  }

  #moved(box: Box): Box {
    return withAxis(box, this.#axis, box.lo[this.#axis]! + this.#start, box.hi[this.#axis]! + this.#start);
  }

  demands(box: Box): readonly Demand[] { return [[this.#of, this.#moved(box)]]; }

  compute(context: Context, box: Box): Promise<Block> { return context.evaluate(this.#of, this.#moved(box)); }
}

/** Parts end to end along an axis. */
export class ConcatOperator extends Mover {
  readonly #parts: readonly Operator[];
  readonly #axis: number;

  constructor(parts: readonly Operator[], shape: Shape, axis: number) {
    super(parts[0]!, shape);
    this.#parts = parts;
    this.#axis = axis;
  }

  demands(box: Box): readonly Demand[] {
    const axis = this.#axis, demands: Demand[] = [];
    let at = 0;
    for (const part of this.#parts) {
      const side = part.shape[axis]!, lo = Math.max(box.lo[axis]!, at), hi = Math.min(box.hi[axis]!, at + side);
      if (lo < hi) demands.push([part, withAxis(box, axis, lo - at, hi - at)]);
      at += side;
    }
    return demands;
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, { size } = this, axis = this.#axis, demands = this.demands(box);
    if (demands.length === 1) return context.evaluate(demands[0]![0], demands[0]![1]);
    const sides = extents(box), into = rowMajorStrides(sides), block = lane.allocate(elementCount(sides) * size);
    let at = 0;
    for (const [part, wanted] of demands) {
      const piece = await context.evaluate(part, wanted), extent = extents(wanted), from = rowMajorStrides(extent);
      moveElements(lane, size, piece.at, block.at + at * into[axis]! * size, extent.map((n, i) => ({ extent: n, from: from[i]!, to: into[i]! })));
      lane.release(piece);
      at += extent[axis]!;
    }
    return block;
  }
}

/** Axis `i` is axis `axes[i]` of the operand. */
export class TransposeOperator extends Mover {
  readonly #of: Operator;
  readonly #axes: readonly number[];

  constructor(of: Operator, shape: Shape, axes: readonly number[]) {
    super(of, shape);
    this.#of = of;
    this.#axes = axes;
  }

  #turned(box: Box): Box {
    const place = this.#of.shape.map((_, axis) => this.#axes.indexOf(axis));
    return { lo: place.map((i) => box.lo[i]!), hi: place.map((i) => box.hi[i]!) };
  }

  demands(box: Box): readonly Demand[] { return [[this.#of, this.#turned(box)]]; }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, wanted = this.#turned(box), source = await context.evaluate(this.#of, wanted);
    const sides = extents(box), from = rowMajorStrides(extents(wanted)), to = rowMajorStrides(sides);
    const block = lane.allocate(elementCount(sides) * this.size);
    moveElements(lane, this.size, source.at, block.at, sides.map((extent, i) => ({ extent, from: from[this.#axes[i]!]!, to: to[i]! })));
    lane.release(source);
    return block;
  }
}

/** The same elements in row-major order under another shape. A box is taken apart into ranges of elements. */
export class ReshapeOperator extends Mover {
  readonly #of: Operator;

  constructor(of: Operator, shape: Shape) {
    super(of, shape);
    this.#of = of;
  }

  /** Ranges of elements that make up a box, in its own order. */
  #ranges(box: Box): (readonly [number, number])[] {
    const { shape } = this, start = flatStart(shape, box);
    if (isContiguous(shape, box)) return [[start, start + volume(box)]];
    const sides = extents(box), strides = rowMajorStrides(shape), ranges: (readonly [number, number])[] = [];
    let inner = shape.length - 1;
    while (inner > 0 && sides[inner] === shape[inner]) inner--;
    const run = sides[inner]! * strides[inner]!;
    forEachIndex(sides.slice(0, inner), (index) => {
      const at = index.reduce((sum, x, axis) => sum + x * strides[axis]!, start);
      ranges.push([at, at + run]);
    });
    return ranges;
  }

  demands(box: Box): readonly Demand[] {
    return this.#ranges(box).flatMap(([begin, end]) => boxesOfRange(this.#of.shape, begin, end)).map((wanted) => [this.#of, wanted]);
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, { size } = this, demands = this.demands(box);
    if (demands.length === 1) return context.evaluate(this.#of, demands[0]![1]);
    const block = lane.allocate(volume(box) * size);
    let at = block.at;
    for (const [of, wanted] of demands) {
      const piece = await context.evaluate(of, wanted), bytes = volume(wanted) * size;
      lane.u8.copyWithin(at, piece.at, piece.at + bytes);
      lane.release(piece);
      at += bytes;
    }
    return block;
  }
}

/** Some rows of the first axis replaced. */
export class RowsOperator extends Mover {
  readonly #of: Operator;
  readonly #from: Operator;
  /** Replaced rows in ascending order, each with its row in `from`: the last one that names it. */
  readonly #replaced: readonly (readonly [row: number, from: number])[];

  constructor(of: Operator, from: Operator, indices: readonly number[]) {
    super(of, of.shape);
    this.#of = of;
    this.#from = from;
    this.#replaced = [...new Map(indices.map((row, i) => [row, i]))].sort((a, b) => a[0] - b[0]);
  }

  /** Runs of consecutive rows that come from consecutive rows. */
  #runs(box: Box): { readonly row: number; readonly from: number; count: number }[] {
    const runs: { row: number; from: number; count: number }[] = [];
    for (const [row, from] of this.#replaced) {
      if (row < box.lo[0]! || row >= box.hi[0]!) continue;
      const last = runs.at(-1);
      if (last !== undefined && last.row + last.count === row && last.from + last.count === from) last.count++;
      else runs.push({ row, from, count: 1 });
    }
    return runs;
  }

  demands(box: Box): readonly Demand[] {
    return [[this.#of, box], ...this.#runs(box).map(({ from, count }): Demand => [this.#from, withAxis(box, 0, from, from + count)])];
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, runs = this.#runs(box), source = await context.evaluate(this.#of, box);
    if (runs.length === 0) return source;
    const bytes = volume(box) * this.size, row = bytes / (box.hi[0]! - box.lo[0]!);
    const block = lane.allocate(bytes);
    lane.u8.copyWithin(block.at, source.at, source.at + bytes);
    lane.release(source);
    for (const run of runs) {
      const piece = await context.evaluate(this.#from, withAxis(box, 0, run.from, run.from + run.count));
      lane.u8.copyWithin(block.at + (run.row - box.lo[0]!) * row, piece.at, piece.at + run.count * row);
      lane.release(piece);
    }
    return block;
  }
}
