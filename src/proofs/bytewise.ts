/**
 * @module
 * Tensors compared as bytes, at the speed of reading: most tensors of most models need nothing else.
 */
import { bitsOf, cast, elementCount, type DType, type Expression } from '../tensors/index.ts';
import { openStream, TILE_ELEMENTS, type Compile } from './streams.ts';
import { hasSteps, stepDistances } from './ulp.ts';

/** Tensors of one dtype and shape. `base` in whatever dtype; it is compared in the merged one. */
export interface Compared { readonly merged: Expression; readonly expected: Expression; readonly base?: Expression }

/** What was seen until the answer was clear. */
export interface ByteComparison {
  /** All elements are the expected ones: equal bytes, or any two NaN, or zeros of either sign. */
  readonly same: boolean;
  /** All elements seen are the base's. Meaningful for the whole tensor where it could have been the answer. */
  readonly sameAsBase: boolean;
  /** The expected tensor is the base. Meaningful when `same`. */
  readonly expectedIsBase: boolean;
}

/** Compares tile by tile and stops as soon as nothing more can be said. */
export async function compareBytes({ merged, expected, base }: Compared, compile: Compile, signal?: AbortSignal): Promise<ByteComparison> {
  const { dtype } = merged, total = elementCount(merged.shape), size = bitsOf(dtype) / 8;
  const ours = await openStream(compile, merged), right = await openStream(compile, expected);
  const comparableBase = base !== undefined && String(base.shape) === String(merged.shape) ? base : undefined;
  const plain = comparableBase && await openStream(compile, cast(dtype, comparableBase));
  let same = true, sameAsBase = plain !== undefined, expectedIsBase = plain !== undefined;
  for (let begin = 0; begin < total && (same || sameAsBase); begin += TILE_ELEMENTS) {
    signal?.throwIfAborted();
    const end = Math.min(total, begin + TILE_ELEMENTS), length = (end - begin) * size;
    const stored = await ours.read(begin, end);
    const wanted = same ? await right.read(begin, end) : undefined;
    if (wanted !== undefined) same = sameElements(dtype, stored, wanted, length);
    if (!sameAsBase && !(expectedIsBase && same)) continue;
    const untouched = await plain!.read(begin, end);
    if (sameAsBase) sameAsBase = sameElements(dtype, stored, untouched, length);
    if (expectedIsBase && wanted !== undefined) expectedIsBase = sameElements(dtype, wanted, untouched, length);
  }
  return { same, sameAsBase, expectedIsBase };
}

/** How many elements differ, for dtypes that nothing more can be said of. */
export async function countDiffering(merged: Expression, expected: Expression, compile: Compile, signal?: AbortSignal): Promise<number> {
  const total = elementCount(merged.shape), bits = bitsOf(merged.dtype), unit = Math.ceil(bits / 8);
  const ours = await openStream(compile, merged), right = await openStream(compile, expected);
  let differing = 0;
  for (let begin = 0; begin < total; begin += TILE_ELEMENTS) {
    signal?.throwIfAborted();
    const end = Math.min(total, begin + TILE_ELEMENTS), length = ((end - begin) * bits) / 8;
    const stored = await ours.read(begin, end), wanted = await right.read(begin, end);
    // Elements below a byte are counted by the bytes that hold them.
    for (let at = 0; at < length; at += unit) {
      if (!sameElements(merged.dtype, stored.subarray(at, at + unit), wanted.subarray(at, at + unit), unit)) differing++;
    }
  }
  return differing;
}

/** Whether the first `length` bytes hold the same elements. */
export function sameElements(dtype: DType, a: Uint8Array, b: Uint8Array, length: number): boolean {
  // Words need an aligned beginning, which tiles mostly have.
  const words = (a.byteOffset | b.byteOffset) % 4 === 0 ? Math.floor(length / 4) : 0, x = new Int32Array(a.buffer, words === 0 ? 0 : a.byteOffset, words), y = new Int32Array(b.buffer, words === 0 ? 0 : b.byteOffset, words);
  let i = 0;
  while (i < words && x[i] === y[i]) i++;
  if (i === words) {
    i = words * 4;
    while (i < length && a[i] === b[i]) i++;
    if (i === length) return true;
  }
  if (!hasSteps(dtype)) return false;
  const distances = new Float64Array(length / (bitsOf(dtype) / 8));
  stepDistances(dtype, a, b, distances);
  return distances.every((distance) => distance === 0);
}
