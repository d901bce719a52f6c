/**
 * @module
 * Rotations from skew-symmetric matrices, as OFT and BOFT make them: stacks of small blocks (n, b, b), each turning b
 * neighbouring inputs of a weight.
 */
import { add, constant, divide, elementCount, matmul, maximum, multiply, norm, reshape, scale, transpose, whole, type Expression } from '../../tensors/index.ts';

const identity = (b: number): Expression => whole('identity', [], [b]);
const minus = (of: Expression): Expression => scale(-1, of);

/** ½(R − Rᵗ). */
export const skewPart = (R: Expression): Expression => scale(0.5, add(R, minus(transpose(R, [0, 2, 1]))));

/** (I + Q)⁻¹·(I − Q), which is (I − Q)·(I + Q)⁻¹: exactly a rotation. */
export function cayley(Q: Expression): Expression {
  const I = identity(Q.shape[1]!);
  return whole('solve', [add(I, Q), add(I, minus(Q))]);
}

/** Σₖ cₖ·Qᵏ, powers one after the other. */
function series(Q: Expression, coefficients: readonly number[]): Expression {
  let power = Q, sum: Expression = add(identity(Q.shape[1]!), scale(0, Q));
  for (const [k, c] of coefficients.entries()) {
    if (k === 0) continue;
    if (k > 1) power = matmul(power, Q);
    sum = add(sum, scale(c, power));
  }
  return sum;
}

/**
 * Cayley–Neumann with t terms: I + 2Q + 2Q² + … + 2Qᵗ⁻² + Qᵗ⁻¹. Up to PEFT 0.17 the last power counted twice as well.
 * As implemented, 1 and 2 terms are I and I + 2Q, and 3 terms already have Q³ (oft/layer.py, `_cayley_batch`).
 */
export function cayleyNeumann(Q: Expression, terms: number, until017: boolean): Expression {
  if (terms <= 2) return series(Q, terms < 2 ? [1] : [1, 2]);
  const last = until017 ? terms - 1 : Math.max(3, terms - 1);
  return series(Q, Array.from({ length: last + 1 }, (_, k) => (k === 0 || (k === last && !until017) ? 1 : 2)));
}

/** Constrained OFT: a Q whose norm is above ε is brought back to it. */
export function project(Q: Expression, epsilon: number): Expression {
  const limit = constant([1, 1, 1], [epsilon]);
  return multiply(Q, divide(limit, maximum(norm([1, 2], Q), limit)));
}

/** A weight (rows, columns) whose columns are turned block by block: W·blockdiag(R₁ … Rₙ). One block serves all of them. */
export function turned(W: Expression, R: Expression): Expression {
  const [rows, columns] = W.shape as [number, number], [n, b] = R.shape as [number, number, number];
  if (n === 1) return reshape([rows, columns], matmul(reshape([elementCount(W.shape) / b, b], W), reshape([b, b], R)));
  const blocks = transpose(reshape([rows, n, b], W), [1, 0, 2]);
  return reshape([rows, columns], transpose(matmul(blocks, R), [1, 0, 2]));
}

/** Blocks the other way round. */
export const inverse = (R: Expression): Expression => transpose(R, [0, 2, 1]);
