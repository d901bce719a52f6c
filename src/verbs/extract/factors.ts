/**
 * @module
 * The factors of one weight: worked out, rounded to what the file holds, put away, and measured again as they were rounded.
 */
import type { Scratch } from '../../bytes/index.ts';
import { refuse } from '../../findings/index.ts';
import { factorise, factoriseBytes, squaredNorm, type Factorisation, type Operand } from '../../proofs/lowrank/index.ts';
import type { Compile } from '../../proofs/index.ts';
import { add, byteCount, encodeElements, matmul, scale, stored, transpose, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { RANK_TOO_LARGE } from './codes.ts';

/** How large the factors are to be. */
export interface RankChoice {
  /** Exactly this, where the matrix has as many rows and columns; with `energy` at most this. Neither: RANK_DEFAULT. */
  readonly rank?: number;
  /** As many as this share of the squared norm needs. */
  readonly energy?: number;
}

/** Rank when nothing is asked for: what most adapters are trained with. */
export const RANK_DEFAULT = 16;

/** Largest rank when only a share is asked for: beyond it an adapter is no smaller than the change itself. */
export const ENERGY_RANK_MAX = 512;

/** Factors in a scratch: `b` (rows, rank) and `a` (rank, columns), dense, at byte offsets. */
export interface Factors {
  readonly rank: number;
  readonly rows: number;
  readonly columns: number;
  readonly dtype: ComputeDType;
  readonly bAt: number;
  readonly aAt: number;
  /** ‖D‖² and ‖D − B·A‖². */
  readonly total: number;
  readonly lost: number;
}

/** What working out factors needs. */
export interface FactorRoom {
  readonly compile: Compile;
  readonly operand: Operand;
  readonly scratch: Scratch;
  /** Index by which expressions read the scratch. */
  readonly scratchInput: number;
  /** Bytes that the columns of both factors may take. */
  readonly memoryBytes: number;
  readonly dtype: ComputeDType;
  readonly signal?: AbortSignal;
}

/** A difference as a matrix (out, in), however the weights are stored. */
export function differenceOf(a: Expression, b: Expression, turned = false): Expression {
  return turned ? add(transpose(b), scale(-1, transpose(a))) : add(b, scale(-1, a));
}

/** Works out the factors of a matrix. */
export async function factorsOf(name: string, matrix: Expression, choice: RankChoice, room: FactorRoom): Promise<Factors> {
  const { compile, operand, scratch, dtype, signal } = room, [rows, columns] = matrix.shape as [number, number], side = Math.min(rows, columns);
  const total = await squaredNorm(matrix, compile, signal), most = Math.min(side, choice.rank ?? (choice.energy === undefined ? RANK_DEFAULT : ENERGY_RANK_MAX));
  let found: Factorisation, rank: number;
  for (let tried = choice.energy === undefined ? most : Math.min(most, FIRST_RANK); ; tried = Math.min(most, tried * 4)) {
    const needed = factoriseBytes([rows, columns], tried);
    if (needed > room.memoryBytes) refuse(RANK_TOO_LARGE, { module: name, rank: tried, needed, available: room.memoryBytes }, { tensor: name });
    found = await factorise(matrix, operand, compile, { rank: tried, ...(signal === undefined ? {} : { signal }) });
    rank = choice.energy === undefined ? most : rankOf(found.values, choice.energy * total);
    if (rank <= tried || tried === most || found.whole) break;
  }
  rank = Math.max(1, Math.min(rank, most, found.values.length));
  // Both factors get the same share of every value, so that neither is out of the range of a small dtype.
  const roots = found.values.slice(0, rank).map(Math.sqrt), b = new Float64Array(rows * rank), a = new Float64Array(rank * columns);
  for (const [k, root] of roots.entries()) {
    const left = found.left[k]!, right = found.right[k]!;
    for (let i = 0; i < rows; i++) b[i * rank + k] = root * left[i]!;
    for (let j = 0; j < columns; j++) a[k * columns + j] = root * right[j]!;
  }
  const put = async (values: Float64Array, shape: readonly number[]) => {
    const bytes = new Uint8Array(byteCount(dtype, shape));
    encodeElements(dtype, values, bytes);
    return scratch.append(bytes);
  };
  const bAt = await put(b, [rows, rank]), aAt = await put(a, [rank, columns]);
  const product = matmul(stored(room.scratchInput, bAt, dtype, [rows, rank]), stored(room.scratchInput, aAt, dtype, [rank, columns]));
  return { rank, rows, columns, dtype, bAt, aAt, total, lost: await squaredNorm(add(matrix, scale(-1, product)), compile, signal) };
}

/** First rank that is tried when a share is asked for. */
const FIRST_RANK = 32;

/** How many of the values have this sum of squares; one more than there are when all of them have less. */
function rankOf(values: Float64Array, wanted: number): number {
  let sum = 0;
  for (const [i, value] of values.entries()) {
    sum += value * value;
    if (sum >= wanted) return i + 1;
  }
  return values.length + 1;
}
