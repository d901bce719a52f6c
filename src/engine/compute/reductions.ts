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

/**
 * `(m,k)·(k,n)`, or a stack of such products. The right factor is packed once for all tiles as long as there is room, the
 * rows of the left one per tile.
 */
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
    this.#k = a.shape.at(-1)!;
    this.shape = [...a.shape.slice(0, -1), b.shape.at(-1)!];
  }

  #rows(box: Box): Box {
    return withAxis(box, box.lo.length - 1, 0, this.#k);
  }

  demands(box: Box): readonly Demand[] { return [[this.#a, this.#rows(box)]]; }

  /** Packed rows of the left factor, and the products before they are cut to their columns. */
  overhead(box: Box): number {
    const { stacks, m, n } = sizes(box);
    return tiles(m) * SIDE * (this.#k + stacks * (tiles(n) + 1) * SIDE) * 8;
  }

  /** Bytes of one packed right factor. */
  get #packedBytes(): number { return tiles(this.shape.at(-1)!) * SIDE * this.#k * 8; }

  packed(): { readonly operand: Operator; readonly bytes: number } {
    return { operand: this.#b, bytes: (this.shape.length === 3 ? this.shape[0]! : 1) * this.#packedBytes };
  }

  async pack(context: Context): Promise<Block> {
    const { lane } = context, k = this.#k, { bytes } = this.packed(), block = lane.allocate(bytes);
    lane.bytes(block, bytes).fill(0);
    for (const box of split(whole(this.#b.shape), context.chunk)) {
      const part = await context.values(this.#b, box), { f64 } = lane, { firstStack, stacks, m, n, row, column } = sizes(box);
      for (let stack = 0, p = part.at / 8; stack < stacks; stack++) {
        const to = (block.at + (firstStack + stack) * this.#packedBytes) / 8;
        for (let i = row; i < row + m; i++, p += n) {
          for (let j = 0; j < n; j++) f64[to + (((column + j) >> 2) * k + i) * SIDE + ((column + j) & 3)] = f64[p + j]!;
        }
      }
      lane.release(part);
    }
    return block;
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, k = this.#k, { firstStack, stacks, m, n, column } = sizes(box);
    const strips = tiles(m), firstPanel = Math.floor(column / SIDE), panels = tiles(column + n) - firstPanel, width = panels * SIDE;
    const rowBytes = width * 8, productBytes = strips * SIDE * rowBytes, out = lane.allocate(stacks * productBytes);
    if (stacks === 0 || m === 0 || n === 0 || k === 0) { lane.bytes(out, stacks * productBytes).fill(0); return out; }
    const a = await context.values(this.#a, this.#rows(box)), packed = lane.allocate(strips * SIDE * k * 8), b = await context.packed(this);
    const step = Math.max(1, Math.floor(PANEL_BYTES / (k * SIDE * 8)));
    for (let stack = 0; stack < stacks; stack++) {
      packRows(lane, a.at / 8 + stack * m * k, packed.at / 8, m, k);
      const first = b.at + (firstStack + stack) * this.#packedBytes + firstPanel * k * SIDE * 8, to = out.at + stack * productBytes;
      for (let panel = 0; panel < panels; panel += step) {
        lane.kernels.matmul(packed.at, first + panel * k * SIDE * 8, to + panel * SIDE * 8, strips, Math.min(step, panels - panel), k, rowBytes);
      }
    }
    for (const used of [b, packed, a]) lane.release(used);
    // Rows move towards the front, so a row is read before anything is written over it.
    if (width !== n || m % SIDE !== 0) {
      let to = out.at;
      for (let stack = 0; stack < stacks; stack++) {
        for (let i = 0, from = out.at + stack * productBytes + (column - firstPanel * SIDE) * 8; i < m; i++, from += rowBytes, to += n * 8) lane.u8.copyWithin(to, from, from + n * 8);
      }
    }
    return out;
  }
}

/** A box of matrices, or of a stack of them. */
function sizes(box: Box): { readonly firstStack: number; readonly stacks: number; readonly row: number; readonly column: number; readonly m: number; readonly n: number } {
  const [m, n] = extents(box).slice(-2) as [number, number], [row, column] = box.lo.slice(-2) as [number, number], stacked = box.lo.length === 3;
  return { firstStack: stacked ? box.lo[0]! : 0, stacks: stacked ? box.hi[0]! - box.lo[0]! : 1, row, column, m, n };
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
