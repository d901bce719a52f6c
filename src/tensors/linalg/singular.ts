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
  const d = new Float64Array(columns), e = new Float64Array(columns), vectors = bidiagonalise(t, rows, columns, d, e), rotations = new Rotations(vectors, columns);
  diagonalise(d, e, rotations);
  rotations.flush();
  const order = [...d.keys()].sort((i, j) => Math.abs(d[j]!) - Math.abs(d[i]!) || i - j);
  return { sigmas: Float64Array.from(order, (i) => Math.abs(d[i]!) / unit), vectors: order.map((i) => vectors.subarray(i * columns, (i + 1) * columns)) };
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

/**
 * Brings t to the diagonal d and the one above it, e; gives Vᵗ, row-major. Each step goes through what is left of t once: a row
 * gets both reflections, and adds its share to what the next left reflection needs.
 */
function bidiagonalise(t: Float64Array, rows: number, columns: number, d: Float64Array, e: Float64Array): Float64Array {
  const rights: { readonly v: Float64Array; readonly tau: number }[] = [];
  // Σ tᵢₖ·(rest of row i) and Σ tᵢₖ² over the rows below k.
  let z = new Float64Array(columns), below = 0;
  for (let i = 1; i < rows; i++) { below += t[i * columns]! * t[i * columns]!; addMultiple(z, t.subarray(i * columns, (i + 1) * columns), t[i * columns]!); }
  z = z.subarray(1);
  for (let k = 0; k < columns; k++) {
    const alpha = t[k * columns + k]!, size = Math.sqrt(alpha * alpha + below), beta = below === 0 ? alpha : alpha < 0 ? size : -size, width = columns - k - 1;
    const tau = below === 0 ? 0 : (beta - alpha) / beta, scale = below === 0 ? 0 : 1 / (alpha - beta), pivot = t.subarray(k * columns + k + 1, (k + 1) * columns);
    d[k] = beta;
    if (width === 0) break;
    for (let j = 0; j < width; j++) z[j] = pivot[j]! + scale * z[j]!;
    if (tau !== 0) addMultiple(pivot, z, -tau);
    const y = pivot.slice(), right = reflection(y), next = new Float64Array(width);
    e[k] = right.beta;
    rights.push({ v: y, tau: right.tau });
    below = 0;
    for (let i = k + 1; i < rows; i++) {
      const own = t.subarray(i * columns + k + 1, (i + 1) * columns);
      if (tau !== 0) addMultiple(own, z, -tau * (scale * t[i * columns + k]!));
      if (right.tau !== 0) addMultiple(own, y, -right.tau * dot(own, y));
      if (i === k + 1) continue;
      below += own[0]! * own[0]!;
      addMultiple(next, own, own[0]!);
    }
    z = next.subarray(1);
  }
  // V = H₀·H₁ …, from the last one on the unit vectors; row j of `vectors` is column j of V.
  const vectors = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) vectors[j * columns + j] = 1;
  for (let k = rights.length - 1; k >= 0; k--) {
    const { v, tau } = rights[k]!;
    if (tau !== 0) for (let j = k + 1; j < columns; j++) { const own = vectors.subarray(j * columns + k + 1, (j + 1) * columns); addMultiple(own, v, -tau * dot(own, v)); }
  }
  return vectors;
}

/** Columns of the vectors that are turned together: with a thousand rows of them they stay in the cache. */
const BLOCK = 128;
/** Rotations that are put off until then. */
const PENDING = 1 << 16;

/** Rotations of pairs of vectors, put off so that many are done to a few columns at a time: the same for every element. */
class Rotations {
  readonly #vectors: Float64Array;
  readonly #length: number;
  readonly #pairs = new Int32Array(2 * PENDING);
  readonly #angles = new Float64Array(2 * PENDING);
  #count = 0;

  constructor(vectors: Float64Array, length: number) {
    this.#vectors = vectors;
    this.#length = length;
  }

  turn(a: number, b: number, cosine: number, sine: number): void {
    const at = 2 * this.#count++;
    this.#pairs[at] = a;
    this.#pairs[at + 1] = b;
    this.#angles[at] = cosine;
    this.#angles[at + 1] = sine;
    if (this.#count === PENDING) this.flush();
  }

  flush(): void {
    const vectors = this.#vectors, n = this.#length;
    for (let left = 0; left < n; left += BLOCK) {
      const width = Math.min(BLOCK, n - left);
      for (let r = 0; r < 2 * this.#count; r += 2) {
        const a = this.#pairs[r]! * n + left, b = this.#pairs[r + 1]! * n + left, cosine = this.#angles[r]!, sine = this.#angles[r + 1]!;
        for (let i = 0; i < width; i++) {
          const x = vectors[a + i]!, y = vectors[b + i]!;
          vectors[a + i] = cosine * x + sine * y;
          vectors[b + i] = cosine * y - sine * x;
        }
      }
    }
    this.#count = 0;
  }
}

/** Rotations until the upper diagonal is gone; those from the right turn the vectors along. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Rotations): void {
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
function step(d: Float64Array, e: Float64Array, vectors: Rotations, low: number, high: number): void {
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
    vectors.turn(k, k + 1, cosine, sine);
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
function clearColumn(d: Float64Array, e: Float64Array, vectors: Rotations, low: number, high: number): void {
  let bulge = e[high - 1]!;
  e[high - 1] = 0;
  d[high] = 0;
  for (let k = high - 1; k >= low && bulge !== 0; k--) {
    const [cosine, sine, r] = rotation(d[k]!, bulge);
    d[k] = r;
    vectors.turn(k, high, cosine, sine);
    if (k > low) { bulge = -sine * e[k - 1]!; e[k - 1] = cosine * e[k - 1]!; }
  }
}

/** Cosine, sine and length of (y, z). */
function rotation(y: number, z: number): readonly [cosine: number, sine: number, length: number] {
  if (z === 0) return [1, 0, y];
  const r = Math.sqrt(y * y + z * z);
  return [y / r, z / r, r];
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
