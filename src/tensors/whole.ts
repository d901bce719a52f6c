/**
 * @module
 * Functions of whole arrays, for `whole` nodes: what is not said element by element. Each is computed in one piece, or
 * matrix by matrix of a stack, in float64, in a fixed order, and knows the shape of its result. Meant for what is small beside a weight: rotations,
 * factors, logits.
 */
import { DECOMPOSITIONS } from './decompositions.ts';
import { DRAWN } from './drawn.ts';
import { elementCount } from './dtypes.ts';
import { WAVES } from './waves.ts';
import { orthonormalise } from './linalg/orthonormal.ts';
import { solveInPlace } from './linalg/solve.ts';
import { exp } from './functions.ts';

/** A function of whole arrays. */
export interface WholeFunction {
  /** Shape of the result, or undefined when the operands do not fit. */
  shape(of: readonly (readonly number[])[], parameters: readonly number[]): readonly number[] | undefined;
  /** The result, row-major. `of` are copies that it may use up; `shapes` are theirs. */
  compute(of: readonly Float64Array[], shapes: readonly (readonly number[])[], parameters: readonly number[]): Float64Array;
  /** The part of the result between two corners, for functions whose parts do not need the whole of it. `of` is not changed. */
  part?(lo: readonly number[], hi: readonly number[], of: readonly Float64Array[], parameters: readonly number[]): Float64Array;
  /**
   * Trailing axes of the result that need each other. Before them the first axis counts parts, of the result as of every
   * operand, that have nothing to do with one another: matrices of a stack.
   */
  readonly unit?: number;
  /** Numbers that it holds while it computes, beside operands and result. */
  workspace?(shapes: readonly (readonly number[])[], parameters: readonly number[]): number;
}

/** Runs `each` over the trailing `axes` axes of an array: offsets of every part, and its size. */
function parts(shape: readonly number[], axes: number): { readonly count: number; readonly size: number } {
  return { count: elementCount(shape.slice(0, shape.length - axes)), size: elementCount(shape.slice(shape.length - axes)) };
}

/** Side of the square whose strict upper triangle has this many elements; undefined when there is none. */
export function triangleSide(elements: number): number | undefined {
  const side = Math.round((1 + Math.sqrt(1 + 8 * elements)) / 2);
  return side * (side - 1) / 2 === elements ? side : undefined;
}

/** X with A·X = B, for matrices (…, n, n) and (…, n, m): linalg/solve.ts. */
const solve: WholeFunction = {
  unit: 2,
  shape([a = [], b = []]) {
    const n = a.at(-1), fits = a.length >= 2 && a.length === b.length && a.slice(0, -1).every((side, i) => side === b[i]) && a.at(-2) === n;
    return fits ? b : undefined;
  },
  compute([a, b], [shapeA, shapeB]) {
    const n = shapeA!.at(-1)!, m = shapeB!.at(-1)!;
    for (let i = 0; i < parts(shapeA!, 2).count; i++) solveInPlace(a!.subarray(i * n * n, (i + 1) * n * n), b!.subarray(i * n * m, (i + 1) * n * m), n, m);
    return b!;
  },
};

/** Skew-symmetric matrices (…, b, b) from their strict upper triangles, row after row (…, b(b−1)/2). */
const skew: WholeFunction = {
  unit: 2,
  shape([v = []]) {
    const b = triangleSide(v.at(-1) ?? -1);
    return b === undefined ? undefined : [...v.slice(0, -1), b, b];
  },
  compute([v], [shape]) {
    const b = triangleSide(shape!.at(-1)!)!, { count } = parts(shape!, 1), out = new Float64Array(count * b * b);
    for (let part = 0, at = 0; part < count; part++) {
      for (let i = 0; i < b; i++) for (let j = i + 1; j < b; j++, at++) {
        out[(part * b + i) * b + j] = v![at]!;
        out[(part * b + j) * b + i] = -v![at]!;
      }
    }
    return out;
  },
};

/** The identity of a side, (1, n, n): stretches over a stack. */
const identity: WholeFunction = {
  shape: (of, [n = 0]) => (of.length === 0 && n > 0 ? [1, n, n] : undefined),
  compute: (_, __, [n]) => Float64Array.from({ length: n! * n! }, (___, i) => (i % (n! + 1) === 0 ? 1 : 0)),
};

/** 0, 1, 2 … n − 1. */
const range: WholeFunction = {
  shape: (of, [n = 0]) => (of.length === 0 && n >= 0 ? [n] : undefined),
  compute: (_, __, [n]) => Float64Array.from({ length: n! }, (___, i) => i),
  part: ([lo], [hi]) => Float64Array.from({ length: hi! - lo! }, (_, i) => lo! + i),
};

/** The columns of a matrix, orthonormal one after the other: linalg/orthonormal.ts. */
const orthonormal: WholeFunction = {
  shape: ([x = []]) => (x.length === 2 ? x : undefined),
  compute([x], [shape]) { orthonormalise(x!, shape![0]!, shape![1]!); return x!; },
};

/**
 * Softmax along the last axis over its k largest elements, 0 for the others: eˣ⁻ᵐ / Σ eˣ⁻ᵐ with m the largest, the sum in
 * the order of the axis. Of equal elements the first ones count.
 */
const topSoftmax: WholeFunction = {
  unit: 1,
  shape: ([x = []], [k = 0]) => (x.length > 0 && k >= 1 && k <= x.at(-1)! ? x : undefined),
  compute([x], [shape], [k]) {
    const n = shape!.at(-1)!, out = new Float64Array(x!.length);
    for (let at = 0; at < x!.length; at += n) {
      const row = x!.subarray(at, at + n), top = [...row.keys()].sort((i, j) => row[j]! - row[i]! || i - j).slice(0, k).sort((i, j) => i - j);
      const most = row.reduce((a, b) => (b > a ? b : a), -Infinity), weights = top.map((i) => exp(row[i]! - most));
      const sum = weights.reduce((a, b) => a + b, 0);
      top.forEach((i, rank) => { out[at + i] = weights[rank]! / sum; });
    }
    return out;
  },
};

/** By the name that nodes carry. */
export const WHOLE_FUNCTIONS = { solve, skew, identity, range, orthonormal, topSoftmax, ...DRAWN, ...DECOMPOSITIONS, ...WAVES } as const satisfies Readonly<Record<string, WholeFunction>>;
/** Names of functions of whole arrays. */
export type WholeName = keyof typeof WHOLE_FUNCTIONS;
