/**
 * @module
 * Elements moved within a lane's memory, any layout to any layout. Bits are never interpreted.
 */
import type { Shape } from '../../tensors/index.ts';
import { extents, rowMajorStrides, volume, type Box } from './boxes.ts';
import type { Block, Lane } from './lane.ts';

/** One axis of a move: how many elements, and how far apart they are on either side, counted in elements. */
export interface MoveAxis {
  readonly extent: number;
  readonly from: number;
  readonly to: number;
}

/** Runs shorter than this are copied element by element: `copyWithin` costs a call. */
const RUN_BYTES_MIN = 64;

/** Drops axes of one element and joins those that are one axis on both sides. Order: outermost first. */
export function joinAxes(axes: readonly MoveAxis[]): MoveAxis[] {
  const joined: MoveAxis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const outer = joined.at(-1);
    if (outer !== undefined && outer.from === axis.extent * axis.from && outer.to === axis.extent * axis.to) {
      joined[joined.length - 1] = { extent: outer.extent * axis.extent, from: axis.from, to: axis.to };
    } else joined.push(axis);
  }
  return joined;
}

/** Moves elements of `size` bytes between the addresses `from` and `to`. The places do not overlap. */
export function moveElements(lane: Lane, size: number, from: number, to: number, axes: readonly MoveAxis[]): void {
  if (axes.some((axis) => axis.extent === 0)) return;
  const joined = joinAxes(axes), last = joined.at(-1);
  if (last === undefined) { lane.u8.copyWithin(to, from, from + size); return; }
  if (last.from === 1 && last.to === 1 && last.extent * size >= RUN_BYTES_MIN) {
    const bytes = last.extent * size;
    walk(joined.slice(0, -1), from, to, size, (f, t) => { lane.u8.copyWithin(t, f, f + bytes); });
    return;
  }
  // Words of 1, 2 or 4 bytes: floats of 8 bytes are not loaded as such, a host may change the payload of a NaN.
  const unit = size >= 4 ? 4 : size, words = size / unit;
  const memory = unit === 1 ? lane.u8 : unit === 2 ? lane.u16 : lane.u32;
  const inner = last.extent, stepFrom = last.from * words, stepTo = last.to * words;
  walk(joined.slice(0, -1), from / unit, to / unit, words, (f, t) => {
    if (words === 1) { for (let i = 0, p = f, q = t; i < inner; i++, p += stepFrom, q += stepTo) memory[q] = memory[p]!; return; }
    for (let i = 0, p = f, q = t; i < inner; i++, p += stepFrom, q += stepTo) {
      for (let word = 0; word < words; word++) memory[q + word] = memory[p + word]!;
    }
  });
}

function walk(axes: readonly MoveAxis[], from: number, to: number, scale: number, see: (from: number, to: number) => void): void {
  const [axis, ...inner] = axes;
  if (axis === undefined) { see(from, to); return; }
  const stepFrom = axis.from * scale, stepTo = axis.to * scale;
  for (let i = 0; i < axis.extent; i++) walk(inner, from + i * stepFrom, to + i * stepTo, scale, see);
}

/** A box of a tensor that lies dense at the address `from`, as a block of its own. */
export function copyBox(lane: Lane, size: number, shape: Shape, from: number, box: Box): Block {
  const sides = extents(box), strides = rowMajorStrides(shape), dense = rowMajorStrides(sides);
  const block = lane.allocate(volume(box) * size);
  const start = box.lo.reduce((sum, lo, axis) => sum + lo * strides[axis]!, 0);
  moveElements(lane, size, from + start * size, block.at, sides.map((extent, axis) => ({ extent, from: strides[axis]!, to: dense[axis]! })));
  return block;
}
