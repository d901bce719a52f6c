/**
 * @module
 * The best low rank approximation of a matrix that is never held as a whole: a randomised range finder with power
 * iterations (Halko, Martinsson and Tropp 2011, algorithm 4.4) whose products run on the engine, tile by tile, and whose
 * small decompositions are Gram–Schmidt and Jacobi in a fixed order. The test matrix follows from a seed, so the factors are
 * a function of the matrix: the same on every machine, whatever the tiles and kernels.
 */
import { memorySource, type ByteSource } from '../../bytes/index.ts';
import { cast, elementCount, matmul, slice, stored, type Expression } from '../../tensors/index.ts';
import { openValues, TILE_ELEMENTS, type Compile } from '../streams.ts';
import { turn } from '../turn.ts';
import { smallSvd } from './jacobi.ts';
import { orthonormalise } from './orthonormal.ts';
import { signs } from './signs.ts';

/** Elements of the rows that the transpose is multiplied with at a time: packed for the kernel they take 16 MiB. */
const BLOCK_ELEMENTS = 1 << 21;
/** Most rows of such a block. */
const BLOCK_ROWS_MAX = 512;

/** Rows and columns. */
type Sides = readonly [rows: number, columns: number];

/** Approximation `Σ values[i] · left[i] · right[i]ᵗ`, largest first. */
export interface Factorisation {
  readonly values: Float64Array;
  readonly left: readonly Float64Array[];
  readonly right: readonly Float64Array[];
  /** Every singular value of the matrix is there: nothing was left out of the range. */
  readonly whole: boolean;
}

/** How to approximate. */
export interface FactoriseOptions {
  /** Singular values wanted. */
  readonly rank: number;
  readonly signal?: AbortSignal;
}

/** Columns beyond the rank that is wanted: the error is then within a small factor of the best possible one. */
const OVERSAMPLING = 10;
/** Rounds of multiplying with the matrix and its transpose: two make a slowly falling spectrum safe. */
const POWER_ITERATIONS = 2;
/** Matrices with a side up to this are decomposed as a whole, and those of which half the directions are wanted anyway. */
const WHOLE_SIDE_MAX = 32;
const SEED = 20;

/** The matrix that a product is taken with, as a source of its own beside the inputs of a plan. */
export class Operand {
  /** Index by which expressions refer to it: behind every input that a plan can have. */
  static readonly INDEX: number = 2 ** 31;
  #bytes: Uint8Array = new Uint8Array(0);
  readonly source: ByteSource = { label: 'operand', get size() { return Infinity; }, read: (offset, into) => memorySource('operand', this.#bytes).read(offset, into), close: () => {} };

  /** Entries `begin … end` of columns as a dense matrix with a row per column. */
  setRows(columns: readonly Float64Array[], begin: number, end: number): Expression {
    const width = end - begin, dense = new Float64Array(columns.length * width);
    for (const [j, column] of columns.entries()) dense.set(column.subarray(begin, end), j * width);
    this.#bytes = new Uint8Array(dense.buffer);
    return stored(Operand.INDEX, 0, 'F64', [columns.length, width]);
  }

  /** Columns as a dense matrix with a row per entry, and the expression that reads it. */
  set(columns: readonly Float64Array[]): Expression {
    const k = columns.length, length = columns[0]?.length ?? 0, dense = new Float64Array(length * k);
    for (const [j, column] of columns.entries()) for (let i = 0; i < length; i++) dense[i * k + j] = column[i]!;
    this.#bytes = new Uint8Array(dense.buffer);
    return stored(Operand.INDEX, 0, 'F64', [length, k]);
  }
}

/** Bytes that a factorisation holds beside the program: columns of both sides, the operand and its packed copy. */
export function factoriseBytes([rows, columns]: Sides, rank: number): number {
  const k = Math.min(rank + OVERSAMPLING, rows, columns);
  return 8 * k * (2 * (rows + columns) + 2 * Math.max(rows, columns) + 3 * k);
}

/** Approximates a matrix. `compile` must give `Operand.INDEX` the operand's source. */
export async function factorise(matrix: Expression, operand: Operand, compile: Compile, { rank, signal }: FactoriseOptions): Promise<Factorisation> {
  const [rows, columns] = matrix.shape as Sides, side = Math.min(rows, columns), wanted = Math.min(side, rank + OVERSAMPLING);
  const whole = side <= WHOLE_SIDE_MAX || 2 * wanted >= side, k = whole ? side : wanted;
  const times = (by: readonly Float64Array[]) => product(matrix, operand.set(by), compile, signal), timesTransposed = (by: readonly Float64Array[]) => transposedProduct(matrix, operand, by, compile, signal);
  let range: readonly Float64Array[];
  if (whole && rows <= columns) range = identity(rows);
  else {
    range = orthonormalise(await times(whole ? identity(columns) : Array.from({ length: k }, (_, c) => signs(columns, c, SEED)))).q;
    for (let round = 0; !whole && round < POWER_ITERATIONS; round++) {
      range = orthonormalise(await times(orthonormalise(await timesTransposed(range)).q)).q;
    }
  }
  // Dᵗ·Q = P·R, so D ≈ Q·Rᵗ·Pᵗ; with R = U·S·Vᵗ that is (Q·V)·S·(P·U)ᵗ.
  const { q: across, r } = orthonormalise(await timesTransposed(range)), { values, left, right } = smallSvd(r);
  return { values, left: right.map((v) => combination(range, v)), right: left.map((u) => combination(across, u)), whole };
}

const identity = (n: number): Float64Array[] => Array.from({ length: n }, (_, i) => { const unit = new Float64Array(n); unit[i] = 1; return unit; });

/** Σ weights[j] · columns[j], j ascending. */
function combination(columns: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(columns[0]?.length ?? 0);
  for (const [j, column] of columns.entries()) {
    const weight = weights[j]!;
    if (weight !== 0) for (let i = 0; i < sum.length; i++) sum[i]! += weight * column[i]!;
  }
  return sum;
}

/** Columns of the product. */
async function product(matrix: Expression, by: Expression, compile: Compile, signal?: AbortSignal): Promise<Float64Array[]> {
  const [rows, k] = [matrix.shape[0]!, by.shape[1]!], out = Array.from({ length: k }, () => new Float64Array(rows));
  await forEachTile(matmul(matrix, by), compile, (begin, values) => {
    for (let at = 0, row = Math.floor(begin / k), column = begin % k; at < values.length; at++) {
      out[column]![row] = values[at]!;
      if (++column === k) { column = 0; row++; }
    }
  }, signal);
  return out;
}

/**
 * Columns of the transpose's product, rows of the matrix block by block: it is read in the order in which it is stored. The
 * blocks depend on nothing but the sides, so their sums do too.
 */
async function transposedProduct(matrix: Expression, operand: Operand, by: readonly Float64Array[], compile: Compile, signal?: AbortSignal): Promise<Float64Array[]> {
  const [rows, columns] = matrix.shape as Sides, height = Math.max(1, Math.min(BLOCK_ROWS_MAX, Math.floor(BLOCK_ELEMENTS / columns))), out = by.map(() => new Float64Array(columns));
  for (let top = 0; top < rows; top += height) {
    const bottom = Math.min(rows, top + height);
    await forEachTile(matmul(operand.setRows(by, top, bottom), slice(0, top, bottom, matrix)), compile, (begin, values) => {
      for (let at = 0, row = Math.floor(begin / columns), column = begin % columns; at < values.length; row++, column = 0) {
        const to = out[row]!;
        for (; column < columns && at < values.length; column++, at++) to[column]! += values[at]!;
      }
    }, signal);
  }
  return out;
}

/** All values of an expression in row-major order, a tile at a time. */
export async function forEachTile(expression: Expression, compile: Compile, see: (begin: number, values: Float64Array) => void, signal?: AbortSignal): Promise<void> {
  const stream = await openValues(compile, cast('F64', expression)), total = elementCount(expression.shape);
  for (let begin = 0; begin < total; begin += TILE_ELEMENTS) {
    await turn(signal);
    see(begin, await stream.values(begin, Math.min(total, begin + TILE_ELEMENTS)));
  }
}

/** The sum of all squares, tiles in order. */
export async function squaredNorm(expression: Expression, compile: Compile, signal?: AbortSignal): Promise<number> {
  let sum = 0;
  await forEachTile(expression, compile, (_, values) => {
    let part = 0;
    for (let i = 0; i < values.length; i++) part += values[i]! * values[i]!;
    sum += part;
  }, signal);
  return sum;
}
