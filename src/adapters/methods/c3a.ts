/**
 * @module
 * C3A: W' = W + C / in, where C consists of circulant blocks: C[p,q] = K[p/b, q/b, (q − p) mod b] (Chen et al. 2025;
 * peft.md §2.6).
 *
 * The blocks are made by shape alone: a kernel of length b, repeated end to end and cut into rows of length 2b − 1, starts
 * every row one element later, which is the turn that a circulant makes.
 */
import { constant, multiply, norm, reshape, scale, slice, transpose, type Expression } from '../../tensors/index.ts';
import { fieldTable, used } from '../fields.ts';
import type { Form } from '../forms.ts';
import { oneScale } from '../patterns.ts';
import { LATEST } from './facts.ts';
import { asStored, plus, type Method } from './method.ts';

const FORMS: readonly Form[] = [{ parts: { c3a_kernel: 'rows columns b' }, weight: (side) => [side('rows') * side('b'), side('columns') * side('b')] }];

/** Kernels (m, n, b) as circulant blocks, (m·b, n·b). */
function circulant(K: Expression): Expression {
  const [m, n, b] = K.shape as [number, number, number];
  const repeated = multiply(reshape([m, n, 1, b], K), constant([1, 1, 2 * b, 1], Array<number>(2 * b).fill(1)));
  const turned = reshape([m, n, b, 2 * b - 1], slice(2, 0, b * (2 * b - 1), reshape([m, n, 2 * b * b], repeated)));
  return reshape([m * b, n * b], transpose(slice(3, 0, b, turned), [0, 2, 1, 3]));
}

/** C3A. */
export const c3a: Method = {
  type: 'C3A',
  facts: [{ name: 'C3A', formula: 'W + circulant(K) / in', verified: LATEST }],
  fields: fieldTable({ block_size: used, block_size_pattern: used }),
  parts: new Set(['c3a_kernel']),
  forms: () => FORMS,
  scales: () => oneScale(1),
  merge(context) {
    const K = context.part('c3a_kernel')!, b = context.side('b'), by = 1 / context.side('in');
    // PEFT comes to the same matrix by FFTs, whose errors go with the norm of the whole kernel.
    const norms = multiply(norm([2], K), constant([1, 1, b], Array<number>(b).fill(1)));
    return { ...plus(context, scale(by, circulant(K)), 'W + circulant(K) / in'), intermediate: asStored(context, scale(by, circulant(norms))) };
  },
};
