/** @module Random expressions of all nodes, for properties. */
import fc from 'fast-check';
import {
  add, apply, byteCount, cast, concat, constant, divide, elementCount, encodeElements, lookup, matmul, maximum, multiply, norm, partitioned, reshape, rows, scale,
  scatter, slice, stage, stored, strided, transpose, whole, type DType, type Expression, type Shape,
} from '../../src/tensors/index.ts';
import { random, type Files } from './compute-support.ts';

const FILE_BYTES = 1 << 15;
const FLOATS = ['BF16', 'F16', 'F32', 'F64'] as const;
const OTHERS = ['I64', 'U8', 'BOOL', 'I16', 'F8_E5M2', 'F8_E4M3', 'complex128', 'C64', 'U32'] as const;

/** Three files: any bits, ordinary numbers, zeros and ones. */
function files(seed: number): Uint8Array[] {
  const { int, normal } = random(seed);
  const any = Uint8Array.from({ length: FILE_BYTES }, () => int(256)), tame = new Uint8Array(FILE_BYTES), few = new Uint8Array(FILE_BYTES);
  encodeElements('BF16', Float64Array.from({ length: FILE_BYTES / 2 }, normal), tame);
  encodeElements('BF16', Float64Array.from({ length: FILE_BYTES / 2 }, () => [0, -0, 1, -1][int(4)]!), few);
  return [any, tame, few];
}

/** An expression with everything it reads. */
export interface Case extends Files { readonly expression: Expression }

type Pick = <T>(arbitrary: fc.Arbitrary<T>) => T;

/** Any expression: leaves, shapes, arithmetic, casts; up to three axes with sides 0 to 9. */
export const anyCase: fc.Arbitrary<Case> = fc.tuple(fc.gen(), fc.nat()).map(([g, seed]) => {
  const pick: Pick = (arbitrary) => g(() => arbitrary);
  const stages: Expression[] = [];
  const maker = new Maker(pick, stages);
  const expression = maker.bytes(maker.shape(), 4);
  return { expression, files: files(seed), stages };
});

class Maker {
  readonly #pick: Pick;
  readonly #stages: Expression[];
  readonly #made: Expression[] = [];

  constructor(pick: Pick, stages: Expression[]) {
    this.#pick = pick;
    this.#stages = stages;
  }

  #int(min: number, max: number): number { return this.#pick(fc.integer({ min, max })); }
  #one<T>(...of: readonly T[]): T { return of[this.#int(0, of.length - 1)]!; }

  shape(): Shape {
    return Array.from({ length: this.#one(0, 1, 2, 2, 2, 3, 3) }, () => this.#one(0, 1, 1, 2, 3, 4, 5, 6, 8, 9));
  }

  /** Any dtype: bytes that are moved, or numbers that are rounded. */
  bytes(shape: Shape, depth: number): Expression {
    switch (this.#int(0, 4)) {
      case 0: return this.#moved(this.#one<DType>(...OTHERS, ...FLOATS), shape, depth);
      case 1: return this.values(shape, depth);
      default: return cast(this.#one('BF16', 'F16', 'F32', 'F64', 'F8_E5M2'), this.values(shape, depth));
    }
  }

  /** Numbers, in any dtype one can compute with. */
  values(shape: Shape, depth: number): Expression {
    // Something made before, so that subexpressions are shared.
    const again = this.#made.filter((node) => node.shape.length === shape.length && node.shape.every((side, i) => side === shape[i]));
    if (again.length > 0 && this.#int(0, 2) === 0) return this.#one(...again);
    const node = this.#values(shape, depth);
    this.#made.push(node);
    return node;
  }

  #values(shape: Shape, depth: number): Expression {
    if (depth <= 0) return this.#leaf(this.#one<DType>(...FLOATS, 'I64', 'U8', 'F8_E4M3'), shape);
    const below = depth - 1;
    switch (this.#int(0, 14)) {
      case 0: return this.#moved(this.#one<DType>(...FLOATS), shape, depth);
      case 1: return constant(shape, Array.from({ length: elementCount(shape) }, () => this.#one(0, -0, 1.5, -3, NaN, Infinity, 2 ** -80)));
      case 2: {
        if (elementCount(shape) === 0) return this.#leaf('F64', shape);
        this.#stages.push(scale(0.5, this.#leaf(this.#one(...FLOATS), shape)));
        return stage(this.#stages.length - 1, 'F64', shape);
      }
      case 3: return scale(this.#one(0.1, 2, -1, 3e38, 0), this.values(shape, below));
      case 4: return cast(this.#one<DType>(...FLOATS), this.values(shape, below));
      case 5: {
        const axes = shape.flatMap((x, axis) => (x === 1 && this.#int(0, 1) === 1 ? [axis] : []));
        return norm(axes, this.values(shape.map((x, axis) => (axes.includes(axis) ? this.#int(1, 6) : x)), below));
      }
      case 6: case 7: return shape.length === 2 ? this.#product([], shape, below) : shape.length === 3 ? this.#product([shape[0]!], shape.slice(1), below) : this.#stretched(shape, below);
      case 8: return apply(this.#one('exp', 'relu', 'cos', 'tanh', 'gelu'), this.values(shape, below));
      case 9: {
        const total = elementCount(shape), count = total === 0 ? 0 : this.#int(0, 7);
        return scatter(shape, constant([count], Array.from({ length: count }, () => this.#int(0, total - 1))), this.values([count], below));
      }
      case 10: return this.#whole(shape, below);
      case 11: return lookup(Array.from({ length: this.#one(2, 4, 16, 256) }, (_, i) => (i % 5 === 4 ? NaN : i * 0.3 - 1)), this.#moved('U8', shape, depth), this.#one(0, 4, 7));
      default: return this.#stretched(shape, below);
    }
  }

  #product(stack: Shape, [rows, columns]: Shape, below: number): Expression {
    const k = this.#one(0, 1, 2, 3, 5, 8);
    return matmul(this.values([...stack, rows!, k], below), this.values([...stack, k, columns!], below));
  }

  #whole(shape: Shape, below: number): Expression {
    const [n = 0, m = 0] = shape.slice(-2);
    if (shape.length >= 2 && n === m && n > 0 && this.#int(0, 1) === 0) return whole('skew', [this.values([...shape.slice(0, -2), n * (n - 1) / 2], below)]);
    if (shape.length === 2 && elementCount(shape) > 2 && this.#int(0, 2) === 0) {
      const c = this.values([this.#int(1, 3)], below), at = [this.#int(0, 99), ...shape];
      return this.#int(0, 1) === 0 ? whole('fourierSum', [c], at) : whole('waveletSum', [c], [...at, 0, 0.5, 0.75, -0.25, 0.125]);
    }
    if (shape.length >= 2) return whole('solve', [this.values([...shape.slice(0, -1), n], below), this.values(shape, below)]);
    if (shape.length === 1 && this.#int(0, 2) === 0) return whole('range', [], [shape[0]!]);
    return shape.length === 1 && shape[0]! > 0 ? whole('topSoftmax', [this.values(shape, below)], [this.#int(1, shape[0]!)]) : this.#stretched(shape, below);
  }

  /** Two operands, one of them with some sides of 1. */
  #stretched(shape: Shape, below: number): Expression {
    const thin = shape.map((x) => (this.#int(0, 2) === 0 ? 1 : x)), whole = this.values(shape, below), other = this.values(thin, below);
    const make = this.#one(add, multiply, divide, maximum);
    return this.#one(true, false) ? make(whole, other) : make(other, whole);
  }

  #leaf(dtype: DType, shape: Shape): Expression {
    const source = this.#int(0, 2), bytes = byteCount(dtype, shape), size = byteCount(dtype, [1]);
    if (bytes > FILE_BYTES / 2) return strided(source, 0, dtype, shape, shape.map(() => 0)); // more than the files have
    switch (this.#int(0, 3)) {
      case 0: {
        // A view with any strides, moved so that all of it lies inside the file.
        const strides = shape.map(() => this.#one<number>(0, 1, 2, -1, 7, 13, -20, 64));
        const low = strides.reduce((sum, s, axis) => sum + Math.min(0, s * (shape[axis]! - 1)), 0), span = strides.reduce((sum, s, axis) => sum + Math.abs(s) * shape[axis]!, 1);
        if (span * size > FILE_BYTES / 2) break;
        return strided(source, -Math.min(low, 0) * size + this.#int(0, 3), dtype, shape, strides);
      }
      case 1: {
        const cut = this.#int(0, bytes), more = this.#int(cut, bytes);
        return partitioned(dtype, shape, [[source, 11, cut], [(source + 1) % 3, 0, more - cut], [source, 500, bytes - more]]);
      }
    }
    return stored(source, this.#int(0, 64), dtype, shape);
  }

  #moved(dtype: DType, shape: Shape, depth: number): Expression {
    const of = (wanted: Shape): Expression => this.#moved(dtype, wanted, depth - 1);
    if (depth <= 0) return this.#leaf(dtype, shape);
    const axis = shape.length === 0 ? -1 : this.#int(0, shape.length - 1), side = (x: number) => shape.map((y, i) => (i === axis ? x : y));
    switch (this.#int(0, 6)) {
      case 0: if (axis >= 0) { const cut = this.#int(0, shape[axis]!); return concat(axis, [of(side(cut)), of(side(shape[axis]! - cut))]); } break;
      case 1: if (axis >= 0) { const before = this.#int(0, 3), after = this.#int(0, 3); return slice(axis, before, before + shape[axis]!, of(side(before + shape[axis]! + after))); } break;
      case 2: return reshape(shape, of(this.#reshaped(shape)));
      case 3: {
        const axes = shape.map((_, i) => i);
        axes.sort(() => this.#one(-1, 1));
        return transpose(of(shape.map((_, i) => shape[axes.indexOf(i)]!)), axes);
      }
      case 4: if (shape.length > 0 && shape[0]! > 0) {
        const indices = Array.from({ length: this.#int(0, 4) }, () => this.#int(0, shape[0]! - 1));
        return rows(of(shape), indices, of([indices.length, ...shape.slice(1)]));
      } break;
      // Arithmetic whose result is moved as bytes.
      case 5: if ((FLOATS as readonly DType[]).includes(dtype)) { const values = this.values(shape, depth - 1); return values.dtype === dtype ? values : cast(dtype, values); }
    }
    return this.#leaf(dtype, shape);
  }

  #reshaped(shape: Shape): Shape {
    const total = elementCount(shape);
    const divisors = [1, 2, 3, 4, 5, 6].filter((d) => total % d === 0);
    const first = this.#one(...divisors);
    return this.#one<Shape>([total], [first, total / first], [total, 1], [1, ...shape], shape.filter((x) => x !== 1));
  }
}
