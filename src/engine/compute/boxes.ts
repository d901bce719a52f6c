/**
 * @module
 * Boxes: the part of a tensor between two corners, `lo` (inclusive) and `hi` (exclusive) on every axis. The evaluator
 * asks every node for boxes; a range of elements of a tensor is a few of them.
 */
import { elementCount, type Shape } from '../../tensors/index.ts';

/** A part of a tensor. */
export interface Box {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** All of a tensor. */
export const whole = (shape: Shape): Box => ({ lo: shape.map(() => 0), hi: shape });

/** Length of every side. */
export const extents = (box: Box): number[] => box.hi.map((hi, axis) => hi - box.lo[axis]!);

/** Elements in a box. */
export const volume = (box: Box): number => elementCount(extents(box));

/** Whether a box is all of a tensor of this shape. */
export const isWhole = (box: Box, shape: Shape): boolean => shape.every((side, axis) => box.lo[axis] === 0 && box.hi[axis] === side);

/** Whether two boxes of the same tensor are the same. */
export const sameBox = (a: Box, b: Box): boolean => a.lo.every((lo, axis) => lo === b.lo[axis] && a.hi[axis] === b.hi[axis]);

/** The same box with another interval on one axis. */
export function withAxis(box: Box, axis: number, lo: number, hi: number): Box {
  return { lo: box.lo.map((x, i) => (i === axis ? lo : x)), hi: box.hi.map((x, i) => (i === axis ? hi : x)) };
}

/** Elements per step of every axis, row-major. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/**
 * Elements `begin … end` (row-major) of a tensor as boxes, in order: at most two per axis. Every box is a contiguous
 * range of elements.
 */
export function boxesOfRange(shape: Shape, begin: number, end: number): Box[] {
  const strides = rowMajorStrides(shape), boxes: Box[] = [];
  if (shape.length === 0) return begin < end ? [{ lo: [], hi: [] }] : [];
  for (let at = begin; at < end;) {
    // The outermost axis along which whole steps fit from here.
    let axis = 0;
    while (at % strides[axis]! !== 0 || at + strides[axis]! > end) axis++;
    const lo = strides.map((stride, i) => (i <= axis ? Math.floor(at / stride) % shape[i]! : 0));
    const steps = Math.min(Math.floor((end - at) / strides[axis]!), shape[axis]! - lo[axis]!);
    boxes.push({ lo, hi: lo.map((x, i) => (i < axis ? x + 1 : i === axis ? x + steps : shape[i]!)) });
    at += steps * strides[axis]!;
  }
  return boxes;
}

/** First element of a box in the row-major order of its tensor. */
export const flatStart = (shape: Shape, box: Box): number =>
  rowMajorStrides(shape).reduce((sum, stride, axis) => sum + stride * box.lo[axis]!, 0);

/** Whether a box is one contiguous range of the elements of its tensor. */
export function isContiguous(shape: Shape, box: Box): boolean {
  const sides = extents(box);
  let axis = sides.length - 1;
  while (axis >= 0 && sides[axis] === shape[axis]) axis--;
  return sides.slice(0, Math.max(axis, 0)).every((side) => side === 1);
}

/** Cuts a box into boxes of at most `most` elements (or single elements), in row-major order of the box. */
export function* split(box: Box, most: number): Generator<Box> {
  const total = volume(box);
  if (total <= most || total <= 1) { if (total > 0) yield box; return; }
  const axis = box.lo.findIndex((lo, i) => box.hi[i]! - lo > 1), lo = box.lo[axis]!, hi = box.hi[axis]!;
  const inner = total / (hi - lo), step = Math.max(1, Math.floor(most / inner));
  for (let at = lo; at < hi; at += step) yield* split(withAxis(box, axis, at, Math.min(at + step, hi)), most);
}

/** Visits every index of a box, last axis fastest; `index` is reused. */
export function forEachIndex(sides: readonly number[], see: (index: readonly number[]) => void): void {
  const index = sides.map(() => 0);
  for (let left = elementCount(sides); left > 0; left--) {
    see(index);
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < sides[axis]!) break;
      index[axis] = 0;
    }
  }
}
