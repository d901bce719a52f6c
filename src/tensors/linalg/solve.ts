/**
 * @module
 * A·X = B by Gaussian elimination in float64. The order is part of the meaning: columns from left to right; the pivot is
 * the largest element of the column at or below the diagonal, the topmost of equal ones; each row below loses its
 * multiple of the pivot row, from left to right; then substitution from the last row up.
 */

/** Overwrites `b` (n, m) with the X of A·X = B, and `a` (n, n) with what is left of A. A singular A gives infinities or NaN. */
export function solveInPlace(a: Float64Array, b: Float64Array, n: number, m: number): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivotRow(a, n, k);
    if (pivot !== k) { swapRows(a, n, k, pivot); swapRows(b, m, k, pivot); }
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / a[k * n + k]!;
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) a[i * n + j] = a[i * n + j]! - factor * a[k * n + j]!;
      for (let j = 0; j < m; j++) b[i * m + j] = b[i * m + j]! - factor * b[k * m + j]!;
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let i = k + 1; i < n; i++) {
      const factor = a[k * n + i]!;
      for (let j = 0; j < m; j++) b[k * m + j] = b[k * m + j]! - factor * b[i * m + j]!;
    }
    for (let j = 0; j < m; j++) b[k * m + j] = b[k * m + j]! / a[k * n + k]!;
  }
}

function pivotRow(a: Float64Array, n: number, k: number): number {
  let best = k;
  for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[best * n + k]!)) best = i;
  return best;
}

function swapRows(x: Float64Array, width: number, i: number, k: number): void {
  for (let j = 0; j < width; j++) {
    const kept = x[i * width + j]!;
    x[i * width + j] = x[k * width + j]!;
    x[k * width + j] = kept;
  }
}
