/**
 * @module
 * Every tensor is an expression over byte ranges. This is the closed set of nodes: plain data, JSON-serialisable, so a
 * plan can be saved, shown, sent to a worker, or run on another machine.
 *
 * Leaves and shape nodes keep elements as they are, whatever their dtype. Arithmetic nodes take any compute dtype,
 * work in float64, and have the dtype F64; `cast` rounds back, once. The meaning of every node is the reference
 * evaluator (`reference.ts`); the order of sums is part of that meaning.
 */
import { byteCount, elementCount, type DType } from './dtypes.ts';
import { isFunction } from './functions.ts';
import { WHOLE_FUNCTIONS, type WholeFunction, type WholeName } from './whole.ts';

/** Sides of a tensor, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

interface Typed {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Contiguous row-major bytes at `offset` of input `source` (an index into the plan's inputs). */
export interface Stored extends Typed { readonly op: 'stored'; readonly source: number; readonly offset: number }
/** A view: element `i` lies at byte `offset + size * Σ iₐ·stridesₐ`. Strides count elements and may be 0 or negative. */
export interface Strided extends Typed { readonly op: 'strided'; readonly source: number; readonly offset: number; readonly strides: readonly number[] }
/** Pieces of many files laid end to end, `[source, offset, bytes]` each: a ZeRO stream. */
export interface Partitioned extends Typed { readonly op: 'partitioned'; readonly pieces: readonly (readonly [number, number, number])[] }
/** A small array that was computed while planning; always F64. */
export interface Constant extends Typed { readonly op: 'constant'; readonly dtype: 'F64'; readonly values: readonly number[] }
/** Something that must exist before the first tile. Computed once, kept in a temporary file; index into the plan's stages. */
export interface Stage extends Typed { readonly op: 'stage'; readonly stage: number }

/** Parts laid end to end along `axis`. */
export interface Concat extends Typed { readonly op: 'concat'; readonly axis: number; readonly parts: readonly Expression[] }
/** `start` (inclusive) to `end` (exclusive) along `axis`. */
export interface Slice extends Typed { readonly op: 'slice'; readonly axis: number; readonly start: number; readonly end: number; readonly of: Expression }
/** The same elements in row-major order under another shape. */
export interface Reshape extends Typed { readonly op: 'reshape'; readonly of: Expression }
/** Axis `i` of the result is axis `axes[i]` of the operand. */
export interface Transpose extends Typed { readonly op: 'transpose'; readonly axes: readonly number[]; readonly of: Expression }
/** `of`, with row `indices[i]` (first axis) replaced by row `i` of `from`. Later entries win. */
export interface Rows extends Typed { readonly op: 'rows'; readonly of: Expression; readonly indices: readonly number[]; readonly from: Expression }

/** Element-wise; sides of 1 are stretched as in numpy. maximum: NaN if either is, and +0 above −0. */
export interface Binary extends Typed { readonly op: 'add' | 'multiply' | 'divide' | 'maximum'; readonly dtype: 'F64'; readonly a: Expression; readonly b: Expression }
/** `by · of`, one float64 multiplication per element. */
export interface Scale extends Typed { readonly op: 'scale'; readonly dtype: 'F64'; readonly by: number; readonly of: Expression }
/** A function of functions.ts, element by element. */
export interface Apply extends Typed { readonly op: 'apply'; readonly dtype: 'F64'; readonly name: string; readonly of: Expression }
/**
 * What codes of a quantised tensor stand for: `table[(code >> shift) mod table.length]`, element by element. Codes are U8; the table
 * has a power of two of entries, up to 256. Its zeros are +0, which JSON can hold.
 */
export interface Lookup extends Typed { readonly op: 'lookup'; readonly dtype: 'F64'; readonly shift: number; readonly table: readonly number[]; readonly of: Expression }
/**
 * `(m,k)·(k,n)`: sum over k ascending from 0, one multiplication and one addition per term, no fused rounding. Stacks
 * `(s,m,k)·(s,k,n)` matrix by matrix.
 */
export interface MatMul extends Typed { readonly op: 'matmul'; readonly dtype: 'F64'; readonly a: Expression; readonly b: Expression }
/** Euclidean norm over `axes`, which stay as sides of 1: squares summed in row-major order from 0, then a square root. */
export interface Norm extends Typed { readonly op: 'norm'; readonly dtype: 'F64'; readonly axes: readonly number[]; readonly of: Expression }

/** Zeros, with `values[i]` added at the flat position `indices[i]`, i ascending. Positions outside the shape are an error. */
export interface Scatter extends Typed { readonly op: 'scatter'; readonly dtype: 'F64'; readonly indices: Expression; readonly values: Expression }
/** A function of whole arrays (whole.ts), computed in one piece. */
export interface Whole extends Typed { readonly op: 'whole'; readonly dtype: 'F64'; readonly name: WholeName; readonly parameters: readonly number[]; readonly of: readonly Expression[] }

/** Rounds to nearest, ties to even, once. Overflow gives infinity; NaN becomes the quiet NaN without payload. */
export interface Cast extends Typed { readonly op: 'cast'; readonly of: Expression }

/** Any node. */
export type Expression = Stored | Strided | Partitioned | Constant | Stage
  | Concat | Slice | Reshape | Transpose | Rows
  | Binary | Scale | Apply | Lookup | MatMul | Norm | Scatter | Whole | Cast;

/** Operands of a node, in a fixed order. */
export function operands(node: Expression): readonly Expression[] {
  switch (node.op) {
    case 'stored': case 'strided': case 'partitioned': case 'constant': case 'stage': return [];
    case 'concat': return node.parts;
    case 'whole': return node.of;
    case 'slice': case 'reshape': case 'transpose': case 'scale': case 'apply': case 'lookup': case 'norm': case 'cast': return [node.of];
    case 'rows': return [node.of, node.from];
    case 'scatter': return [node.indices, node.values];
    case 'add': case 'multiply': case 'divide': case 'maximum': case 'matmul': return [node.a, node.b];
  }
}

/** Constructors check shapes; a mismatch here is a bug of the caller, who must have refused bad input before. */
function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expression: ${what}`);
}

/** Contiguous bytes of an input. `offset` is in bytes. */
export const stored = (source: number, offset: number, dtype: DType, shape: Shape): Stored => ({ op: 'stored', dtype, shape, source, offset });

/** A view of an input: `offset` in bytes, strides in elements. */
export function strided(source: number, offset: number, dtype: DType, shape: Shape, strides: readonly number[]): Strided {
  must(strides.length === shape.length, `strides [${strides}] for shape [${shape}]`);
  return { op: 'strided', dtype, shape, source, offset, strides };
}

/** Pieces of inputs laid end to end; together they must be exactly the tensor. */
export function partitioned(dtype: DType, shape: Shape, pieces: Partitioned['pieces']): Partitioned {
  const bytes = pieces.reduce((sum, piece) => sum + piece[2], 0);
  must(bytes === byteCount(dtype, shape), `pieces of ${bytes} bytes for ${dtype} [${shape}]`);
  return { op: 'partitioned', dtype, shape, pieces };
}

/** A small array of float64 values, row-major. */
export function constant(shape: Shape, values: readonly number[]): Constant {
  must(values.length === elementCount(shape), `${values.length} values for [${shape}]`);
  return { op: 'constant', dtype: 'F64', shape, values };
}

/** What stage `index` of the plan computes. */
export const stage = (index: number, dtype: DType, shape: Shape): Stage => ({ op: 'stage', dtype, shape, stage: index });

/** Parts end to end along `axis`; their other sides must be equal. */
export function concat(axis: number, parts: readonly Expression[]): Concat {
  const first = parts[0];
  must(first !== undefined, 'concat of nothing');
  for (const part of parts) {
    must(part.dtype === first.dtype && part.shape.length === first.shape.length
      && part.shape.every((side, i) => i === axis || side === first.shape[i]), `concat of ${part.dtype} [${part.shape}] to ${first.dtype} [${first.shape}]`);
  }
  const shape = first.shape.map((side, i) => (i === axis ? parts.reduce((sum, part) => sum + part.shape[i]!, 0) : side));
  return { op: 'concat', dtype: first.dtype, shape, axis, parts };
}

/** Elements `start` to `end` (exclusive) along `axis`. */
export function slice(axis: number, start: number, end: number, of: Expression): Slice {
  must(0 <= start && start <= end && end <= of.shape[axis]!, `slice ${start}:${end} of axis ${axis} of [${of.shape}]`);
  return { op: 'slice', dtype: of.dtype, shape: of.shape.map((side, i) => (i === axis ? end - start : side)), axis, start, end, of };
}

/** The same elements under another shape; the operand itself when the shape is the same. */
export function reshape(shape: Shape, of: Expression): Expression {
  must(elementCount(shape) === elementCount(of.shape), `reshape [${of.shape}] to [${shape}]`);
  return sameShape(shape, of.shape) ? of : { op: 'reshape', dtype: of.dtype, shape, of };
}

/** Axes in another order; reversed when none is given. */
export function transpose(of: Expression, axes: readonly number[] = of.shape.map((_, i) => of.shape.length - 1 - i)): Transpose {
  must(axes.length === of.shape.length && new Set(axes).size === axes.length, `transpose [${axes}] of [${of.shape}]`);
  return { op: 'transpose', dtype: of.dtype, shape: axes.map((axis) => of.shape[axis]!), axes, of };
}

/** `of` with rows replaced: row `indices[i]` becomes row `i` of `from`. */
export function rows(of: Expression, indices: readonly number[], from: Expression): Rows {
  must(from.dtype === of.dtype && from.shape[0] === indices.length && sameShape(from.shape.slice(1), of.shape.slice(1)),
    `rows [${from.shape}] into [${of.shape}]`);
  must(indices.every((i) => Number.isInteger(i) && i >= 0 && i < of.shape[0]!), 'row index out of range');
  return { op: 'rows', dtype: of.dtype, shape: of.shape, of, indices, from };
}

function broadcast(a: Shape, b: Shape): Shape {
  must(a.length === b.length && a.every((side, i) => side === b[i] || side === 1 || b[i] === 1), `shapes [${a}] and [${b}] do not fit`);
  return a.map((side, i) => (side === 1 ? b[i]! : side));
}

const binary = (op: Binary['op']) => (a: Expression, b: Expression): Binary =>
  ({ op, dtype: 'F64', shape: broadcast(a.shape, b.shape), a, b });

/** `a + b`. */
export const add: (a: Expression, b: Expression) => Binary = binary('add');
/** `a · b`, element by element. */
export const multiply: (a: Expression, b: Expression) => Binary = binary('multiply');
/** `a / b`, element by element. */
export const divide: (a: Expression, b: Expression) => Binary = binary('divide');

/** The larger of `a` and `b`, element by element. */
export const maximum: (a: Expression, b: Expression) => Binary = binary('maximum');

/** Every element times `by`. */
export const scale = (by: number, of: Expression): Scale => ({ op: 'scale', dtype: 'F64', shape: of.shape, by, of });

/** Every element through a function. */
export function apply(name: string, of: Expression): Apply {
  must(isFunction(name), `no function ${name}`);
  return { op: 'apply', dtype: 'F64', shape: of.shape, name, of };
}

/** What codes stand for, by a table; `shift` drops the lower bits of a code that holds several. */
export function lookup(table: readonly number[], of: Expression, shift = 0): Lookup {
  must(of.dtype === 'U8' && [2, 4, 16, 256].includes(table.length) && Number.isInteger(shift) && shift >= 0 && shift < 8, `lookup in ${table.length} entries by ${of.dtype}`);
  return { op: 'lookup', dtype: 'F64', shape: of.shape, shift, table: table.map((value) => value + 0), of };
}

/** The product of two matrices, or of two stacks of as many. */
export function matmul(a: Expression, b: Expression): MatMul {
  const fits = (a.shape.length === 2 || a.shape.length === 3) && a.shape.length === b.shape.length && a.shape.at(-1) === b.shape.at(-2);
  must(fits && (a.shape.length === 2 || a.shape[0] === b.shape[0]), `matmul [${a.shape}] by [${b.shape}]`);
  return { op: 'matmul', dtype: 'F64', shape: [...a.shape.slice(0, -1), b.shape.at(-1)!], a, b };
}

/** Euclidean norms over `axes`, which stay as sides of 1. */
export const norm = (axes: readonly number[], of: Expression): Norm =>
  ({ op: 'norm', dtype: 'F64', shape: of.shape.map((side, i) => (axes.includes(i) ? 1 : side)), axes, of });

/** `values` (n) added up at flat positions `indices` (n) of zeros of this shape. */
export function scatter(shape: Shape, indices: Expression, values: Expression): Scatter {
  must(indices.shape.length === 1 && sameShape(indices.shape, values.shape), `scatter [${values.shape}] to [${indices.shape}] places`);
  return { op: 'scatter', dtype: 'F64', shape, indices, values };
}

/** A function of whole arrays. */
export function whole(name: WholeName, of: readonly Expression[], parameters: readonly number[] = []): Whole {
  const { shape: shapeOf }: WholeFunction = WHOLE_FUNCTIONS[name], shape = shapeOf(of.map((operand) => operand.shape), parameters);
  must(shape !== undefined, `${name} of ${of.map((operand) => `[${operand.shape}]`).join(', ')}`);
  return { op: 'whole', dtype: 'F64', shape, name, parameters, of };
}

/** A cast, or the operand itself when it already has the dtype. */
export const cast = (dtype: DType, of: Expression): Expression => (of.dtype === dtype ? of : { op: 'cast', dtype, shape: of.shape, of });

/** Whether two shapes are equal, side by side. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((side, i) => side === b[i]);
}

/** Visits a node and everything below it, operands first; shared nodes once. */
export function visit(node: Expression, see: (node: Expression) => void, seen: Set<Expression> = new Set()): void {
  if (seen.has(node)) return;
  seen.add(node);
  for (const operand of operands(node)) visit(operand, see, seen);
  see(node);
}

/** Inputs (indices) whose bytes a node needs. */
export function sourcesOf(node: Expression): Set<number> {
  const sources = new Set<number>();
  visit(node, (n) => {
    if (n.op === 'stored' || n.op === 'strided') sources.add(n.source);
    if (n.op === 'partitioned') for (const [source] of n.pieces) sources.add(source);
  });
  return sources;
}
