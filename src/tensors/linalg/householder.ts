/**
 * @module
 * QR decomposition by Householder reflections, with the signs of LAPACK's geqrf (and so of torch.linalg.qr): the diagonal of R
 * gets the sign opposite to what stands there before the reflection, and a column that is already reduced is left alone.
 * Sums run down the columns.
 */

/** What was found on the way: how sure every column's direction and sign are. */
export interface HouseholderColumn {
  /** |R[k,k]| over the norm of column k: 0 when it depends on those before it. */
  readonly share: number;
  /** The element that decides the sign over |R[k,k]|; 1 where nothing is reflected. */
  readonly pivot: number;
}

/** Overwrites `a` (rows, columns; rows ≥ columns), row-major, with the first columns of Q. */
export function orthogonalFactor(a: Float64Array, rows: number, columns: number): HouseholderColumn[] {
  const at = (i: number, j: number) => i * columns + j, found: HouseholderColumn[] = [], taus = new Float64Array(columns);
  const norms = Array.from({ length: columns }, (_, j) => normBelow(a, rows, columns, 0, j));
  for (let k = 0; k < columns; k++) {
    const alpha = a[at(k, k)]!, below = normBelow(a, rows, columns, k + 1, k);
    const size = Math.sqrt(alpha * alpha + below * below), beta = below === 0 ? alpha : alpha < 0 || Object.is(alpha, -0) ? size : -size;
    found.push({ share: norms[k] === 0 ? 0 : Math.abs(beta) / norms[k]!, pivot: below === 0 ? 1 : Math.abs(alpha) / size });
    if (below === 0) continue;
    const tau = taus[k] = (beta - alpha) / beta, scale = 1 / (alpha - beta);
    for (let i = k + 1; i < rows; i++) a[at(i, k)] = a[at(i, k)]! * scale;
    a[at(k, k)] = 1;
    for (let j = k + 1; j < columns; j++) reflect(a, rows, columns, k, j, tau);
  }
  // Q from the last reflection to the first, on the columns of the identity.
  for (let k = columns - 1; k >= 0; k--) {
    const tau = taus[k]!;
    if (tau === 0) a[at(k, k)] = 1;
    for (let j = k + 1; j < columns; j++) if (tau !== 0) reflect(a, rows, columns, k, j, tau);
    for (let i = k + 1; i < rows; i++) a[at(i, k)] = tau === 0 ? 0 : -tau * a[at(i, k)]!;
    if (tau !== 0) a[at(k, k)] = 1 - tau;
    for (let i = 0; i < k; i++) a[at(i, k)] = 0;
  }
  return found;
}

/** Column j minus τ·v·(vᵗ·column j), with v in column k from row k down. */
function reflect(a: Float64Array, rows: number, columns: number, k: number, j: number, tau: number): void {
  let sum = 0;
  for (let i = k; i < rows; i++) sum += a[i * columns + k]! * a[i * columns + j]!;
  sum *= tau;
  for (let i = k; i < rows; i++) a[i * columns + j] = a[i * columns + j]! - sum * a[i * columns + k]!;
}

function normBelow(a: Float64Array, rows: number, columns: number, from: number, j: number): number {
  let sum = 0;
  for (let i = from; i < rows; i++) sum += a[i * columns + j]! * a[i * columns + j]!;
  return Math.sqrt(sum);
}
