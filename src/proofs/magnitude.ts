/**
 * @module
 * How far an honest float32 evaluation of any delta can be off, from its expression alone (running error analysis, Higham
 * 2002, §3.3): every rounding on the way is at most u times the value it rounds, and no value is larger than the same
 * expression over absolute values. So the error is at most (number of roundings in a row) · u · that expression.
 */
import { add, concat, constant, divide, elementCount, matmul, maximum, multiply, norm, reshape, rows, scale, scatter, slice, transpose, type Expression } from '../tensors/index.ts';
import { UNIT } from './bounds.ts';
import { movesOnly } from './survey.ts';

/** An error bound: `share` of the elements of `of`. */
export interface Magnitude { readonly of: Expression; readonly share: number }

/** The rounding of a scale, of what it was computed from, and second order terms. */
const SPARE_ROUNDINGS = 3;

/** What a method knows of its delta that the expression does not show. */
export interface Known { readonly intermediate?: Expression; readonly roundings?: number }

/** The bound of a delta; undefined where a quotient or a stage makes it one that says nothing, and the method adds nothing. */
export function magnitudeOf(delta: Expression, { intermediate, roundings }: Known = {}): Magnitude | undefined {
  const found = intermediate !== undefined && roundings !== undefined ? { of: intermediate, roundings } : size(delta);
  return found === undefined ? undefined : { of: intermediate ?? found.of, share: (found.roundings + SPARE_ROUNDINGS) * UNIT };
}

/** A softmax of logits up to some tens: the difference in the exponent, the exponential, the quotient. */
const EXPONENTIAL_ROUNDINGS = 64;

/** Whether all that is summed on the way is positive, so that relative errors stay relative. */
function positive(node: Expression): boolean {
  switch (node.op) {
    case 'norm': return true;
    case 'constant': return node.values.every((x) => x > 0);
    case 'reshape': return positive(node.of);
    case 'add': case 'multiply': case 'maximum': return positive(node.a) && positive(node.b);
    default: return false;
  }
}

interface Size { readonly of: Expression; readonly roundings: number }

function size(node: Expression): Size | undefined {
  if (node.op === 'constant') return { of: constant(node.shape, node.values.map(Math.abs)), roundings: 0 };
  if (movesOnly(node)) return { of: absolute(node), roundings: 0 };
  switch (node.op) {
    // What was computed before counts as given: a method that knows better says so.
    case 'stage': return { of: absolute(node), roundings: 1 };
    case 'add': return both(node.a, node.b, add, Math.max, 1);
    case 'multiply': return both(node.a, node.b, multiply, (x, y) => x + y, 1);
    case 'divide': return positive(node.b) ? both(node.a, node.b, divide, (x, y) => x + y, 1) : undefined;
    case 'maximum': return both(node.a, node.b, maximum, Math.max, 0);
    case 'matmul': return both(node.a, node.b, matmul, (x, y) => x + y, node.a.shape.at(-1)!);
    case 'scale': return one(node.of, (of) => scale(Math.abs(node.by), of), 1);
    case 'norm': return one(node.of, (of) => norm(node.axes, of), 1 + elementCount(node.of.shape) / Math.max(1, elementCount(node.shape)));
    case 'scatter': return one(node.values, (of) => scatter(node.shape, node.indices, of), 1);
    // Its own size: weights between 0 and 1, each as good as the exponentials and their sum.
    case 'whole':
      if (node.of.length === 0 || node.name === 'gather') return { of: absolute(node), roundings: 1 };
      return node.name === 'topSoftmax' && movesOnly(node.of[0]!) ? { of: node, roundings: EXPONENTIAL_ROUNDINGS + node.parameters[0]! } : undefined;
    case 'cast': return one(node.of, (of) => of, 1);
    case 'reshape': return one(node.of, (of) => reshape(node.shape, of), 0);
    case 'transpose': return one(node.of, (of) => transpose(of, node.axes), 0);
    case 'slice': return one(node.of, (of) => slice(node.axis, node.start, node.end, of), 0);
    case 'rows': return both(node.of, node.from, (of, from) => rows(of, node.indices, from), Math.max, 0);
    case 'concat': {
      const parts = node.parts.map(size);
      if (!parts.every((part) => part !== undefined)) return undefined;
      return { of: concat(node.axis, parts.map(({ of }) => wide(of))), roundings: Math.max(...parts.map(({ roundings }) => roundings)) };
    }
    default: return undefined;
  }
}

/** |x|, element by element: the norm of a single one. */
const absolute = (node: Expression): Expression => reshape(node.shape, norm([node.shape.length], reshape([...node.shape, 1], node)));

/** All of one dtype, as concat asks: a size is float64 unless it is a leaf that was reshaped only. */
const wide = (of: Expression): Expression => (of.dtype === 'F64' ? of : scale(1, of));

function one(operand: Expression, node: (of: Expression) => Expression, own: number): Size | undefined {
  const found = size(operand);
  return found && { of: node(found.of), roundings: found.roundings + own };
}

function both(a: Expression, b: Expression, node: (a: Expression, b: Expression) => Expression, join: (x: number, y: number) => number, own: number): Size | undefined {
  const left = size(a), right = size(b);
  return left && right && { of: node(wide(left.of), wide(right.of)), roundings: join(left.roundings, right.roundings) + own };
}
