/** Functions of whole arrays against what defines them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constant, elementCount, matmul, transpose, valuesOf, whole, type Expression } from '../../src/tensors/index.ts';

const values = (expression: Expression) => valuesOf(expression, { read: () => { throw new Error('nothing to read'); } });
const numbers = (count: number) => fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: count, maxLength: count });
const close = (a: Float64Array, b: Float64Array | number[], digits = 9) => { a.forEach((x, i) => expect(x).toBeCloseTo(b[i]!, digits)); };
const eye = (n: number) => Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));

describe('solve', () => {
  it('gives the X of A·X = B, pivoting where it must', () => {
    close(values(whole('solve', [constant([2, 2], [0, 2, 4, 0]), constant([2, 1], [6, 8])])), [2, 3]);
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }).chain((n) => fc.tuple(fc.constant(n), numbers(n * n), numbers(n * 3))), ([n, a, b]) => {
      // A dominant diagonal keeps it far from singular.
      const A = constant([n, n], a.map((x, i) => (i % (n + 1) === 0 ? x + 30 : x))), B = constant([n, 3], b);
      close(values(matmul(A, whole('solve', [A, B]))), b);
    }));
  });
  it('solves a stack matrix by matrix', () => {
    expect([...values(whole('solve', [constant([2, 1, 1], [2, 4]), constant([2, 1, 2], [2, 4, 4, 8])]))]).toEqual([1, 2, 1, 2]);
  });
});

describe('skew', () => {
  it('fills upper triangles row after row, with minus below', () => {
    expect([...values(whole('skew', [constant([1, 3], [1, 2, 3])]))].map((x) => x + 0)).toEqual([0, 1, 2, -1, 0, 3, -2, -3, 0]);
    expect(() => whole('skew', [constant([1, 2], [1, 2])])).toThrow('skew');
  });
});

describe('orthonormal', () => {
  it('keeps the span, however close to dependent the columns are', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }).chain((n) => fc.tuple(fc.constant(n), numbers(8 * n), fc.constantFrom(1, 1e-6))), ([n, x, size]) => {
      // Every column is the first one and a little of its own.
      const columns = x.map((y, i) => (Math.floor(i / n) === i % n ? 9 : y) * (i % n === 0 ? 1 : size) + (i % n === 0 ? 0 : x[i - i % n]! + (Math.floor(i / n) === 0 ? 9 - x[0]! : 0)));
      const X = constant([8, n], columns), Q = whole('orthonormal', [X]);
      close(values(matmul(transpose(Q), Q)), eye(n), 12);
      close(values(matmul(Q, matmul(transpose(Q), X))), columns);
    }));
  });
});

describe('topSoftmax', () => {
  it('weighs the largest ones of every row, the first of equal ones', () => {
    const w = values(whole('topSoftmax', [constant([2, 4], [0, 1, 3, 1, 5, 5, 5, 5])], [2]));
    expect([...w].map((x) => Number(x.toFixed(6)))).toEqual([0, 0.119203, 0.880797, 0, 0.5, 0.5, 0, 0]);
  });
  it('takes no more than there are', () => {
    expect(() => whole('topSoftmax', [constant([2], [0, 0])], [3])).toThrow('topSoftmax');
    expect(elementCount(whole('topSoftmax', [constant([3, 2], Array(6).fill(0))], [2]).shape)).toBe(6);
  });
});
