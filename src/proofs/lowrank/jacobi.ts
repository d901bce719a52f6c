/**
 * @module
 * Singular values of a small matrix by one-sided Jacobi rotations (Demmel and Veselić 1992): pairs of columns in a fixed
 * order, square roots and nothing else, so the result is the same on every machine, and small singular values are as
 * accurate relative to themselves as large ones.
 */

/** `U·diag(values)·Vᵗ`, values descending; column `j` of U and V belongs to value `j`. */
export interface SmallSvd {
  readonly values: Float64Array;
  /** Columns of length m; a zero column where the value is 0. */
  readonly left: readonly Float64Array[];
  /** Columns of length n; empty when not asked for. */
  readonly right: readonly Float64Array[];
}

/** Columns count as orthogonal when their cosine is below this: a few units of float64. */
const ORTHOGONAL = 2 ** -50;
/** Rounds over all pairs; matrices need about ten. */
const SWEEPS_MAX = 60;

/** The dot product of two columns, in ascending order. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Singular values and vectors of the matrix with these columns; `right` asks for V too. The input is not changed. */
export function smallSvd(columns: readonly Float64Array[], right = true): SmallSvd {
  const n = columns.length, g = columns.map((column) => column.slice());
  const v = right ? columns.map((_, i) => { const unit = new Float64Array(n); unit[i] = 1; return unit; }) : [];
  const squares = Float64Array.from(g, (column) => dot(column, column));
  for (let sweep = 0, turned = true; turned && sweep < SWEEPS_MAX; sweep++) {
    turned = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const a = squares[p]!, b = squares[q]!, c = dot(g[p]!, g[q]!);
        if (!(Math.abs(c) > ORTHOGONAL * Math.sqrt(a) * Math.sqrt(b))) continue;
        turned = true;
        const zeta = (b - a) / (2 * c), t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t), sine = cosine * t;
        rotate(g[p]!, g[q]!, cosine, sine);
        if (right) rotate(v[p]!, v[q]!, cosine, sine);
        squares[p] = dot(g[p]!, g[p]!);
        squares[q] = dot(g[q]!, g[q]!);
      }
    }
  }
  const order = [...squares.keys()].sort((i, j) => squares[j]! - squares[i]! || i - j);
  const values = Float64Array.from(order, (i) => Math.sqrt(squares[i]!));
  return {
    values,
    left: order.map((i, rank) => { const size = values[rank]!; return size === 0 ? new Float64Array(g[i]!.length) : g[i]!.map((x) => x / size); }),
    right: order.flatMap((i) => (right ? [v[i]!] : [])),
  };
}

function rotate(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!, y = b[i]!;
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}
