/**
 * @module
 * Operators that sum: products of matrices, and norms. The order of the sums is the reference evaluator's.
 */
import type { Shape } from '../../tensors/index.ts';
import { extents, rowMajorStrides, split, volume, whole, withAxis, type Box } from './boxes.ts';
import type { Block, Lane } from './lane.ts';
import { joinAxes, type MoveAxis } from './moves.ts';
import type { Demand, Operator, Context } from './operators.ts';

/** The float64 kernel's tile: 4 rows by 4 columns. */
const SIDE = 4;
/** Packed columns of the right factor that are used over and over before the next ones: they stay in the L2 cache. */
const PANEL_BYTES = 1 << 20;

const tiles = (n: number): number => Math.ceil(n / SIDE);

/** `(m,k)·(k,n)`. The right factor is packed once for all tiles as long as there is room, the rows of the left one per tile. */
export class MatMulOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #a: Operator;
  readonly #b: Operator;
  readonly #k: number;

  constructor(a: Operator, b: Operator) {
    this.#a = a;
    this.#b = b;
    this.#k = a.shape[1]!;
    this.shape = [a.shape[0]!, b.shape[1]!];
  }

  #rows(box: Box): Box {
    return { lo: [box.lo[0]!, 0], hi: [box.hi[0]!, this.#k] };
  }

  demands(box: Box): readonly Demand[] { return [[this.#a, this.#rows(box)]]; }

  /** Packed rows of the left factor, and the product before it is cut to its columns. */
  overhead(box: Box): number {
    const [rows, columns] = extents(box) as [number, number];
    return tiles(rows) * SIDE * (this.#k + (tiles(columns) + 1) * SIDE) * 8;
  }

  packed(): { readonly operand: Operator; readonly bytes: number } {
    return { operand: this.#b, bytes: tiles(this.shape[1]!) * SIDE * this.#k * 8 };
  }

  async pack(context: Context): Promise<Block> {
    const { lane } = context, k = this.#k, block = lane.allocate(this.packed().bytes);
    lane.bytes(block, this.packed().bytes).fill(0);
    for (const box of split(whole(this.#b.shape), context.chunk)) {
      const part = await context.values(this.#b, box), columns = box.hi[1]! - box.lo[1]!;
      const { f64 } = lane;
      for (let row = box.lo[0]!, p = part.at / 8; row < box.hi[0]!; row++, p += columns) {
        for (let j = 0; j < columns; j++) {
          const column = box.lo[1]! + j;
          f64[block.at / 8 + ((column >> 2) * k + row) * SIDE + (column & 3)] = f64[p + j]!;
        }
      }
      lane.release(part);
    }
    return block;
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, k = this.#k, [m, n] = extents(box) as [number, number];
    const strips = tiles(m), firstPanel = Math.floor(box.lo[1]! / SIDE), panels = tiles(box.hi[1]!) - firstPanel, width = panels * SIDE;
    const out = lane.allocate(strips * SIDE * width * 8);
    if (m === 0 || n === 0 || k === 0) { lane.bytes(out, strips * SIDE * width * 8).fill(0); return out; }
    const a = await context.values(this.#a, this.#rows(box)), packed = lane.allocate(strips * SIDE * k * 8);
    packRows(lane, a.at / 8, packed.at / 8, m, k);
    lane.release(a);
    const b = await context.packed(this), first = b.at + firstPanel * k * SIDE * 8, block = Math.max(1, Math.floor(PANEL_BYTES / (k * SIDE * 8)));
    for (let panel = 0; panel < panels; panel += block) {
      lane.kernels.matmul(packed.at, first + panel * k * SIDE * 8, out.at + panel * SIDE * 8, strips, Math.min(block, panels - panel), k, width * 8);
    }
    lane.release(b);
    lane.release(packed);
    const skip = box.lo[1]! - firstPanel * SIDE;
    // Rows move towards the front, so a row is read before anything is written over it.
    if (width !== n) for (let i = 0, from = out.at + skip * 8, to = out.at; i < m; i++, from += width * 8, to += n * 8) lane.u8.copyWithin(to, from, from + n * 8);
    return out;
  }
}

/** Rows to strips of four, `[rows/4][k][4]`; missing rows are zero. */
function packRows(lane: Lane, from: number, to: number, rows: number, k: number): void {
  const { f64 } = lane;
  for (let row = 0; row < tiles(rows) * SIDE; row++) {
    const target = to + (row >> 2) * k * SIDE + (row & 3), source = from + row * k;
    if (row < rows) for (let i = 0; i < k; i++) f64[target + i * SIDE] = f64[source + i]!;
    else for (let i = 0; i < k; i++) f64[target + i * SIDE] = 0;
  }
}

/** Euclidean norm over axes that stay as sides of 1. The operand is streamed in row-major order. */
export class NormOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #of: Operator;
  readonly #axes: readonly number[];

  constructor(of: Operator, axes: readonly number[]) {
    this.#of = of;
    this.#axes = axes;
    this.shape = of.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  }

  /** The operand's box, in parts of at most `chunk` elements. */
  #parts(box: Box, chunk: number): Generator<Box> {
    const operand = this.#axes.reduce((wanted, axis) => withAxis(wanted, axis, 0, this.#of.shape[axis]!), box);
    return split(operand, chunk);
  }

  demands(box: Box, chunk: number): readonly Demand[] {
    const [first] = this.#parts(box, chunk);
    return first === undefined ? [] : [[this.#of, first]];
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box), block = lane.allocate(count * 8);
    lane.doubles(block, count).fill(0);
    const to = rowMajorStrides(extents(box)).map((stride, axis) => (this.#axes.includes(axis) ? 0 : stride));
    for (const part of this.#parts(box, context.chunk)) {
      const values = await context.values(this.#of, part), sides = extents(part), from = rowMajorStrides(sides);
      const start = part.lo.reduce((sum, lo, axis) => sum + (lo - box.lo[axis]!) * to[axis]! * 8, block.at);
      addSquares(lane, values.at, start, joinAxes(sides.map((extent, axis) => ({ extent, from: from[axis]!, to: to[axis]! }))));
      lane.release(values);
    }
    const sums = lane.doubles(block, count);
    for (let i = 0; i < count; i++) sums[i] = Math.sqrt(sums[i]!);
    return block;
  }
}

/** Adds squares to their sums, row-major; the values lie dense at `from`. */
function addSquares(lane: Lane, from: number, to: number, axes: readonly MoveAxis[]): void {
  const [axis, ...inner] = axes;
  if (axis === undefined) { lane.kernels.squareColumns(from, to, 1); return; }
  const [next] = inner;
  if (inner.length === 1 && axis.to === 1 && next!.to === 0) {
    // Rows with a sum each, four at a time.
    const rows = axis.extent - axis.extent % SIDE, columns = next!.extent;
    if (rows > 0) lane.kernels.squareRows(from, to, rows, columns);
    for (let i = rows; i < axis.extent; i++) addSquares(lane, from + i * columns * 8, to + i * 8, inner);
  } else if (inner.length > 0) {
    for (let i = 0; i < axis.extent; i++) addSquares(lane, from + i * axis.from * 8, to + i * axis.to * 8, inner);
  } else if (axis.to === 1) {
    lane.kernels.squareColumns(from, to, axis.extent);
  } else {
    const { f64 } = lane;
    let sum = f64[to / 8]!;
    for (let p = from / 8, end = p + axis.extent; p < end; p++) sum += f64[p]! * f64[p]!;
    f64[to / 8] = sum;
  }
}
