/**
 * @module
 * Singular vectors of a whole weight by one-sided Jacobi rotations (Hestenes 1958; Demmel and Veselić 1992): pairs of
 * columns are turned until all are orthogonal, in a fixed order and with square roots only, so the result is the same on
 * every machine. Of `W = Σ σⱼ uⱼ vⱼᵗ` it gives terms, whose signs cancel.
 */

/** Columns count as orthogonal when their cosine is below this: a few units of float64. */
const ORTHOGONAL = 2 ** -50;
/** Rounds over all pairs; matrices need about ten. */
const SWEEPS_MAX = 60;

/** Columns of a matrix, turned until they are orthogonal: column j is σⱼ times a singular vector. */
export interface TurnedColumns {
  /** Column after column, each `length` long; σ descending. */
  readonly columns: readonly Float64Array[];
  readonly sigmas: Float64Array;
}

/** Sum of products, in four interleaved sums: a fixed order that does not wait for every addition. */
export function dot(a: Float64Array, b: Float64Array): number {
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

/** Turns columns (overwritten). */
export function turnColumns(columns: Float64Array[]): TurnedColumns {
  const n = columns.length;
  // Large columns first: fewer rounds (de Rijk 1989).
  const bySize = (g: Float64Array[]) => { const squares = new Map(g.map((column) => [column, dot(column, column)])); return g.sort((a, b) => squares.get(b)! - squares.get(a)!); };
  const g = bySize([...columns]), squares = Float64Array.from(g, (column) => dot(column, column));
  for (let sweep = 0, turned = true; turned && sweep < SWEEPS_MAX; sweep++) {
    turned = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const a = squares[p]!, b = squares[q]!, c = dot(g[p]!, g[q]!);
        if (!(Math.abs(c) > ORTHOGONAL * Math.sqrt(a) * Math.sqrt(b))) continue;
        turned = true;
        const zeta = (b - a) / (2 * c), t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + t * t);
        turnPair(g[p]!, g[q]!, cosine, cosine * t);
        squares[p] = dot(g[p]!, g[p]!);
        squares[q] = dot(g[q]!, g[q]!);
      }
    }
  }
  const sorted = bySize(g);
  return { columns: sorted, sigmas: Float64Array.from(sorted, (column) => Math.sqrt(dot(column, column))) };
}

function turnPair(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!, y = b[i]!;
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}
