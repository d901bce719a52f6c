/**
 * @module
 * Recognises what the fused kernel can do: `cast(BF16 or F16, add(W, scale(s, matmul(B, A))))` with W stored contiguously
 * in that dtype, and factors that are small matrices of float32 or less, moved about but not computed.
 */
import { sameShape, type DType, type Expression, type MatMul } from '../../tensors/index.ts';
import type { ProgramInputs } from '../program.ts';
import type { HalfDType } from './bound.ts';
import { rowMajorStrides } from './boxes.ts';
import { ViewOperator } from './leaves.ts';
import { lower } from './lower.ts';
import type { Operator } from './operators.ts';
import type { View } from './views.ts';

/** W := round(W + scale·B·A). */
export interface FusedParts {
  readonly dtype: HalfDType;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly scale: number;
  /** Contiguous. */
  readonly weight: View;
  /** `[rows, rank]` and `[rank, columns]`, in a dtype whose values float32 holds. */
  readonly b: Operator;
  readonly a: Operator;
}

/** Dtypes whose values are float32 values. */
const SINGLE: ReadonlySet<DType> = new Set(['BF16', 'F16', 'F32']);

/** Whether any element is computed rather than moved. */
export function isComputed(node: Expression): boolean {
  switch (node.op) {
    case 'stored': case 'strided': case 'partitioned': case 'stage': return false;
    case 'slice': case 'reshape': case 'transpose': return isComputed(node.of);
    case 'concat': return node.parts.some(isComputed);
    case 'rows': return isComputed(node.of) || isComputed(node.from);
    default: return true;
  }
}

const unshaped = (node: Expression): Expression => (node.op === 'reshape' ? unshaped(node.of) : node);

/** The parts, or undefined when the expression is something else. */
export function fusedParts(expression: Expression, inputs: ProgramInputs): FusedParts | undefined {
  const rounded = unshaped(expression);
  if (rounded.op !== 'cast' || (rounded.dtype !== 'BF16' && rounded.dtype !== 'F16')) return undefined;
  const sum = unshaped(rounded.of);
  if (sum.op !== 'add' || !sameShape(sum.a.shape, sum.b.shape)) return undefined;
  // float64 addition does not mind the order.
  for (const [weight, delta] of [[sum.a, sum.b], [sum.b, sum.a]] as const) {
    const product = scaledProduct(unshaped(delta));
    if (product === undefined || product.product.shape.length !== 2 || weight.dtype !== rounded.dtype || isComputed(weight)) continue;
    const view = contiguous(weight, inputs), { scale, product: { a: left, b: right, shape } } = product;
    if (view === undefined || !isSingle(left) || !isSingle(right)) continue;
    return {
      dtype: rounded.dtype, rows: shape[0]!, columns: shape[1]!, rank: left.shape[1]!, scale, weight: view,
      b: lower(left, inputs).root, a: lower(right, inputs).root,
    };
  }
  return undefined;
}

function scaledProduct(node: Expression): { scale: number; product: MatMul } | undefined {
  if (node.op === 'matmul') return { scale: 1, product: node };
  const of = node.op === 'scale' ? unshaped(node.of) : undefined;
  return node.op === 'scale' && of?.op === 'matmul' ? { scale: node.by, product: of } : undefined;
}

const isSingle = (factor: Expression): boolean => SINGLE.has(factor.dtype) && !isComputed(factor);

function contiguous(node: Expression, inputs: ProgramInputs): View | undefined {
  const { root } = lower(node, inputs);
  if (!(root instanceof ViewOperator)) return undefined;
  const { view } = root, dense = rowMajorStrides(view.shape);
  return view.strides.every((stride, axis) => view.shape[axis] === 1 || stride === dense[axis]) ? view : undefined;
}
