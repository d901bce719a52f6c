/**
 * @module
 * Leaves as views: a stream of bytes, an offset, a shape and strides. Slices, transposes and most reshapes of a view are
 * views again, so they cost nothing. Reading a box of a view is where bytes come in.
 */
import { readInto, type ByteSource } from '../../bytes/index.ts';
import { bitsOf, type DType, type Shape, type Stored, type Strided } from '../../tensors/index.ts';
import { extents, rowMajorStrides, type Box } from './boxes.ts';
import type { Lane } from './lane.ts';
import { joinAxes, moveElements, type MoveAxis } from './moves.ts';

/** Bytes that can be read anywhere; what a source index, a stage or the pieces of a partition stand for. */
export interface Stream {
  read(offset: number, into: Uint8Array): Promise<void>;
}

/** Elements of a stream. `offset` and `size` count bytes, `strides` elements. */
export interface View {
  readonly stream: Stream;
  readonly dtype: DType;
  readonly size: number;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** Bytes read at once when elements are picked out of them. */
const WINDOW_BYTES = 1 << 20;
/** Unwanted bytes between two wanted ones that cost less than a request of their own. */
const GAP_BYTES_MAX = 16 << 10;

/** All of a source. */
export function sourceStream(source: ByteSource): Stream {
  return { read: (offset, into) => readInto(source, offset, into) };
}

/** Pieces laid end to end. */
export function piecesStream(pieces: readonly (readonly [Stream, number, number])[]): Stream {
  return {
    async read(offset, into) {
      let at = 0, done = 0;
      for (const [stream, start, bytes] of pieces) {
        const skip = Math.max(0, offset + done - at), take = Math.min(bytes - skip, into.length - done);
        if (take > 0) { await stream.read(start + skip, into.subarray(done, done + take)); done += take; }
        if (done === into.length) return;
        at += bytes;
      }
    },
  };
}

/** Bytes of one element. Those smaller than a byte cannot be moved one by one. */
export function elementBytes(dtype: DType): number {
  const bits = bitsOf(dtype);
  if (bits % 8 !== 0) throw new RangeError(`elements of ${dtype} cannot be moved one by one`);
  return bits / 8;
}

/** A leaf as a view; without strides, contiguous and row-major. */
export function viewOf(stream: Stream, node: Pick<Stored | Strided, 'dtype' | 'shape'>, offset: number, strides: readonly number[] = rowMajorStrides(node.shape)): View {
  return { stream, dtype: node.dtype, size: elementBytes(node.dtype), offset, shape: node.shape, strides };
}

/** `start` (inclusive) to `end` (exclusive) along an axis. */
export function slicedView(view: View, axis: number, start: number, end: number): View {
  return { ...view, offset: view.offset + start * view.strides[axis]! * view.size, shape: view.shape.map((side, i) => (i === axis ? end - start : side)) };
}

/** Axis `i` of the result is axis `axes[i]` of the view. */
export function transposedView(view: View, axes: readonly number[]): View {
  return { ...view, shape: axes.map((axis) => view.shape[axis]!), strides: axes.map((axis) => view.strides[axis]!) };
}

/** The same elements in row-major order under another shape, where strides can say it. */
export function reshapedView(view: View, shape: Shape): View | undefined {
  if (shape.includes(0)) return { ...view, shape, strides: rowMajorStrides(shape) };
  const old = joinAxes(view.shape.map((extent, axis) => ({ extent, from: view.strides[axis]!, to: view.strides[axis]! })));
  const strides: number[] = [];
  // From the inside out: every old axis is cut into new ones.
  let left = old.pop(), room = left?.extent ?? 1, stride = left?.from ?? 1;
  for (const side of [...shape].reverse()) {
    if (side === 1) { strides.unshift(0); continue; }
    if (room === 1) { left = old.pop(); room = left!.extent; stride = left!.from; }
    if (room % side !== 0) return undefined;
    strides.unshift(stride);
    stride *= side;
    room /= side;
  }
  return { ...view, shape, strides };
}

/** Bytes beside the box itself that reading it may take. */
export const READ_OVERHEAD: number = WINDOW_BYTES;

/** Reads a box of a view to the address `to`, dense and row-major. */
export async function readBox(lane: Lane, view: View, box: Box, to: number): Promise<void> {
  const { size, stream } = view, sides = extents(box), dense = rowMajorStrides(sides);
  if (sides.includes(0)) return;
  let first = box.lo.reduce((sum, lo, axis) => sum + lo * view.strides[axis]!, 0), start = 0;
  const forward = sides.map((extent, axis): MoveAxis => {
    const from = view.strides[axis]!, into = dense[axis]!;
    if (from >= 0) return { extent, from, to: into };
    first += (extent - 1) * from;
    start += (extent - 1) * into;
    return { extent, from: -from, to: -into };
  });
  // In the order of the file: large steps outside.
  const axes = joinAxes(forward.filter((axis) => axis.extent > 1).sort((a, b) => b.from - a.from));
  /** Elements from the first to the last one of the axes from `depth` on. */
  const spans = axes.map((_, depth) => axes.slice(depth).reduce((sum, axis) => sum + (axis.extent - 1) * axis.from, 1));
  /** Whether the gaps from an axis on are small enough to be read over. */
  const near = axes.map((_, depth) => axes.slice(depth).every((axis, i) => (axis.from - (spans[depth + i + 1] ?? 1)) * size <= GAP_BYTES_MAX));

  const visit = async (depth: number, from: number, into: number): Promise<void> => {
    const axis = axes[depth];
    const direct = axis === undefined || (depth === axes.length - 1 && axis.from === 1 && axis.to === 1);
    if (direct) {
      const at = to + into * size;
      await stream.read(view.offset + from * size, lane.u8.subarray(at, at + (axis?.extent ?? 1) * size));
      return;
    }
    const inner = spans[depth + 1] ?? 1;
    const fits = near[depth] && axis.from > 0 ? Math.max(1, Math.floor((WINDOW_BYTES / size - inner) / axis.from) + 1) : axis.from === 0 ? axis.extent : 1;
    if (fits === 1) {
      for (let i = 0; i < axis.extent; i++) await visit(depth + 1, from + i * axis.from, into + i * axis.to);
      return;
    }
    for (let i = 0; i < axis.extent; i += fits) {
      const extent = Math.min(fits, axis.extent - i);
      const window = lane.allocate(((extent - 1) * axis.from + inner) * size);
      await stream.read(view.offset + (from + i * axis.from) * size, lane.u8.subarray(window.at, window.at + ((extent - 1) * axis.from + inner) * size));
      // The order of the result outside in, so that the inner loop writes next to next where it can.
      const move = [{ ...axis, extent }, ...axes.slice(depth + 1)].sort((a, b) => Math.abs(b.to) - Math.abs(a.to));
      moveElements(lane, size, window.at, to + (into + i * axis.to) * size, move);
      lane.release(window);
    }
  };
  await visit(0, first, start);
}
