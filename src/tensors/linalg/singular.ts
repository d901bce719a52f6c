/**
 * @module
 * Singular values and right singular vectors of a whole weight, after Golub and Kahan (1965; Golub and Van Loan 2013, §8.6):
 * Householder reflections from both sides bring it to two diagonals, rotations then do away with the upper one. Everything in
 * float64, in one fixed order, with square roots only, so the result is the same on every machine; errors are a modest multiple
 * of 2^-53 of the largest singular value. Left vectors are not made: a term σ·u·vᵗ of W is (W·v)·vᵗ.
 */

/** What counts as zero beside its neighbours. */
const EPSILON = 2 ** -53;
/** Rounds of rotations for each singular value, at most; two are usual. */
const ROUNDS_MAX = 60;

/** Singular values, descending, and the right singular vector of each. */
export interface SingularPairs {
  readonly sigmas: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/** Decomposes a matrix of finite numbers (rows ≥ columns), row-major, overwritten. */
export function singularPairs(t: Float64Array, rows: number, columns: number): SingularPairs {
  // Powers of two, which are exact, keep squares away from the ends of the range.
  let most = 0;
  for (const x of t) most = Math.max(most, Math.abs(x));
  let unit = 1;
  if (most > 0) { while (most * unit >= 2) unit /= 2; while (most * unit < 1) unit *= 2; }
  for (let i = 0; i < t.length; i++) t[i] = t[i]! * unit;
  const d = new Float64Array(columns), e = new Float64Array(columns), vectors = bidiagonalise(t, rows, columns, d, e);
  diagonalise(d, e, vectors);
  const order = [...d.keys()].sort((i, j) => Math.abs(d[j]!) - Math.abs(d[i]!) || i - j);
  return { sigmas: Float64Array.from(order, (i) => Math.abs(d[i]!) / unit), vectors: order.map((i) => vectors[i]!) };
}

/** A reflection 1 − τ·v·vᵗ that brings x to the first axis: overwrites x with v, gives τ and what x becomes. */
function reflection(x: Float64Array): { readonly tau: number; readonly beta: number } {
  let below = 0;
  for (let i = 1; i < x.length; i++) below += x[i]! * x[i]!;
  const alpha = x[0]!;
  if (below === 0) return { tau: 0, beta: alpha };
  const beta = alpha < 0 ? Math.sqrt(alpha * alpha + below) : -Math.sqrt(alpha * alpha + below), scale = 1 / (alpha - beta);
  x[0] = 1;
  for (let i = 1; i < x.length; i++) x[i] = x[i]! * scale;
  return { tau: (beta - alpha) / beta, beta };
}

/** Brings t to the diagonal d and the one above it, e; gives the rows of Vᵗ. */
function bidiagonalise(t: Float64Array, rows: number, columns: number, d: Float64Array, e: Float64Array): Float64Array[] {
  const rights: { readonly v: Float64Array; readonly tau: number }[] = [], row = (i: number, from: number) => t.subarray(i * columns + from, (i + 1) * columns);
  for (let k = 0; k < columns; k++) {
    const x = Float64Array.from({ length: rows - k }, (_, i) => t[(k + i) * columns + k]!), left = reflection(x), width = columns - k - 1;
    d[k] = left.beta;
    if (width === 0) break;
    // The left reflection on the rest of the rows …
    const w = new Float64Array(width);
    if (left.tau !== 0) {
      for (let i = k; i < rows; i++) addMultiple(w, row(i, k + 1), x[i - k]!);
      for (let i = k; i < rows; i++) addMultiple(row(i, k + 1), w, -left.tau * x[i - k]!);
    }
    // … and the right one on the rest of the columns.
    const y = row(k, k + 1).slice(), right = reflection(y);
    e[k] = right.beta;
    rights.push({ v: y, tau: right.tau });
    if (right.tau !== 0) for (let i = k + 1; i < rows; i++) { const own = row(i, k + 1); addMultiple(own, y, -right.tau * dot(own, y)); }
  }
  // V = H₀·H₁ …, from the last one on the unit vectors; row j of `vectors` is column j of V.
  const vectors = Array.from({ length: columns }, (_, j) => { const unit = new Float64Array(columns); unit[j] = 1; return unit; });
  for (let k = rights.length - 1; k >= 0; k--) {
    const { v, tau } = rights[k]!;
    if (tau !== 0) for (let j = k + 1; j < columns; j++) { const own = vectors[j]!.subarray(k + 1); addMultiple(own, v, -tau * dot(own, v)); }
  }
  return vectors;
}

/** Rotations until the upper diagonal is gone; those from the right turn the vectors along. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: readonly Float64Array[]): void {
  const n = d.length;
  let size = 0;
  for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(d[i]!) + Math.abs(e[i]!));
  for (let high = n - 1, rounds = 0; high > 0;) {
    for (let i = 0; i < high; i++) if (Math.abs(e[i]!) <= EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!)) || Math.abs(e[i]!) <= EPSILON * EPSILON * size) e[i] = 0;
    if (e[high - 1] === 0) { high--; rounds = 0; continue; }
    if (rounds++ > ROUNDS_MAX) throw new Error('singular values do not converge');
    let low = high - 1;
    while (low > 0 && e[low - 1] !== 0) low--;
    if (Math.abs(d[high]!) <= EPSILON * size) { clearColumn(d, e, vectors, low, high); continue; }
    let zero = high - 1;
    while (zero >= low && Math.abs(d[zero]!) > EPSILON * EPSILON * size) zero--;
    if (zero >= low) clearRow(d, e, zero, high);
    else step(d, e, vectors, low, high);
  }
}

/** One implicit QR step with Wilkinson's shift on rows low … high. */
function step(d: Float64Array, e: Float64Array, vectors: readonly Float64Array[], low: number, high: number): void {
  const before = high - 1 > low ? e[high - 2]! : 0, a = d[high - 1]! * d[high - 1]! + before * before, b = d[high - 1]! * e[high - 1]!, c = d[high]! * d[high]! + e[high - 1]! * e[high - 1]!;
  const half = (a - c) / 2, shift = b === 0 ? c : c - b * b / (half + (half < 0 ? -1 : 1) * Math.sqrt(half * half + b * b));
  let y = d[low]! * d[low]! - shift, z = d[low]! * e[low]!;
  for (let k = low; k < high; k++) {
    const [cosine, sine, r] = rotation(y, z);
    if (k > low) e[k - 1] = r;
    const own = d[k]!, up = e[k]!, bulge = sine * d[k + 1]!;
    d[k] = cosine * own + sine * up;
    e[k] = cosine * up - sine * own;
    d[k + 1] = cosine * d[k + 1]!;
    turn(vectors[k]!, vectors[k + 1]!, cosine, sine);
    const [cosine2, sine2, r2] = rotation(d[k]!, bulge), above = e[k]!, next = d[k + 1]!;
    d[k] = r2;
    e[k] = cosine2 * above + sine2 * next;
    d[k + 1] = cosine2 * next - sine2 * above;
    if (k < high - 1) {
      y = e[k]!;
      z = sine2 * e[k + 1]!;
      e[k + 1] = cosine2 * e[k + 1]!;
    }
  }
}

/** d[zero] is 0: rotations of rows chase what stands beside it out to the right. They turn no right vector. */
function clearRow(d: Float64Array, e: Float64Array, zero: number, high: number): void {
  let bulge = e[zero]!;
  e[zero] = 0;
  d[zero] = 0;
  for (let k = zero + 1; k <= high && bulge !== 0; k++) {
    const [cosine, sine, r] = rotation(d[k]!, bulge);
    d[k] = r;
    if (k < high) { bulge = -sine * e[k]!; e[k] = cosine * e[k]!; }
  }
}

/** d[high] is 0: rotations of columns chase what stands above it upwards. */
function clearColumn(d: Float64Array, e: Float64Array, vectors: readonly Float64Array[], low: number, high: number): void {
  let bulge = e[high - 1]!;
  e[high - 1] = 0;
  d[high] = 0;
  for (let k = high - 1; k >= low && bulge !== 0; k--) {
    const [cosine, sine, r] = rotation(d[k]!, bulge);
    d[k] = r;
    turn(vectors[k]!, vectors[high]!, cosine, sine);
    if (k > low) { bulge = -sine * e[k - 1]!; e[k - 1] = cosine * e[k - 1]!; }
  }
}

/** Cosine, sine and length of (y, z). */
function rotation(y: number, z: number): readonly [cosine: number, sine: number, length: number] {
  if (z === 0) return [1, 0, y];
  const r = Math.sqrt(y * y + z * z);
  return [y / r, z / r, r];
}

function turn(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!, y = b[i]!;
    a[i] = cosine * x + sine * y;
    b[i] = cosine * y - sine * x;
  }
}

/** to += by · of. */
function addMultiple(to: Float64Array, of: Float64Array, by: number): void {
  for (let i = 0; i < to.length; i++) to[i] = to[i]! + by * of[i]!;
}

/** Sum of products, in four interleaved sums: a fixed order that does not wait for every addition. */
function dot(a: Float64Array, b: Float64Array): number {
  const n = a.length, whole = n - n % 4;
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < n; i++) s0 += a[i]! * b[i]!;
  return (s0 + s1) + (s2 + s3);
}
