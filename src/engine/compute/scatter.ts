/**
 * @module
 * Values added at positions that a tensor names. The positions are sorted into rows once, so that a tile touches only
 * its own; within a row they keep their order, which is the order of the additions.
 */
import { elementCount, type Shape } from '../../tensors/index.ts';
import { extents, flatStart, forEachIndex, rowMajorStrides, split, volume, whole, type Box } from './boxes.ts';
import type { Block, Lane } from './lane.ts';
import type { Demand, Operator, Context } from './operators.ts';

/** Zeros with values added. */
export class ScatterOperator implements Operator {
  readonly dtype = 'F64';
  readonly size = 8;
  readonly shape: Shape;
  readonly #indices: Operator;
  readonly #values: Operator;
  readonly #count: number;
  readonly #columns: number;
  readonly #rows: number;

  constructor(shape: Shape, indices: Operator, values: Operator) {
    this.shape = shape;
    this.#indices = indices;
    this.#values = values;
    this.#count = indices.shape[0]!;
    this.#columns = shape.at(-1) ?? 1;
    this.#rows = elementCount(shape.slice(0, -1));
  }

  /** Sorting streams both operands. */
  demands(_: Box, chunk: number): readonly Demand[] {
    const [first] = split(whole([this.#count]), chunk);
    return first === undefined ? [] : [[this.#indices, first], [this.#values, first]];
  }

  /** Values; then the column of each; then for every row where it ends. */
  packed(): { readonly operand: Operator; readonly bytes: number } {
    return { operand: this.#indices, bytes: this.#count * 12 + this.#rows * 4 };
  }

  #parts(lane: Lane, at: number): { readonly values: Float64Array; readonly columns: Uint32Array; readonly ends: Uint32Array } {
    const count = this.#count, columns = at / 4 + count * 2;
    return { values: lane.f64.subarray(at / 8, at / 8 + count), columns: lane.u32.subarray(columns, columns + count), ends: lane.u32.subarray(columns + count, columns + count + this.#rows) };
  }

  async pack(context: Context): Promise<Block> {
    const { lane } = context, width = this.#columns, { bytes } = this.packed(), block = lane.allocate(bytes), total = this.#rows * width;
    lane.bytes(block, bytes).fill(0);
    for (const box of split(whole([this.#count]), context.chunk)) {
      const indices = await context.values(this.#indices, box), { ends } = this.#parts(lane, block.at);
      for (const at of lane.doubles(indices, volume(box))) {
        if (!(at >= 0 && at < total && Number.isInteger(at))) throw new RangeError(`scatter to ${at} of ${total}`);
        const next = Math.floor(at / width) + 1;
        if (next < this.#rows) ends[next] = ends[next]! + 1;
      }
      lane.release(indices);
    }
    // Where every row begins; filling a row moves its mark to where it ends.
    const { ends } = this.#parts(lane, block.at);
    for (let row = 1; row < this.#rows; row++) ends[row] = ends[row]! + ends[row - 1]!;
    for (const box of split(whole([this.#count]), context.chunk)) {
      const indices = await context.values(this.#indices, box), added = await context.values(this.#values, box);
      const from = lane.doubles(indices, volume(box)), what = lane.doubles(added, volume(box)), to = this.#parts(lane, block.at);
      for (let i = 0; i < from.length; i++) {
        const at = from[i]!, row = Math.floor(at / width), place = to.ends[row]!;
        to.ends[row] = place + 1;
        to.columns[place] = at - row * width;
        to.values[place] = what[i]!;
      }
      lane.release(indices);
      lane.release(added);
    }
    return block;
  }

  async compute(context: Context, box: Box): Promise<Block> {
    const { lane } = context, count = volume(box), block = lane.allocate(count * 8);
    lane.doubles(block, count).fill(0);
    if (count === 0 || this.#count === 0) return block;
    const packed = await context.packed(this), { values, columns, ends } = this.#parts(lane, packed.at);
    const sides = extents(box), width = sides.at(-1) ?? 1, low = box.lo.at(-1) ?? 0, strides = rowMajorStrides(this.shape), start = flatStart(this.shape, box);
    const out = lane.doubles(block, count);
    let to = 0;
    forEachIndex(sides.slice(0, -1), (index) => {
      const row = Math.floor(index.reduce((sum, x, axis) => sum + x * strides[axis]!, start) / this.#columns);
      for (let i = row === 0 ? 0 : ends[row - 1]!; i < ends[row]!; i++) {
        const column = columns[i]! - low;
        if (column >= 0 && column < width) out[to + column] = out[to + column]! + values[i]!;
      }
      to += width;
    });
    lane.release(packed);
    return block;
  }
}
