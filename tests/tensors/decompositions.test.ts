/** Decompositions: what they are defined by, and signs against torch (values from torch.linalg.qr in float64, torch 2.15). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { WHOLE_FUNCTIONS } from '../../src/tensors/index.ts';

const run = (name: 'orthogonal' | 'singularTerms', w: readonly number[], shape: readonly number[], ...parameters: number[]): Float64Array =>
  WHOLE_FUNCTIONS[name].compute([Float64Array.from(w)], [shape], parameters);
const codeOf = (act: () => unknown): string | undefined => {
  try { act(); } catch (error) { if (isTemperError(error)) return error.findings[0]!.code; throw error; }
  return undefined;
};
const matrix = (rows: number, columns: number) => fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: rows * columns, maxLength: rows * columns });

describe('orthogonal', () => {
  it.each([
    // Signs as LAPACK gives them: negative and positive first elements, and a square matrix, whose last column is not reflected.
    { shape: [3, 2], a: [3, 1, 4, -1, 0, 2], q: [-0.6, 0.4587698755, -0.8, -0.3440774066, 0, 0.8192319205] },
    { shape: [3, 2], a: [-3, 1, 4, 1, 1, 5], q: [-0.5883484054, -0.3343712186, 0.7844645406, -0.0151986918, 0.1961161351, -0.9423188887] },
    { shape: [2, 2], a: [1, 2, 3, -4], q: [-0.3162277660, -0.9486832981, -0.9486832981, 0.3162277660] },
    { shape: [2, 2], a: [0, 2, -3, -4], q: [0, 1, 1, 0] },
  ])('of $a', ({ shape, a, q }) => {
    for (const [i, value] of run('orthogonal', a, shape).entries()) expect(value).toBeCloseTo(q[i]!, 9);
  });

  it('has orthonormal columns that span those of the matrix', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }).chain((n) => fc.integer({ min: n, max: 9 }).chain((m) => fc.tuple(fc.constant([m, n] as const), matrix(m, n)))), ([[m, n], a]) => {
      let q: Float64Array;
      try { q = run('orthogonal', a, [m, n]); } catch (error) { return isTemperError(error); }
      for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let i = 0; i < m; i++) sum += q[i * n + j]! * q[i * n + k]!;
        expect(sum).toBeCloseTo(j === k ? 1 : 0, 12);
      }
      // A = Q·Qᵗ·A.
      for (let k = 0; k < n; k++) {
        const along = Array.from({ length: n }, (_, j) => { let sum = 0; for (let i = 0; i < m; i++) sum += q[i * n + j]! * a[i * n + k]!; return sum; });
        for (let i = 0; i < m; i++) expect(along.reduce((sum, x, j) => sum + x * q[i * n + j]!, 0)).toBeCloseTo(a[i * n + k]!, 8);
      }
      return true;
    }));
  });

  it('refuses what float32 cannot decide', () => {
    expect(codeOf(() => run('orthogonal', [1, 2, 2, 4, 3, 6], [3, 2]))).toBe('decomposition-undecided');
    expect(codeOf(() => run('orthogonal', [1e-9, 1], [2, 1], 1))).toBe('decomposition-undecided');
    expect(codeOf(() => run('orthogonal', [1e-9, 1], [2, 1]))).toBeUndefined();
  });
});

describe('singularTerms', () => {
  const product = (terms: Float64Array, m: number, n: number, rank: number): number[] => Array.from({ length: m * n }, (_, at) => {
    let sum = 0;
    for (let j = 0; j < rank; j++) sum += terms[j * (m + n) + Math.floor(at / n)]! * terms[j * (m + n) + m + at % n]!;
    return sum;
  });

  it('add up to the matrix', () => {
    fc.assert(fc.property(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })).chain(([m, n]) => fc.tuple(fc.constant([m, n] as const), matrix(m, n))), ([[m, n], a]) => {
      const rank = Math.min(m, n);
      for (const [at, value] of product(run('singularTerms', a, [m, n], 0, rank), m, n, rank).entries()) expect(value).toBeCloseTo(a[at]!, 8);
    }));
  });

  it('are those of the singular values asked for', () => {
    // diag(5, 3, 1) turned by 90 degrees.
    const w = [0, 3, 0, 5, 0, 0, 0, 0, 1];
    const nearly = (got: number[], wanted: number[]) => { for (const [at, value] of got.entries()) expect(value).toBeCloseTo(wanted[at]!, 12); };
    nearly(product(run('singularTerms', w, [3, 3], 0, 1), 3, 3, 1), [0, 0, 0, 5, 0, 0, 0, 0, 0]);
    nearly(product(run('singularTerms', w, [3, 3], 1, 3), 3, 3, 2), [0, 3, 0, 0, 0, 0, 0, 0, 1]);
    const tall = [1, 0, 0, 2, 0, 0];
    nearly(product(run('singularTerms', tall, [3, 2], 0, 1), 3, 2, 1), [0, 0, 0, 2, 0, 0]);
    nearly(product(run('singularTerms', [1, 0, 0, 0, 2, 0], [2, 3], 1, 2), 2, 3, 1), [1, 0, 0, 0, 0, 0]);
  });

  it('are found where many singular values are 0, or all the same, and at the ends of the range', () => {
    const few = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })).chain(([m, n]) => fc.tuple(fc.constant([m, n] as const), fc.array(fc.constantFrom(0, 0, 1, -1), { minLength: m * n, maxLength: m * n })));
    fc.assert(fc.property(few, fc.constantFrom(1, 2 ** -900, 2 ** 900), ([[m, n], a], unit) => {
      const rank = Math.min(m, n), terms = run('singularTerms', a.map((x) => x * unit), [m, n], 0, rank);
      for (const [at, value] of product(terms, m, n, rank).entries()) expect(value / unit).toBeCloseTo(a[at]!, 9);
    }), { numRuns: 300 });
  });

  it('keep their accuracy with the size of the matrix', () => {
    let seed = 1;
    const n = 60, w = Array.from({ length: n * n }, () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647 - 0.5; });
    for (const [at, value] of product(run('singularTerms', w, [n, n], 0, n), n, n, n).entries()) expect(Math.abs(value - w[at]!)).toBeLessThan(1e-13);
    const half = (from: number, to: number) => product(run('singularTerms', w, [n, n], from, to), n, n, to - from);
    const [low, high] = [half(0, 30), half(30, n)];
    for (const [at, value] of low.entries()) expect(Math.abs(value + high[at]! - w[at]!)).toBeLessThan(1e-13);
    // Parts with different singular vectors are orthogonal.
    for (let i = 0; i < n; i += 7) for (let j = 0; j < n; j += 5) expect(Math.abs(Array.from({ length: n }, (_, k) => low[i * n + k]! * high[j * n + k]!).reduce((x, y) => x + y))).toBeLessThan(1e-12);
  });

  it('refuses what is not finite', () => {
    expect(codeOf(() => run('singularTerms', [1, NaN, 0, 1], [2, 2], 0, 1))).toBe('decomposition-undecided');
    expect(codeOf(() => run('orthogonal', [1, Infinity, 0, 1], [2, 2]))).toBe('decomposition-undecided');
  });

  it('refuses a cut between equal values, but not one between zeros', () => {
    expect(codeOf(() => run('singularTerms', [1, 0, 0, 1], [2, 2], 0, 1))).toBe('decomposition-undecided');
    expect(codeOf(() => run('singularTerms', [1, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3], 0, 2))).toBeUndefined();
  });
});
