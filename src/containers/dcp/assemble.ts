/**
 * @module
 * A tensor put together from boxes: every element from exactly one of them.
 */
import type { Text } from '../../findings/index.ts';
import { concat, type Expression } from '../../tensors/index.ts';

/** A part and where it goes. */
export interface Box<T> { readonly offsets: readonly number[]; readonly sizes: readonly number[]; readonly part: T }

/** What boxes make up: one of them, or some laid along an axis. */
export type Assembly<T> = { readonly part: T } | { readonly axis: number; readonly parts: readonly Assembly<T>[] };

/** Works out how boxes fill a shape, or says why they do not. Boxes without elements count for nothing. */
export function assemble<T>(shape: readonly number[], boxes: readonly Box<T>[]): Assembly<T> | Text | undefined {
  if (boxes.some(({ offsets, sizes }) => sizes.some((size, axis) => !(offsets[axis]! + size <= shape[axis]!) && !sizes.includes(0)))) {
    return { en: 'one reaches outside', zh: '有一部分超出范围' };
  }
  const full = boxes.filter(({ sizes }) => !sizes.includes(0));
  if (shape.includes(0)) return full.length === 0 ? undefined : { en: 'it has no elements, but parts have', zh: '它没有元素，但某些部分有' };
  return fill(shape.map(() => 0), shape, full);
}

/** Fills the region `[start, start + size)`. */
function fill<T>(start: readonly number[], size: readonly number[], boxes: readonly Box<T>[]): Assembly<T> | Text {
  const [first] = boxes;
  if (first === undefined) return { en: `nothing lies at [${start.join(', ')}]`, zh: `[${start.join(', ')}] 处没有任何部分` };
  if (boxes.length === 1) {
    const fits = first.offsets.every((offset, axis) => offset === start[axis]) && first.sizes.every((side, axis) => side === size[axis]);
    return fits ? { part: first.part } : { en: `there is a gap at [${start.join(', ')}]`, zh: `[${start.join(', ')}] 处有空缺` };
  }
  for (let axis = 0; axis < size.length; axis++) {
    const groups = cut(boxes, axis);
    if (groups.length < 2) continue;
    const parts: Assembly<T>[] = [];
    let at = start[axis]!;
    for (const { from, to, inside } of groups) {
      if (from !== at) return { en: `there is a gap at ${at} of axis ${axis}`, zh: `第 ${axis} 轴的 ${at} 处有空缺` };
      const filled = fill(start.map((offset, i) => (i === axis ? from : offset)), size.map((side, i) => (i === axis ? to - from : side)), inside);
      if ('en' in filled) return filled;
      parts.push(filled);
      at = to;
    }
    if (at !== start[axis]! + size[axis]!) return { en: `there is a gap at ${at} of axis ${axis}`, zh: `第 ${axis} 轴的 ${at} 处有空缺` };
    return { axis, parts };
  }
  return { en: 'they overlap', zh: '它们互相重叠' };
}

/** Groups of boxes along an axis between which no box crosses. */
function cut<T>(boxes: readonly Box<T>[], axis: number): { from: number; to: number; inside: Box<T>[] }[] {
  const sorted = [...boxes].sort((a, b) => a.offsets[axis]! - b.offsets[axis]!);
  const groups: { from: number; to: number; inside: Box<T>[] }[] = [];
  for (const box of sorted) {
    const from = box.offsets[axis]!, to = from + box.sizes[axis]!, last = groups.at(-1);
    if (last === undefined || from >= last.to) groups.push({ from, to, inside: [box] });
    else {
      last.to = Math.max(last.to, to);
      last.inside.push(box);
    }
  }
  return groups;
}

/** The expression of an assembly. */
export function expressionOf<T>(assembly: Assembly<T>, of: (part: T) => Expression): Expression {
  return 'axis' in assembly ? concat(assembly.axis, assembly.parts.map((part) => expressionOf(part, of))) : of(assembly.part);
}
