/**
 * @module
 * How a program walks over its tensor: how large its tiles are, what it keeps for all of them, and what that takes.
 */
import { elementCount, type Shape } from '../../tensors/index.ts';
import { refuse } from '../../findings/index.ts';
import { isWhole, split, volume, whole, type Box } from './boxes.ts';
import { MEMORY_TOO_SMALL } from './codes.ts';
import { ALIGNMENT, blockBytes } from './lane.ts';
import { ViewOperator } from './leaves.ts';
import type { Graph } from './lower.ts';
import type { Operator } from './operators.ts';
import { NormOperator } from './reductions.ts';
import { READ_OVERHEAD } from './views.ts';
import { WholeOperator } from './whole.ts';

/** Elements of a tile: a block of float64 of it is 1 MiB, so that a few of them stay in the L2 and L3 caches. */
const TILE_ELEMENTS = 128 << 10;
/** Elements of a tile that reads across the order of a file: long runs matter more than the caches. */
const WIDE_TILE_ELEMENTS = 1 << 20;
/** Views that are smaller than this part of the result do not decide its tiles. */
const WIDE_SHARE = 1 / 8;
/** Below this the cost of a tile is no longer that of its elements. */
const TILE_ELEMENTS_MIN = 4 << 10;
/** Whole steps of an axis up to this size make a granule. */
const GRANULE_ELEMENTS_MAX = 1 << 20;
/** Pieces of rows that are longer than that. */
const ROW_PIECE = 64 << 10;
/** Blocks that computing a box takes at most, each up to a cache line larger than its content. */
const BLOCKS_MAX = 4;
/** Products inside a factor of a product that may be packed while that factor is. */
const NESTED_MAX = 2;

/** What is known before the first run. */
export interface Tiling {
  /** Elements of a tile, at most. */
  readonly tile: number;
  readonly granule: number;
  /** Bytes of a lane: kept things and the blocks of a tile. */
  readonly bytes: number;
  /** Bytes for what is kept from tile to tile: packed operands, and whole tensors that every tile needs. */
  readonly keptBytes: number;
}

/** Chooses the largest tile that fits into the budget, or refuses. `most` bounds it from the start. */
export function tiling(graph: Graph, memoryBytes: number, most: number = Infinity): Tiling {
  const { root } = graph, total = elementCount(root.shape);
  const norms = graph.operators.filter((operator) => operator instanceof NormOperator);
  // A norm down the columns reads everything for every piece of the result: no pieces.
  const once = norms.some((operator) => operator.shape.length > 1 && operator.shape[0] === 1) && total <= GRANULE_ELEMENTS_MAX;
  const wide = graph.operators.some((operator) => operator instanceof ViewOperator && crosses(operator) && elementCount(operator.shape) >= total * WIDE_SHARE);
  // A part of a stack is computed anew for every tile that has a piece of it.
  const unit = graph.operators.reduce((most, operator) => (operator instanceof WholeOperator ? Math.max(most, operator.unit) : most), 0);
  const preferred = Math.max(unit, once ? Math.max(total, TILE_ELEMENTS) : wide ? WIDE_TILE_ELEMENTS : TILE_ELEMENTS);
  for (let tile = Math.min(preferred, most); ; tile = Math.floor(tile / 2)) {
    const { work, needed, useful } = account(graph, tile);
    // More than one tile's packed operands, as far as there is room: parts of a concatenation have theirs one after the other.
    const keptBytes = Math.min(useful, memoryBytes - work);
    if (keptBytes >= needed) {
      return { tile, granule: once ? Math.max(total, 1) : granule(root.shape, wide, norms.length > 0), bytes: work + keptBytes, keptBytes };
    }
    if (tile <= TILE_ELEMENTS_MIN) refuse(MEMORY_TOO_SMALL, { needed: work + needed, available: memoryBytes });
  }
}

/** Whether the last axis is not the one that runs along the file. */
function crosses({ view }: ViewOperator): boolean {
  const strides = view.strides.filter((stride, axis) => view.shape[axis]! > 1 && stride !== 0).map(Math.abs);
  return strides.some((stride, i) => i > 0 && stride > strides[i - 1]!);
}

function granule(shape: Shape, wide: boolean, wholeRows: boolean): number {
  const total = elementCount(shape);
  if (total <= 1 || shape.length === 0) return 1;
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  if (shape.length === 1) return Math.min(total, ROW_PIECE);
  const step = steps.slice(0, -1).find((elements) => elements <= GRANULE_ELEMENTS_MAX);
  if (step === undefined) return wholeRows ? shape.at(-1)! : ROW_PIECE;
  return wide ? step * Math.max(1, Math.floor(WIDE_TILE_ELEMENTS / step)) : step;
}

/** Bytes of an evaluation. */
interface Accounts {
  /** Blocks of a tile, of packing an operand meanwhile, and of one read. */
  readonly work: number;
  /** What has to be kept for one tile. */
  readonly needed: number;
  /** What can be kept at all. */
  readonly useful: number;
}

function account({ root, operators }: Graph, tile: number): Accounts {
  const names = new Map(operators.map((operator, i) => [operator, i]));
  /** Bytes of all blocks that computing a box may hold at once: every operator's, to be safe. `see` sees every box. */
  const blocks = (start: Operator, box: Box, see: (operator: Operator, box: Box) => void = () => {}): number => {
    const visited = new Set<string>();
    let bytes = 0;
    const visit = (operator: Operator, wanted: Box): void => {
      const key = `${names.get(operator)} ${wanted.lo} ${wanted.hi}`;
      if (visited.has(key)) return;
      visited.add(key);
      see(operator, wanted);
      // An operand of another dtype is decoded beside itself.
      bytes += volume(wanted) * (operator.dtype === 'F64' ? 8 : operator.size + 8) + (operator.overhead?.(wanted) ?? 0) + BLOCKS_MAX * ALIGNMENT;
      for (const [operand, part] of operator.demands(wanted, tile)) visit(operand, part);
    };
    visit(start, box);
    return bytes;
  };

  const packs = operators.flatMap((operator) => operator.packed?.() ?? []), sizes = packs.map(({ bytes }) => blockBytes(bytes));
  const packing = packs.map(({ operand }) => Math.max(0, ...firstAndLast(operand.shape, tile).map((box) => blocks(operand, box))));
  let work = 0, needed = Math.max(0, ...sizes), wholes = 0;
  for (const box of firstAndLast(root.shape, tile)) {
    const kept = new Map<Operator, number>(), packed = new Set<Operator>(), first = isWhole(box, root.shape);
    work = Math.max(work, blocks(root, box, (operator, wanted) => {
      if (operator.packed !== undefined) packed.add(operator);
      if (operator !== root && !first && isWhole(wanted, operator.shape) && operator.fleeting !== true) kept.set(operator, blockBytes(volume(wanted) * operator.size));
    }));
    const keptBytes = [...kept.values()].reduce((x, y) => x + y, 0);
    wholes = Math.max(wholes, keptBytes);
    needed = Math.max(needed, keptBytes + [...packed].reduce((sum, operator) => sum + blockBytes(operator.packed!().bytes), 0));
  }
  // Packing one operand may need another one packed.
  const readAndPack = READ_OVERHEAD + packing.reduce((x, y) => Math.max(x, y), 0) * Math.min(packs.length, NESTED_MAX);
  return { work: work + readAndPack, needed, useful: wholes + sizes.reduce((x, y) => x + y, 0) };
}

/** The first tile of a tensor, and one at its end; for the accounts its place matters, not its exact size. */
function firstAndLast(shape: Shape, tile: number): Box[] {
  const all = whole(shape), [first] = split(all, tile);
  if (first === undefined) return [];
  if (isWhole(first, shape)) return [first];
  return [first, { lo: all.hi.map((hi, axis) => hi - (first.hi[axis]! - first.lo[axis]!)), hi: all.hi }];
}
