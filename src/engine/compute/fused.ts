/**
 * @module
 * `W := round(W + s·B·A)` in one pass over W: read into a lane's memory, merged in place in float32 where a bound proves
 * the rounding, in float64 where it does not, and written from there. The bytes are the reference evaluator's.
 */
import type { Expression } from '../../tensors/index.ts';
import type { Emit, Program, ProgramInputs, ProgramStatistics } from '../program.ts';
import { blockTerms } from './bound.ts';
import { CHUNK_BYTES, columnBytes, factorContext, packColumns, packRows, PANEL, readBounds, rowBytes, steps, STRIP, type Bounds, type PackedColumns, type PackedRows } from './factors.ts';
import { lanes, type KernelChoice, type Merge } from './kernels.ts';
import { ALIGNMENT, type Block, type Lane, type LanePool } from './lane.ts';
import { fusedParts, type FusedParts } from './match.ts';
import type { Context } from './operators.ts';
import { denseBytes, ENTRY_BYTES, jobBytes, Recomputation, type Unit } from './recompute.ts';

/** Elements of W in memory at once: 1 MiB, half of a usual L2 cache. */
const TILE_ELEMENTS = 512 << 10;
/** Packed columns of A that are used over and over before the next ones: they share the L2 cache with the tile. */
const COLUMN_BYTES = 1 << 20;
/** Elements of B that are packed at once. */
const ROW_ELEMENTS = 256 << 10;
/** The accumulators of a tile between two blocks of terms. */
const SCRATCH_BYTES = 128;
/** Blocks in a lane, each up to a cache line larger than its content. */
const BLOCKS = 20;

/** The fused program, or undefined where the expression or its factors do not allow it. */
export async function fusedProgram(expression: Expression, inputs: ProgramInputs, memoryBytes: number, kernels: KernelChoice): Promise<Program | undefined> {
  const parts = fusedParts(expression, inputs);
  if (parts === undefined || parts.rows * parts.columns === 0) return undefined;
  const pool = await lanes(kernels);
  if (!pool.float32 || new Layout(parts).bytes > memoryBytes) return undefined;
  const bounds = await readBounds(parts, pool);
  return bounds && new FusedProgram(parts, bounds, pool);
}

/** Sizes of everything that lies in a lane. */
class Layout {
  readonly tileRows: number;
  readonly packedRows: number;
  /** Columns of a call of the kernel. */
  readonly blockColumns: number;
  readonly bytes: number;
  readonly tileBytes: number;
  readonly tailBytes: number;
  readonly unitElements: number;

  constructor({ rows, columns, rank }: FusedParts) {
    const strips = (elements: number, width: number) => Math.min(Math.max(1, Math.floor(elements / width / STRIP)), steps(rows, STRIP)) * STRIP;
    this.tileRows = strips(TILE_ELEMENTS, columns);
    this.packedRows = Math.max(this.tileRows, strips(ROW_ELEMENTS, rank));
    this.blockColumns = Math.min(Math.max(1, Math.floor(COLUMN_BYTES / (PANEL * rank * 4))), steps(columns, PANEL)) * PANEL;
    this.unitElements = this.tileRows * this.blockColumns;
    this.tileBytes = this.tileRows * columns * 2 + PANEL * 2;
    this.tailBytes = this.tileRows * PANEL * 2;
    this.bytes = columnBytes(columns, rank) + rowBytes(this.packedRows, rank) + this.tileBytes + this.tailBytes + this.listBytes
      + jobBytes(this.unitElements) + denseBytes(this.blockColumns, rank) + SCRATCH_BYTES + CHUNK_BYTES + BLOCKS * ALIGNMENT;
  }

  /** Every vector of 8 elements may be listed. */
  get listBytes(): number {
    return this.unitElements / PANEL * ENTRY_BYTES;
  }
}

/** What lies in a lane. */
interface Content {
  readonly context: Context;
  readonly columns: PackedColumns;
  readonly rows: PackedRows;
  readonly tile: Block;
  readonly tail: Block;
  readonly list: Block;
  readonly scratch: Block;
  readonly recomputation: Recomputation;
}

/** W + s·B·A, row by row. */
export class FusedProgram implements Program {
  readonly kind = 'fused';
  readonly granule: number;
  readonly residentBytes: number;
  readonly statistics: ProgramStatistics = { recomputed: 0, computed: 0 };
  readonly #parts: FusedParts;
  readonly #bounds: Bounds;
  readonly #pool: LanePool;
  readonly #layout: Layout;

  constructor(parts: FusedParts, bounds: Bounds, pool: LanePool) {
    this.#parts = parts;
    this.#bounds = bounds;
    this.#pool = pool;
    this.#layout = new Layout(parts);
    this.granule = parts.columns;
    this.residentBytes = this.#layout.bytes + (parts.rows + parts.columns) * 4;
  }

  async run(begin: number, end: number, emit: Emit): Promise<void> {
    const { columns } = this.#parts, { packedRows, tileRows } = this.#layout, first = begin / columns, last = end / columns;
    await this.#pool.use(this, (lane) => this.#load(lane), async (content) => {
      for (let packed = first; packed < last; packed += packedRows) {
        const count = Math.min(packedRows, last - packed);
        await packRows(content.context, this.#parts, this.#bounds, packed, count, content.rows);
        for (let row = 0; row < count; row += tileRows) await this.#tile(content, packed + row, row, Math.min(tileRows, count - row), emit);
      }
    });
  }

  async #load(lane: Lane): Promise<Content> {
    const { dtype, rank, scale } = this.#parts, { packedRows, tileBytes, tailBytes, listBytes, unitElements, blockColumns } = this.#layout;
    const context = factorContext(lane), columns = await packColumns(context, this.#parts, this.#bounds);
    const rows = { strips: lane.allocate(packedRows * rank * 4), plain: lane.allocate(packedRows * rank * 4), p: lane.allocate(packedRows * 4) };
    return {
      context, columns, rows, tile: lane.allocate(tileBytes), tail: lane.allocate(tailBytes), list: lane.allocate(listBytes), scratch: lane.allocate(SCRATCH_BYTES),
      recomputation: new Recomputation(lane, dtype, rank, scale, rows, columns, unitElements, blockColumns),
    };
  }

  /** Rows `row … row + count` of W, which are rows `packed …` of those that are packed. */
  async #tile(content: Content, row: number, packed: number, count: number, emit: Emit): Promise<void> {
    const { weight, columns } = this.#parts, { lane } = content.context, bytes = count * columns * 2;
    await weight.stream.read(weight.offset + row * columns * 2, lane.bytes(content.tile, bytes));
    const whole = columns - columns % PANEL, at = content.tile.at, stride = columns * 2;
    for (let column = 0; column < whole; column += this.#layout.blockColumns) {
      this.#unit(content, { at: at + column * 2, stride, rows: count, row: packed, column, columns: Math.min(this.#layout.blockColumns, whole - column) });
    }
    if (whole < columns) this.#tail(content, count, packed, whole);
    this.statistics.computed += count * columns;
    await emit(row * columns * 2, lane.bytes(content.tile, bytes));
  }

  /** The last columns, fewer than a panel: merged in a place of their own, for a panel would reach into the next row. */
  #tail(content: Content, count: number, packed: number, column: number): void {
    const { columns } = this.#parts, { u16 } = content.context.lane, width = columns - column;
    const tile = content.tile.at / 2 + column, tail = content.tail.at / 2;
    for (let i = 0; i < count; i++) for (let j = 0; j < PANEL; j++) u16[tail + i * PANEL + j] = j < width ? u16[tile + i * columns + j]! : 0;
    this.#unit(content, { at: content.tail.at, stride: PANEL * 2, rows: count, row: packed, column, columns: width });
    for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) u16[tile + i * columns + j] = u16[tail + i * PANEL + j]!;
  }

  #unit({ context: { lane }, columns: { panels, q }, rows: { strips, p }, list, scratch, recomputation }: Content, unit: Unit): void {
    const { rank, dtype } = this.#parts, { mergeBF16, mergeF16 } = lane.kernels.float32!, merge: Merge = dtype === 'BF16' ? mergeBF16 : mergeF16;
    const end = merge(strips.at + unit.row * rank * 4, panels.at + unit.column * rank * 4, unit.at, steps(unit.rows, STRIP), steps(unit.columns, PANEL),
      rank, blockTerms(rank), unit.stride, p.at + unit.row * 4, q.at + unit.column * 4, list.at, scratch.at);
    if (end > list.at) this.statistics.recomputed += recomputation.settle(list.at, end, unit);
  }
}
