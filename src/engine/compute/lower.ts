/**
 * @module
 * Expressions to operators. Equal subexpressions become one operator, shape nodes over leaves become views, and arithmetic
 * that is stored as float64 gets its one NaN.
 */
import { isComputeDType, type Expression } from '../../tensors/index.ts';
import type { ProgramInputs } from '../program.ts';
import { ApplyOperator, BinaryOperator, CastOperator, ScaleOperator } from './arithmetic.ts';
import { ConstantOperator, ViewOperator } from './leaves.ts';
import { LookupOperator } from './lookup.ts';
import type { Operator } from './operators.ts';
import { MatMulOperator, NormOperator } from './reductions.ts';
import { ScatterOperator } from './scatter.ts';
import { ConcatOperator, ReshapeOperator, RowsOperator, SliceOperator, TransposeOperator } from './shapes.ts';
import { piecesStream, reshapedView, slicedView, sourceStream, transposedView, viewOf, type Stream } from './views.ts';
import { WholeOperator } from './whole.ts';

/** Integers that arithmetic may read: what `decodeElements` knows. */
const INTEGERS: ReadonlySet<string> = new Set(['I8', 'U8', 'BOOL', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64']);

/** A compiled graph. */
export interface Graph {
  readonly root: Operator;
  /** Operators that have several consumers. */
  readonly shared: ReadonlySet<Operator>;
  /** Every operator, operands first. */
  readonly operators: readonly Operator[];
}

/** Compiles an expression. Nothing is read. */
export function lower(root: Expression, inputs: ProgramInputs): Graph {
  const lowering = new Lowering(inputs), operator = lowering.bits(root);
  return { root: operator, shared: lowering.shared, operators: [...lowering.made.values()] };
}

class Lowering {
  readonly made = new Map<string, Operator>();
  readonly shared = new Set<Operator>();
  /** Operators that were named as an operand at least once. */
  readonly #used = new Set<Operator>();
  /** Expressions already seen: a node that is shared many times over would otherwise be walked exponentially often. */
  readonly #seen = { bits: new Map<Expression, Operator>(), values: new Map<Expression, Operator>() };
  readonly #names = new Map<Operator, number>();
  readonly #inputs: ProgramInputs;

  constructor(inputs: ProgramInputs) {
    this.#inputs = inputs;
  }

  /** An operator whose elements will be stored or moved as bits: arithmetic must have the one NaN there. */
  bits(node: Expression): Operator {
    return remember(this.#seen.bits, node, () => {
      const operator = this.#lower(node, (operand) => this.bits(operand));
      switch (node.op) {
        case 'add': case 'multiply': case 'divide': case 'maximum': case 'scale': case 'apply': case 'lookup': case 'matmul': case 'norm': case 'scatter': case 'whole': case 'constant':
          return this.#intern('cast F64', [operator], () => new CastOperator(operator, 'F64'));
        default: return operator;
      }
    });
  }

  /** An operator whose elements will be computed with. */
  #values(node: Expression): Operator {
    if (!isComputeDType(node.dtype) && !INTEGERS.has(node.dtype) && !node.dtype.startsWith('F8_')) throw new RangeError(`no arithmetic on ${node.dtype}`);
    return remember(this.#seen.values, node, () => this.#lower(node, (operand) => this.#values(operand)));
  }

  #lower(node: Expression, move: (operand: Expression) => Operator): Operator {
    switch (node.op) {
      case 'stored': return this.#view(`stored ${node.source} ${node.offset} ${node.dtype} ${node.shape}`, () => viewOf(this.#source(node.source), node, node.offset));
      case 'strided': return this.#view(`strided ${node.source} ${node.offset} ${node.dtype} ${node.shape} ${node.strides}`, () => viewOf(this.#source(node.source), node, node.offset, node.strides));
      case 'stage': return this.#view(`stage ${node.stage} ${node.dtype} ${node.shape}`, () => viewOf(this.#stage(node.stage), node, 0));
      case 'partitioned': return this.#view(`partitioned ${JSON.stringify(node.pieces)} ${node.dtype} ${node.shape}`,
        () => viewOf(piecesStream(node.pieces.map(([source, offset, bytes]) => [this.#source(source), offset, bytes])), node, 0));
      case 'constant': return this.#intern(`constant ${node.values.map(exact)} ${node.shape}`, [], () => new ConstantOperator(node));
      case 'concat': {
        const parts = node.parts.map(move);
        return this.#intern(`concat ${node.axis}`, parts, () => new ConcatOperator(parts, node.shape, node.axis));
      }
      case 'slice': {
        const of = move(node.of);
        if (of instanceof ViewOperator) return this.#view(`slice ${node.axis} ${node.start} ${node.end} ${this.#name(of)}`, () => slicedView(of.view, node.axis, node.start, node.end));
        return this.#intern(`slice ${node.axis} ${node.start} ${node.end}`, [of], () => new SliceOperator(of, node.shape, node.axis, node.start));
      }
      case 'transpose': {
        const of = move(node.of);
        if (of instanceof ViewOperator) return this.#view(`transpose ${node.axes} ${this.#name(of)}`, () => transposedView(of.view, node.axes));
        return this.#intern(`transpose ${node.axes}`, [of], () => new TransposeOperator(of, node.shape, node.axes));
      }
      case 'reshape': {
        const of = move(node.of), view = of instanceof ViewOperator ? reshapedView(of.view, node.shape) : undefined;
        if (view !== undefined) return this.#view(`reshape ${node.shape} ${this.#name(of)}`, () => view);
        return this.#intern(`reshape ${node.shape}`, [of], () => new ReshapeOperator(of, node.shape));
      }
      case 'rows': {
        const of = move(node.of), from = move(node.from);
        return this.#intern(`rows ${node.indices}`, [of, from], () => new RowsOperator(of, from, node.indices));
      }
      case 'add': case 'multiply': case 'divide': case 'maximum': {
        const a = this.#values(node.a), b = this.#values(node.b);
        return this.#intern(`${node.op}`, [a, b], () => new BinaryOperator(node.op, node.shape, a, b));
      }
      case 'scale': {
        const of = this.#values(node.of);
        return this.#intern(`scale ${exact(node.by)}`, [of], () => new ScaleOperator(of, node.by));
      }
      case 'apply': {
        const of = this.#values(node.of);
        return this.#intern(`apply ${node.name}`, [of], () => new ApplyOperator(of, node.name));
      }
      case 'lookup': {
        const of = this.#values(node.of);
        return this.#intern(`lookup ${node.shift} ${node.table.map(exact)}`, [of], () => new LookupOperator(node, of));
      }
      case 'matmul': {
        const a = this.#values(node.a), b = this.#values(node.b);
        return this.#intern('matmul', [a, b], () => new MatMulOperator(a, b));
      }
      case 'norm': {
        const of = this.#values(node.of);
        return this.#intern(`norm ${node.axes}`, [of], () => new NormOperator(of, node.axes));
      }
      case 'scatter': {
        const indices = this.#values(node.indices), values = this.#values(node.values);
        return this.#intern(`scatter ${node.shape}`, [indices, values], () => new ScatterOperator(node.shape, indices, values));
      }
      case 'whole': {
        const of = node.of.map((operand) => this.#values(operand));
        return this.#intern(`whole ${node.name} ${node.parameters.map(exact)}`, of, () => new WholeOperator(node, of));
      }
      case 'cast': {
        const of = this.#values(node.of);
        return this.#intern(`cast ${node.dtype}`, [of], () => new CastOperator(of, node.dtype));
      }
    }
  }

  #intern(what: string, operands: readonly Operator[], make: () => Operator): Operator {
    const key = `${what} (${operands.map((operand) => this.#name(operand)).join(' ')})`;
    let operator = this.made.get(key);
    if (operator === undefined) {
      this.made.set(key, operator = make());
      this.#names.set(operator, this.#names.size);
      for (const operand of operands) {
        if (this.#used.has(operand)) this.shared.add(operand);
        this.#used.add(operand);
      }
    }
    return operator;
  }

  #view(what: string, make: () => ViewOperator['view']): Operator {
    return this.#intern(what, [], () => new ViewOperator(make()));
  }

  #name(operator: Operator): number {
    return this.#names.get(operator)!;
  }

  #source(index: number): Stream {
    return sourceStream(this.#inputs.source(index));
  }

  /** Stages are looked up when they are read: a program may be compiled before they are finished. */
  #stage(index: number): Stream {
    return { read: (offset, into) => sourceStream(this.#inputs.stage(index)).read(offset, into) };
  }
}

/** A number as text, minus zero too. */
const exact = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

function remember<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
