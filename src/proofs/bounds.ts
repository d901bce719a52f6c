/**
 * @module
 * How far an honest float32 evaluation of a delta can be off, element by element.
 *
 * For `s·Σₖ B[i,k]·A[k,j]` a product, r-1 additions in whatever order, the rounding of s and the multiplication by it are at
 * most r + 2 roundings per term; by Cauchy–Schwarz the error is at most `u·(r+2)·|s|·‖B[i]‖·‖A[:,j]‖`, u = 2^-24. It is
 * the bound of `reference/performance.md` §2.7 for an unknown order of summation.
 */
import type { Expression } from '../tensors/index.ts';
import { openValues, TILE_ELEMENTS, type Compile } from './streams.ts';
import type { Factors, Step } from './task.ts';

/** Unit roundoff of float32. */
export const UNIT = 2 ** -24;
/** Second order terms and the roundings of the bound itself. */
const SLACK = 1 + 2 ** -10;
/** Relative error of a delta that is a product of two numbers: theirs, and their product's. */
const SCALAR_ROUNDINGS = 4;
/** Relative error of a float64 evaluation, for tensors that are stored that wide. */
const WIDE = 2 ** -48;

/** The error bound of one step: `rows[i] * columns[j]`, or a share of the delta itself. */
export type ErrorBound =
  | { readonly kind: 'product'; readonly rows: Float64Array; readonly columns: readonly Float64Array[]; readonly rowsPerBlock: number }
  | { readonly kind: 'relative'; readonly share: number };

/** Reads the factors of a step, once each. Holds a number per row and one per column (and expert). */
export async function errorBound(step: Step, compile: Compile): Promise<ErrorBound> {
  const { factors } = step;
  if (factors === undefined || factors.length === 0) return { kind: 'relative', share: SCALAR_ROUNDINGS * UNIT };
  const rowsPerBlock = factors[0]!.b.shape[0]!, rows = new Float64Array(rowsPerBlock * factors.length), columns: Float64Array[] = [];
  for (const [block, factor] of factors.entries()) {
    rows.set(await rowBounds(factor, compile), block * rowsPerBlock);
    columns.push((await squares(factor.a, 1, compile)).map((sum) => Math.sqrt(sum) + 2 ** -40));
  }
  return { kind: 'product', rows, columns, rowsPerBlock };
}

async function rowBounds({ b, scale }: Factors, compile: Compile): Promise<Float64Array> {
  const rank = b.shape[1]!, size = Math.abs(scale), floor = rank * 2 ** -109 * Math.max(1, size);
  return (await squares(b, 0, compile)).map((sum) => UNIT * (rank + 2) * size * Math.sqrt(sum) * SLACK + floor);
}

/** Sums of squares along the other axis: per row (`axis` 0) or per column (1) of a matrix. */
async function squares(matrix: Expression, axis: 0 | 1, compile: Compile): Promise<Float64Array> {
  const [rows, columns] = matrix.shape as [number, number], sums = new Float64Array(axis === 0 ? rows : columns);
  const stream = await openValues(compile, matrix), total = rows * columns;
  for (let begin = 0; begin < total; begin += TILE_ELEMENTS) {
    const end = Math.min(total, begin + TILE_ELEMENTS), values = await stream.values(begin, end);
    for (let at = begin, row = Math.floor(begin / columns), column = begin % columns; at < end; at++) {
      const value = values[at - begin]!, to = axis === 0 ? row : column;
      sums[to] = sums[to]! + value * value;
      if (++column === columns) { column = 0; row++; }
    }
  }
  return sums;
}

/** Writes the bounds of elements `begin … begin + count` (row-major, `columns` a row) of a delta `d` into `into`. */
export function fillErrors(bound: ErrorBound, d: Float64Array, begin: number, count: number, columns: number, into: Float64Array): void {
  if (bound.kind === 'relative') {
    for (let i = 0; i < count; i++) into[i] = bound.share * Math.abs(d[i]!);
    return;
  }
  const { rows, rowsPerBlock } = bound;
  for (let i = 0, row = Math.floor(begin / columns), column = begin % columns; i < count; row++, column = 0) {
    const left = rows[row]!, right = bound.columns[Math.floor(row / rowsPerBlock)]!;
    for (const end = Math.min(count, i + columns - column); i < end; i++, column++) into[i] = left * right[column]! + WIDE * Math.abs(d[i]!);
  }
}

/** The same for the delta of a square matrix with its axes exchanged. */
export function fillTransposedErrors(bound: ErrorBound, d: Float64Array, begin: number, count: number, columns: number, into: Float64Array): void {
  if (bound.kind === 'relative') return fillErrors(bound, d, begin, count, columns, into);
  const { rows } = bound, right = bound.columns[0]!;
  for (let i = 0, row = Math.floor(begin / columns), column = begin % columns; i < count; row++, column = 0) {
    for (const end = Math.min(count, i + columns - column); i < end; i++, column++) into[i] = right[row]! * rows[column]! + WIDE * Math.abs(d[i]!);
  }
}

/**
 * For a formula with norms and quotients (DoRA): the errors of a sum of n squares grow like sqrt(n) in practice, and every
 * intermediate value is at most about as large as the largest of its row. `count` elements beginning with a row.
 */
export function fillGenerousErrors(v: Float64Array, w: Float64Array, begin: number, count: number, columns: number, length: number, into: Float64Array): void {
  const share = (32 + 4 * Math.sqrt(length)) * UNIT;
  for (let i = 0, column = begin % columns; i < count; column = 0) {
    const end = Math.min(count, i + columns - column);
    let most = 0;
    for (let k = i; k < end; k++) most = Math.max(most, Math.abs(v[k]!), Math.abs(w[k]!));
    // A weight that is not finite says nothing about the size of the others.
    into.fill(share * (most < Infinity ? most : 0), i, end);
    i = end;
  }
}
