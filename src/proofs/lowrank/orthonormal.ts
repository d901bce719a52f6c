/**
 * @module
 * Columns made orthonormal: modified Gram–Schmidt, every column twice ("twice is enough", Giraud and others 2005), in a
 * fixed order. A column that lies in the span of those before it becomes zero.
 */
import { dot } from './jacobi.ts';

/** `columns = q·r`: q in place of the columns, r upper triangular by columns (`r[j][i]`, i ≤ j). */
export interface Orthonormal { readonly q: readonly Float64Array[]; readonly r: readonly Float64Array[] }

/** What is left of a column, relative to it, below which it is rounding and no direction of its own. */
const NOTHING_LEFT = 2 ** -46;

/** Orthonormalises columns in place. */
export function orthonormalise(columns: readonly Float64Array[]): Orthonormal {
  const r = columns.map(() => new Float64Array(columns.length));
  for (const [j, column] of columns.entries()) {
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const q = columns[i]!, c = dot(q, column);
        if (c === 0) continue;
        r[j]![i]! += c;
        for (let k = 0; k < column.length; k++) column[k]! -= c * q[k]!;
      }
    }
    const size = Math.sqrt(dot(column, column));
    if (!(size > NOTHING_LEFT * before)) { column.fill(0); continue; }
    r[j]![j] = size;
    for (let k = 0; k < column.length; k++) column[k]! /= size;
  }
  return { q: columns, r };
}
