/**
 * @module
 * How a program walks over its tensor: how large its tiles are, what it keeps for all of them, and what that takes.
 */
import { elementCount, type Shape } from '../../tensors/index.ts';
import { refuse } from '../../findings/index.ts';
import { isWhole, split, volume, whole, type Box } from './boxes.ts';
import { MEMORY_TOO_SMALL } from './codes.ts';
import { ALIGNMENT } from './lane.ts';
import { ViewOperator } from './leaves.ts';
import type { Graph } from './lower.ts';
import type { Operator } from './operators.ts';
import { NormOperator } from './reductions.ts';

/** Elements of a tile: a block of float64 of it is 1 MiB, so that a few of them stay in the L2 and L3 caches. */
const TILE_ELEMENTS = 128 << 10;
/** Elements of a tile that reads across the order of a file: long runs matter more than the caches. */
const WIDE_TILE_ELEMENTS = 1 << 20;
/** Below this the cost of a tile is no longer that of its elements. */
const TILE_ELEMENTS_MIN = 4 << 10;
/** Whole steps of an axis up to this size make a granule. */
const GRANULE_ELEMENTS_MAX = 1 << 20;
/** Pieces of rows that are longer than that. */
const ROW_PIECE = 64 << 10;
/** Blocks that computing a box takes at most, each up to a cache line larger than its content. */
const BLOCKS_MAX = 4;
/** Views up to this size are kept when every tile reads all of them; larger ones are read again. */
const KEPT_VIEW_BYTES_MAX = 1 << 20;

/** What is known before the first run. */
export interface Tiling {
  /** Elements of a tile, at most. */
  readonly tile: number;
  readonly granule: number;
  /** Operators whose whole tensor every tile needs. */
  readonly residents: ReadonlySet<Operator>;
  /** Operators that keep packed operands. */
  readonly packs: ReadonlySet<Operator>;
  /** Bytes of a lane: kept things and the blocks of a tile. */
  readonly bytes: number;
}

/** Chooses the largest tile that fits into the budget, or refuses. */
export function tiling(graph: Graph, memoryBytes: number): Tiling {
  const { root } = graph, total = elementCount(root.shape);
  const norms = graph.operators.filter((operator) => operator instanceof NormOperator);
  // A norm down the columns reads everything for every piece of the result: no pieces.
  const once = norms.some((operator) => operator.shape.length > 1 && operator.shape[0] === 1) && total <= GRANULE_ELEMENTS_MAX;
  const wide = graph.operators.some((operator) => operator instanceof ViewOperator && crosses(operator));
  for (let tile = once ? Math.max(total, TILE_ELEMENTS) : wide ? WIDE_TILE_ELEMENTS : TILE_ELEMENTS; ; tile = Math.floor(tile / 2)) {
    const accounts = account(graph, tile);
    if (accounts.bytes <= memoryBytes) return { ...accounts, tile, granule: once ? Math.max(total, 1) : granule(root.shape, wide, norms.length > 0) };
    if (tile <= TILE_ELEMENTS_MIN) refuse(MEMORY_TOO_SMALL, { needed: accounts.bytes, available: memoryBytes });
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

/** What is kept, and the bytes that it and the blocks of a tile take. */
function account({ root, operators }: Graph, tile: number): Pick<Tiling, 'residents' | 'packs' | 'bytes'> {
  const all = whole(root.shape), tiles = [...firstAndLast(all, tile)], packs = new Set<Operator>();
  const wanted = tiles.map((box) => (isWhole(box, root.shape) ? new Set<Operator>() : wholeDemands(root, box, tile)));
  const residents = new Set([...(wanted[0] ?? [])].filter((operator) => wanted.every((set) => set.has(operator))));

  let kept = 0, most = 0;
  const seen = new Set<Operator>();
  /** Bytes of all blocks that computing a box may hold at once: every operator's, to be safe. */
  const work = (start: Operator, box: Box): number => {
    let bytes = 0, reading = 0;
    const visited = new Set<string>();
    const visit = (operator: Operator, wanted: Box) => {
      const key = `${operators.indexOf(operator)} ${wanted.lo} ${wanted.hi}`;
      if (visited.has(key)) return;
      visited.add(key);
      // An operand of another dtype is decoded beside itself.
      bytes += volume(wanted) * (operator.dtype === 'F64' ? 8 : operator.size + 8) + BLOCKS_MAX * ALIGNMENT;
      // Leaves read one after the other, and each gives back what it read through.
      const overhead = operator.overhead?.(wanted) ?? 0;
      if (operator instanceof ViewOperator) reading = Math.max(reading, overhead);
      else bytes += overhead;
      const packed = operator.packed?.();
      if (packed !== undefined && !packs.has(operator)) {
        packs.add(operator);
        kept += packed.bytes + ALIGNMENT;
        load(packed.operand);
      }
      if (residents.has(operator) && operator !== start) { load(operator); return; }
      for (const [operand, part] of operator.demands(wanted, tile)) visit(operand, part);
    };
    visit(start, box);
    return bytes + reading;
  };
  /** What filling a kept thing takes. */
  const load = (operator: Operator) => {
    if (seen.has(operator)) return;
    seen.add(operator);
    if (residents.has(operator)) kept += elementCount(operator.shape) * operator.size + ALIGNMENT;
    for (const box of firstAndLast(whole(operator.shape), tile)) most = Math.max(most, work(operator, box));
  };
  for (const box of tiles) most = Math.max(most, work(root, box));
  return { residents, packs, bytes: kept + most };
}

function* firstAndLast(box: Box, tile: number): Generator<Box> {
  const total = volume(box);
  const [first] = split(box, tile);
  if (first === undefined) return;
  yield first;
  if (volume(first) === total) return;
  // The last tile begins where the last whole step does; for the accounts its place matters, not its exact size.
  yield { lo: box.hi.map((hi, axis) => hi - (first.hi[axis]! - first.lo[axis]!)), hi: box.hi };
}

/** Operators of which computing a box asks everything. */
function wholeDemands(root: Operator, box: Box, tile: number): Set<Operator> {
  const found = new Set<Operator>();
  const visit = (operator: Operator, wanted: Box) => {
    if (operator !== root && isWhole(wanted, operator.shape)) {
      const large = operator instanceof ViewOperator && elementCount(operator.shape) * operator.size > KEPT_VIEW_BYTES_MAX;
      if (!large) { found.add(operator); return; }
    }
    for (const [operand, part] of operator.demands(wanted, tile)) visit(operand, part);
  };
  visit(root, box);
  return found;
}
