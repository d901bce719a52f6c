/**
 * @module
 * The factors of one combined module. Columns of B and rows of A are held in float64; a delta is never held as a whole.
 */
import type { Scratch } from '../../bytes/index.ts';
import { refuse } from '../../findings/index.ts';
import { factorise, factoriseBytes, forEachTile, orthonormalise, smallSvd, type Operand } from '../../proofs/lowrank/index.ts';
import { openValues, TILE_ELEMENTS, type Compile } from '../../proofs/index.ts';
import { turn } from '../../proofs/turn.ts';
import { byteCount, cast, encodeElements, matmul, reshape, scale, stored, type Expression } from '../../tensors/index.ts';
import { RANK_TOO_LARGE } from '../extract/codes.ts';
import { RANKS_DIFFER } from './codes.ts';
import { keeping, type Dropping } from './drops.ts';
import { addUp, type CombineMethod, type SignElection } from './methods.ts';
import { valuesOf, type CombinedModule } from './sources.ts';

/** What combining needs beside the module. */
export interface CombineRoom extends Dropping {
  readonly name: string;
  readonly method: CombineMethod;
  readonly election: SignElection;
  /** Rank of decompositions. */
  readonly rank: number;
  readonly compile: Compile;
  readonly operand: Operand;
  /** For deltas that are put together, one after the other. */
  readonly work: Scratch;
  readonly workInput: number;
  /** Factors of a part as expressions over the common table of inputs. */
  readonly expressionOf: (part: CombinedModule['parts'][number]) => { readonly a: Expression; readonly b: Expression };
  readonly memoryBytes: number;
  readonly signal?: AbortSignal;
}

/** Columns of B, and rows of A with what they are multiplied by. */
export interface Columns { readonly b: Float64Array[]; readonly a: Float64Array[] }

/** The weighted sum of the deltas, exactly: all factors side by side. */
export async function sideBySide(module: CombinedModule): Promise<Columns> {
  const b: Float64Array[] = [], a: Float64Array[] = [];
  for (const { source, factor, a: A, b: B } of module.parts) {
    const rank = A.shape[0]!, left = await valuesOf(source, B), right = await valuesOf(source, A);
    for (let k = 0; k < rank; k++) {
      b.push(Float64Array.from({ length: module.out }, (_, i) => left[i * rank + k]!));
      a.push(right.subarray(k * module.columns, (k + 1) * module.columns).map((x) => factor * x));
    }
  }
  return { b, a };
}

/** Factors of the combined module. */
export async function combinedFactors(module: CombinedModule, sum: Columns, room: CombineRoom): Promise<Columns> {
  switch (room.method.on) {
    case 'cat': return sum;
    case 'factors': return factorByFactor(module, room);
    case 'delta': return room.method.drop === 'nothing' ? truncated(sum, room.rank) : decomposed(module, room);
  }
}

/** The operator on {A} and on {B} apart, as PEFT has it: the root of every factor goes to either side, its sign to A. */
async function factorByFactor(module: CombinedModule, room: CombineRoom): Promise<Columns> {
  const { parts, path } = module, rank = parts[0]!.a.shape[0]!, odd = parts.find(({ a }) => a.shape[0] !== rank);
  if (odd !== undefined) refuse(RANKS_DIFFER, { module: path, first: rank, second: odd.a.shape[0]!, method: room.name }, { tensor: path });
  const roots = parts.map(({ factor }) => Math.sqrt(Math.abs(factor))), signed = parts.map(({ factor }, i) => (factor < 0 ? -roots[i]! : roots[i]!));
  const mixed = async (tensors: readonly Float64Array[], weights: readonly number[]) => {
    const kept = [];
    for (const values of tensors) kept.push(await keeping(room, (see) => { for (const value of values) see(value); }, values.length));
    const at = new Array<number>(tensors.length).fill(0), out = new Float64Array(tensors[0]!.length);
    for (let i = 0; i < out.length; i++) {
      for (const [t, values] of tensors.entries()) at[t] = kept[t]!.keep(values[i]!, i) ? values[i]! / kept[t]!.divide : 0;
      out[i] = addUp(at, weights, room.method.add, room.election);
    }
    return out;
  };
  const right: Float64Array[] = [], left: Float64Array[] = [];
  for (const { source, a } of parts) right.push(await valuesOf(source, a));
  const A = await mixed(right, signed);
  for (const { source, b } of parts) left.push(await valuesOf(source, b));
  const B = await mixed(left, roots);
  return {
    b: Array.from({ length: rank }, (_, k) => Float64Array.from({ length: module.out }, (__, i) => B[i * rank + k]!)),
    a: Array.from({ length: rank }, (_, k) => A.slice(k * module.columns, (k + 1) * module.columns)),
  };
}

/** The product of two sets of columns as a small matrix between orthonormal ones: its singular values are the product's. */
function core({ b, a }: Columns) {
  const copy = (columns: readonly Float64Array[]) => orthonormalise(columns.map((column) => column.slice())), left = copy(b), right = copy(a), n = b.length;
  const columns = Array.from({ length: n }, (_, k) => Float64Array.from({ length: n }, (__, i) => left.r.reduce((sum, own, j) => sum + own[i]! * right.r[j]![k]!, 0)));
  return { left: left.q, right: right.q, columns };
}

/** ‖Σ bₖ·aₖᵗ‖, without ever forming the product. */
export function productNorm(columns: Columns): number {
  let sum = 0;
  for (const column of core(columns).columns) for (const x of column) sum += x * x;
  return Math.sqrt(sum);
}

/** The best approximation of a product of this rank. */
function truncated(sum: Columns, rank: number): Columns {
  const { left, right, columns } = core(sum), { values, left: u, right: v } = smallSvd(columns), count = Math.min(rank, values.length);
  return split(values, count, (k) => combination(left, u[k]!), (k) => combination(right, v[k]!));
}

/** Both sides get the same share of every value. */
function split(values: Float64Array, count: number, left: (k: number) => Float64Array, right: (k: number) => Float64Array): Columns {
  const b: Float64Array[] = [], a: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const root = Math.sqrt(values[k]!);
    b.push(left(k).map((x) => root * x));
    a.push(right(k).map((x) => root * x));
  }
  return { b, a };
}

function combination(columns: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(columns[0]?.length ?? 0);
  for (const [j, column] of columns.entries()) for (let i = 0; i < sum.length; i++) sum[i]! += weights[j]! * column[i]!;
  return sum;
}

/** The operator on the deltas themselves, in float32 as PEFT has them, put away tile by tile and then decomposed. */
async function decomposed(module: CombinedModule, room: CombineRoom): Promise<Columns> {
  const { out, columns, parts } = module, count = out * columns, { compile, signal, work, operand } = room;
  const needed = factoriseBytes([out, columns], room.rank);
  if (needed > room.memoryBytes) refuse(RANK_TOO_LARGE, { module: module.path, rank: room.rank, needed, available: room.memoryBytes }, { tensor: module.path });
  const deltas = parts.map((part) => {
    const { a, b } = room.expressionOf(part), rank = part.a.shape[0]!;
    return cast('F32', scale(part.factor / part.source.weight, matmul(reshape([out, rank], b), reshape([rank, columns], a))));
  });
  const kept = [];
  for (const delta of deltas) kept.push(await keeping(room, async (see) => { await forEachTile(delta, compile, (_, values) => { for (const value of values) see(value); }, signal); }, count));
  const streams = await Promise.all(deltas.map((delta) => openValues(compile, delta))), weights = parts.map(({ source }) => source.weight), at = new Array<number>(parts.length).fill(0);
  await work.clear();
  for (let begin = 0; begin < count; begin += TILE_ELEMENTS) {
    await turn(signal);
    const end = Math.min(count, begin + TILE_ELEMENTS), mixed = new Float64Array(end - begin), tiles: Float64Array[] = [];
    for (const stream of streams) tiles.push(await stream.values(begin, end));
    for (let i = 0; i < mixed.length; i++) {
      for (const [t, tile] of tiles.entries()) at[t] = kept[t]!.keep(tile[i]!, begin + i) ? tile[i]! / kept[t]!.divide : 0;
      mixed[i] = addUp(at, weights, room.method.add, room.election);
    }
    const bytes = new Uint8Array(byteCount('F32', [mixed.length]));
    encodeElements('F32', mixed, bytes);
    await work.append(bytes);
  }
  const found = await factorise(stored(room.workInput, 0, 'F32', [out, columns]), operand, compile, { rank: room.rank, ...(signal === undefined ? {} : { signal }) });
  return split(found.values, Math.min(room.rank, found.values.length), (k) => found.left[k]!, (k) => found.right[k]!);
}
