/**
 * @module
 * Terms of the singular value decomposition of a base weight, for methods that replace some of them, as two factors of a
 * product; the signs of singular vectors cancel in it. Training took them from a float32 decomposition, here they are
 * those of the weight itself, which is within the stated bound of it.
 */
import { add, matmul, norm, reshape, scale, slice, transpose, whole, type DType, type Expression } from '../../tensors/index.ts';
import { matrix, type ModuleContext } from './method.ts';

/** Some terms of a weight. */
export interface SingularTerms {
  /** (out, count) and (count, in); their product is the sum of the terms. */
  readonly left: Expression;
  readonly right: Expression;
  /** What the sum may be off, per unit of float32 roundoff: one number in every element. */
  readonly bound: Expression;
}

/** Roundings of a float32 decomposition, in units of the largest singular value: LAPACK's are a modest multiple of this. */
export const DECOMPOSITION_ROUNDINGS = 32;

/** Terms `from … to` (exclusive), largest first, of the weight before any adapter, as (out, in). */
export function singularTerms(context: ModuleContext, from: number, to: number): SingularTerms {
  const { side } = context, out = side('out'), width = out + side('in'), count = to - from;
  const terms = context.stage(whole('singularTerms', [matrix(context, context.unmerged)], [from, to]), {
    en: `singular values ${from + 1} to ${to} of ${context.module.path}, with their vectors`, zh: `${context.module.path} 的第 ${from + 1} 至 ${to} 个奇异值及其奇异向量`,
  });
  const rows = slice(0, 0, count, terms), last = slice(0, count, count + 1, terms);
  return { left: transpose(slice(1, 0, out, rows)), right: slice(1, out, width, rows), bound: matmul(transpose(slice(1, 0, out, last)), slice(1, out, width, last)) };
}

/** One rounding to a narrow dtype of the base, in roundings of float32. */
const NARROW: Readonly<Partial<Record<DType, number>>> = { BF16: 2 ** 16, F16: 2 ** 13 };

/**
 * The size of the values on the way, for a claim of `roundings` roundings, where PEFT besides keeps values of the size `kept` in
 * the dtype of the base, `times` of them one after the other: there a narrow dtype loses more than float32.
 */
export function withKept({ unmerged }: ModuleContext, size: Expression, roundings: number, kept: Expression, times: number): Expression {
  const narrow = NARROW[unmerged.dtype];
  return narrow === undefined ? size : add(size, scale(narrow * times / roundings, kept));
}

/** |x|, element by element: the norm of a single one. */
export const absolute = (x: Expression): Expression => reshape(x.shape, norm([x.shape.length], reshape([...x.shape, 1], x)));

/** a·W for a matrix of few rows and a whole weight, beforehand and by its transpose: the same sums, and the weight is never held. */
export function thinTimes(context: ModuleContext, a: Expression, W: Expression): Expression {
  return transpose(context.stage(matmul(transpose(W), transpose(a)), { en: `a thin factor times ${context.module.path}`, zh: `窄因子与 ${context.module.path} 的乘积` }));
}

/** No element of that product is larger, by Cauchy and Schwarz. */
export const sizeOfThin = (a: Expression, W: Expression): Expression => matmul(norm([1], a), norm([0], W));

/** How large the values on the way to a product get: |a|·|b|. */
export const sizeOfProduct = (a: Expression, b: Expression): Expression => matmul(absolute(a), absolute(b));
