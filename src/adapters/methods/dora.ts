/**
 * @module
 * DoRA: W' = m · V / ‖V‖ with V = W + s·B·A, the norm per output unit (Liu et al. 2024; peft.md §2.3).
 * With several adapters the norm is taken from the unmerged base, as PEFT 0.21 does.
 */
import { add, divide, elementCount, multiply, norm, reshape, type Expression } from '../../tensors/index.ts';
import type { ModuleContext } from './method.ts';

/** The weight with the direction of V and the magnitude m. All operands are matrices in the stored layout. */
export function directed(context: ModuleContext, weight: Expression, unmerged: Expression, delta: Expression, m: Expression): Expression {
  const V = add(weight, delta);
  const norms = weight === unmerged ? V : add(unmerged, delta);
  // Output units are rows of a linear layer or a convolution, columns of a Conv1D or an embedding.
  const rows = context.layout === 'linear' || context.layout === 'conv';
  const n = rows ? norm([1], norms) : context.stage(norm([0], norms), { en: 'column norms of a DoRA weight', zh: 'DoRA 权重的列范数' });
  const side = elementCount(m.shape);
  return multiply(divide(reshape(rows ? [side, 1] : [1, side], m), n), V);
}
