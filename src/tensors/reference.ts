/**
 * @module
 * The reference evaluator: whole tensors, float64, plain loops, obviously right. It is the definition of what the nodes
 * mean; the fast evaluator has to give the same bytes. Never used on a real model.
 */
import { bitsOf, byteCount, elementCount, type DType } from './dtypes.ts';
import type { Expression, Shape } from './expression.ts';
import { FUNCTIONS } from './functions.ts';
import { decodeTensor, encodeElements } from './rounding.ts';
import { WHOLE_FUNCTIONS, type WholeFunction } from './whole.ts';

/** Where the reference evaluator gets bytes, and the expressions of a plan's stages. */
export interface ReferenceInputs {
  /** `length` bytes at `offset` of input `source`. */
  read(source: number, offset: number, length: number): Uint8Array;
  /** Expression of a stage. */
  stage?(index: number): Expression;
}

/** Bytes of the whole tensor, row-major, little-endian. */
export function evaluateReference(node: Expression, inputs: ReferenceInputs): Uint8Array {
  switch (node.op) {
    case 'stored': return inputs.read(node.source, node.offset, byteCount(node.dtype, node.shape));
    case 'partitioned': return join(node.pieces.map(([source, offset, bytes]) => inputs.read(source, offset, bytes)));
    case 'strided': {
      const size = whole(node.dtype);
      return gather(node.shape, size, (index) => {
        const at = index.reduce((sum, x, axis) => sum + x * node.strides[axis]!, 0);
        return inputs.read(node.source, node.offset + at * size, size);
      });
    }
    case 'stage': return evaluateReference(inputs.stage!(node.stage), inputs);
    case 'reshape': return evaluateReference(node.of, inputs);
    case 'slice': return pick(node.shape, node.of, inputs, (index) => index.map((x, axis) => (axis === node.axis ? x + node.start : x)));
    case 'transpose': return pick(node.shape, node.of, inputs, (index) => node.of.shape.map((_, axis) => index[node.axes.indexOf(axis)]!));
    case 'concat': {
      const size = whole(node.dtype), parts = node.parts.map((part) => evaluateReference(part, inputs));
      return gather(node.shape, size, (index) => {
        let x = index[node.axis]!, p = 0;
        while (x >= node.parts[p]!.shape[node.axis]!) x -= node.parts[p++]!.shape[node.axis]!;
        const at = flat(node.parts[p]!.shape, index.map((y, axis) => (axis === node.axis ? x : y))) * size;
        return parts[p]!.subarray(at, at + size);
      });
    }
    case 'rows': {
      const out = evaluateReference(node.of, inputs).slice(), from = evaluateReference(node.from, inputs);
      const bytes = byteCount(node.dtype, node.shape.slice(1));
      node.indices.forEach((row, i) => out.set(from.subarray(i * bytes, (i + 1) * bytes), row * bytes));
      return out;
    }
    default: {
      const values = valuesOf(node, inputs), out = new Uint8Array(byteCount(node.dtype, node.shape));
      encodeElements(node.dtype, values, out);
      return out;
    }
  }
}

/** Values of the whole tensor in float64, before any rounding that the node itself does not ask for. */
export function valuesOf(node: Expression, inputs: ReferenceInputs): Float64Array {
  const values = (operand: Expression) => valuesOf(operand, inputs);
  switch (node.op) {
    case 'constant': return Float64Array.from(node.values);
    case 'add': case 'multiply': case 'divide': case 'maximum': {
      const a = values(node.a), b = values(node.b);
      return table(node.shape, (index) => {
        const x = a[flat(node.a.shape, stretch(index, node.a.shape))]!, y = b[flat(node.b.shape, stretch(index, node.b.shape))]!;
        return node.op === 'add' ? x + y : node.op === 'multiply' ? x * y : node.op === 'divide' ? x / y : Math.max(x, y);
      });
    }
    case 'scale': return values(node.of).map((x) => node.by * x);
    case 'apply': return values(node.of).map(FUNCTIONS[node.name]!);
    case 'lookup': return values(node.of).map((code) => node.table[(code >> node.shift) & (node.table.length - 1)]!);
    case 'matmul': {
      const a = values(node.a), b = values(node.b), inner = node.a.shape.at(-1)!, [rows, columns] = node.shape.slice(-2) as [number, number];
      return table(node.shape, (index) => {
        const [i, j] = index.slice(-2) as [number, number], stacked = index.length === 3 ? index[0]! : 0;
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a[(stacked * rows + i) * inner + k]! * b[(stacked * inner + k) * columns + j]!;
        return sum;
      });
    }
    case 'scatter': {
      const out = new Float64Array(elementCount(node.shape)), added = values(node.values);
      values(node.indices).forEach((at, i) => {
        if (!(at >= 0 && at < out.length && Number.isInteger(at))) throw new RangeError(`scatter to ${at} of ${out.length}`);
        out[at] = out[at]! + added[i]!;
      });
      return out;
    }
    case 'whole': {
      const { compute }: WholeFunction = WHOLE_FUNCTIONS[node.name];
      return compute(node.of.map(values), node.of.map(({ shape }) => shape), node.parameters);
    }
    case 'norm': {
      const of = values(node.of), sums = new Float64Array(elementCount(node.shape));
      let at = 0;
      forEachIndex(node.of.shape, (index) => {
        const to = flat(node.shape, index.map((x, axis) => (node.axes.includes(axis) ? 0 : x)));
        sums[to] = sums[to]! + of[at]! * of[at]!;
        at++;
      });
      return sums.map(Math.sqrt);
    }
    case 'cast': {
      const bytes = new Uint8Array(byteCount(node.dtype, node.shape));
      encodeElements(node.dtype, values(node.of), bytes);
      return decodeTensor(node.dtype, node.shape, bytes);
    }
    default: return decodeTensor(node.dtype, node.shape, evaluateReference(node, inputs));
  }
}

function whole(dtype: DType): number {
  const bits = bitsOf(dtype);
  if (bits % 8 !== 0) throw new RangeError(`elements of ${dtype} cannot be moved one by one`);
  return bits / 8;
}

const stretch = (index: readonly number[], shape: Shape): number[] => index.map((x, axis) => (shape[axis] === 1 ? 0 : x));

function flat(shape: Shape, index: readonly number[]): number {
  let at = 0;
  for (let axis = 0; axis < shape.length; axis++) at = at * shape[axis]! + index[axis]!;
  return at;
}

function forEachIndex(shape: Shape, see: (index: number[]) => void): void {
  const index = shape.map(() => 0);
  for (let left = elementCount(shape); left > 0; left--) {
    see(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

function table(shape: Shape, value: (index: number[]) => number): Float64Array {
  const out = new Float64Array(elementCount(shape));
  let at = 0;
  forEachIndex(shape, (index) => { out[at++] = value(index); });
  return out;
}

function gather(shape: Shape, size: number, element: (index: number[]) => Uint8Array): Uint8Array {
  const out = new Uint8Array(elementCount(shape) * size);
  let at = 0;
  forEachIndex(shape, (index) => { out.set(element(index), at); at += size; });
  return out;
}

function pick(shape: Shape, of: Expression, inputs: ReferenceInputs, from: (index: number[]) => number[]): Uint8Array {
  const bytes = evaluateReference(of, inputs), size = whole(of.dtype);
  return gather(shape, size, (index) => {
    const at = flat(of.shape, from(index)) * size;
    return bytes.subarray(at, at + size);
  });
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
}
