/**
 * @module
 * How ZeRO cuts the trained parameters, as expressions that undo it. Up to stage 2 the parameters of a group stand in one
 * row, and ranks hold equal parts of the row; at stage 3 every rank holds a piece of every parameter. Offsets, paddings and
 * checks as in deepspeed/utils/zero_to_fp32.py, and closer where that only compares sums.
 */
import { refuse, type Text } from '../../findings/index.ts';
import { elementCount, type DType, type Expression } from '../../tensors/index.ts';
import { STATE_SIZES } from './codes.ts';
import type { Shapes } from './model-states.ts';
import type { OptimizerStates } from './optimizer-states.ts';
import { fromPieces, Stream } from './stream.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function wrong(path: string, problem: Text): never {
  return refuse(STATE_SIZES, { file: path, problem }, { path });
}

/** The dtype of all rows. */
function dtypeOf(shares: readonly OptimizerStates[]): DType {
  const [first] = shares.flatMap(({ rows }) => rows), dtype = first?.tensor.dtype ?? 'F32';
  for (const { path, rows } of shares) {
    const other = rows.find(({ tensor }) => tensor.dtype !== dtype);
    if (other !== undefined) wrong(path, { en: `it holds ${other.tensor.dtype}, others ${dtype}`, zh: `它的类型为 ${other.tensor.dtype}，其他为 ${dtype}` });
  }
  return dtype;
}

/** Elements of a group's row with what is skipped behind parameters. */
function widths(shapes: Shapes, alignment: readonly number[] | undefined, path: string): number[] {
  const counts = [...shapes.values()].map(elementCount);
  if (alignment !== undefined && alignment.length !== counts.length) {
    wrong(path, { en: `it lists ${alignment.length} alignment paddings for ${counts.length} parameters`, zh: `它为 ${counts.length} 个参数列出了 ${alignment.length} 个对齐填充` });
  }
  return counts.map((count, i) => count + (alignment?.[i] ?? 0));
}

/**
 * Stages 1 and 2, and BF16_Optimizer. Rows are padded to 2·world elements, and the padding is cut off again when they are
 * saved (not by BF16_Optimizer), so the last ranks may hold less, or nothing; a rank before them that holds less would
 * shift everything behind it.
 */
export function undoRows(groups: readonly Shapes[], shares: readonly OptimizerStates[]): Map<string, Expression> {
  const tensors = new Map<string, Expression>(), dtype = dtypeOf(shares), world = shares.length, unit = 2 * world;
  const align = (count: number): number => Math.ceil(count / unit) * unit;
  for (const { path, rows } of shares) {
    if (rows.length !== groups.length) wrong(path, { en: `it has ${rows.length} groups, the model states have ${groups.length}`, zh: `它有 ${rows.length} 个组，而 model_states 有 ${groups.length} 个` });
  }
  groups.forEach((shapes, g) => {
    const first = shares[0]!, counts = widths(shapes, first.alignment?.[g], first.path), wanted = sum(counts), rows = shares.map((share) => share.rows[g]!), whole = rows[0]!.numel;
    const stream = new Stream(rows, dtype), there = stream.numel;
    rows.forEach(({ numel }, rank) => {
      const before = rows.slice(0, rank).find((row) => row.numel < whole);
      if (numel > whole || (before !== undefined && numel > 0)) {
        wrong(shares[rank]!.path, { en: `group ${g}: rank ${rank} holds ${numel} elements, rank ${rank - 1} ${rows[rank - 1]!.numel}; only the last ranks may hold less`, zh: `第 ${g} 组：rank ${rank} 有 ${numel} 个元素，rank ${rank - 1} 有 ${rows[rank - 1]!.numel} 个；只有末尾的 rank 可以更少` });
      }
    });
    // What is behind the last parameter need not be there; the parameters must.
    if (there < wanted - (first.alignment?.[g]?.at(-1) ?? 0) || align(there) !== align(wanted)) {
      wrong(first.path, { en: `group ${g} holds ${there} elements on ${world} ranks, its ${shapes.size} parameters have ${wanted}`, zh: `第 ${g} 组在 ${world} 个 rank 上共有 ${there} 个元素，而其 ${shapes.size} 个参数共有 ${wanted} 个` });
    }
    let at = 0, i = 0;
    for (const [name, shape] of shapes) {
      tensors.set(name, fromPieces(dtype, shape, stream.pieces(at, at + elementCount(shape))));
      at += counts[i++]!;
    }
  });
  return tensors;
}

/** Elements of a parameter that each rank holds under stage 3; the last ranks hold padding. */
export const pieceOf = (numel: number, world: number): number => Math.ceil(numel / world);

/** Stage 3: the value is the pieces of all ranks laid end to end, cut to its elements. Pieces begin at one offset on every rank. */
export function undoPieces(groups: readonly Shapes[], shares: readonly OptimizerStates[]): Map<string, Expression> {
  const tensors = new Map<string, Expression>(), dtype = dtypeOf(shares), world = shares.length;
  const streams = shares.map(({ rows }) => new Stream(rows, dtype)), shapes = new Map(groups.flatMap((group) => [...group]));
  const wanted = sum([...shapes.values()].map((shape) => pieceOf(elementCount(shape), world)));
  shares.forEach(({ path, rank, rows }, i) => {
    if (streams[i]!.numel !== wanted) {
      wrong(path, { en: `rank ${rank} holds ${streams[i]!.numel} elements, its pieces of ${shapes.size} parameters have ${wanted}`, zh: `rank ${rank} 有 ${streams[i]!.numel} 个元素，而它的 ${shapes.size} 个参数分片共有 ${wanted} 个` });
    }
    const other = rows.findIndex(({ numel }, g) => numel !== shares[0]!.rows[g]?.numel);
    if (other >= 0 || rows.length !== shares[0]!.rows.length) wrong(path, { en: `its rows are cut otherwise than those of rank ${shares[0]!.rank}`, zh: `它的行与 rank ${shares[0]!.rank} 的切分方式不同` });
  });
  let at = 0;
  for (const [name, shape] of shapes) {
    const numel = elementCount(shape), piece = pieceOf(numel, world);
    tensors.set(name, fromPieces(dtype, shape, streams.flatMap((stream, rank) => stream.pieces(at, at + Math.max(0, Math.min(piece, numel - rank * piece))))));
    at += piece;
  }
  return tensors;
}
