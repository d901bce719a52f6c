/**
 * @module
 * Elements that the float32 kernel left open: computed in float64, rounded once. Few of them by single dot products; where
 * a strip has many, by the float64 kernel for the whole strip.
 */
import type { Block, Lane } from './lane.ts';
import { PANEL, STRIP, steps, type PackedColumns, type PackedRows } from './factors.ts';
import { roundBF16, roundF16, valueBF16, valueF16 } from './numbers.ts';
import type { HalfDType } from './bound.ts';

/** A list entry. */
export const ENTRY_BYTES = 32;
/** Its words: 8 lanes of W as they were, then their address and the mask of unsettled lanes; the rest is filled in here. */
const ENTRY = ENTRY_BYTES / 4, ADDRESS = 4, MASK = 5, ROW = 6, COLUMN = 7;
/**
 * Part of a strip from which the float64 kernel is cheaper than single sums: a sum costs 45 ns at rank 16, an element of
 * the float64 kernel about 1.2 ns more than one of the float32 kernel.
 */
const DENSE = 0.03;
/** Side of the float64 kernel's tile. */
const SIDE = 4;

/** What a call of the kernel worked on. */
export interface Unit {
  /** Address and distance of its rows. */
  readonly at: number;
  readonly stride: number;
  /** Rows that count; the kernel may have run over up to three more. */
  readonly rows: number;
  /** First row in the packed rows, a multiple of 4; first column in the packed columns, a multiple of 8. */
  readonly row: number;
  readonly column: number;
  /** Columns that count, of whole panels. */
  readonly columns: number;
}

/** Settles lists. All blocks are taken at the start: the memory must not grow while views of it are in use. */
export class Recomputation {
  readonly #lane: Lane;
  readonly #rank: number;
  readonly #scale: number;
  readonly #value: (bits: number) => number;
  readonly #round: (value: number) => number;
  readonly #rows: PackedRows;
  readonly #columns: PackedColumns;
  /** Jobs of the dot products: 8 bytes each, at least four. */
  readonly #jobs: Block;
  #targets = new Int32Array(0);
  #weights = new Float64Array(0);
  /** Factors of a dense strip in float64, and its sums. */
  readonly #wide: { readonly a: Block; readonly b: Block; readonly sums: Block };
  /** First column of what is packed in `#wide.a`. */
  #packedColumn = -1;

  constructor(lane: Lane, dtype: HalfDType, rank: number, scale: number, rows: PackedRows, columns: PackedColumns, unitElements: number, unitColumns: number) {
    this.#lane = lane;
    this.#rank = rank;
    this.#scale = scale;
    this.#value = dtype === 'BF16' ? valueBF16 : valueF16;
    this.#round = dtype === 'BF16' ? roundBF16 : roundF16;
    this.#rows = rows;
    this.#columns = columns;
    this.#jobs = lane.allocate(jobBytes(unitElements));
    this.#wide = { a: lane.allocate(unitColumns * rank * 8), b: lane.allocate(SIDE * rank * 8), sums: lane.allocate(SIDE * unitColumns * 8) };
  }

  /** Computes what the list names and stores it in place. Returns how many elements that were. */
  settle(list: number, end: number, unit: Unit): number {
    const { i32 } = this.#lane;
    this.#locate(list / 4, end / 4, unit);
    let sparse = 0, count = 0;
    for (let at = list / 4; at < end / 4;) {
      const strip = i32[at + ROW]! >> 2;
      let next = at, lanes = 0;
      for (; next < end / 4 && i32[next + ROW]! >> 2 === strip; next += ENTRY) lanes += bitsIn(i32[next + MASK]!);
      count += lanes;
      if (lanes > DENSE * STRIP * unit.columns) this.#dense(at, next, unit);
      else sparse = this.#collect(at, next, unit, sparse);
      at = next;
    }
    this.#single(sparse);
    return count;
  }

  /** Completes the entries: row, column, and a mask without lanes that are no elements. */
  #locate(list: number, end: number, { at, stride, rows, columns }: Unit): void {
    const { i32, u32 } = this.#lane;
    for (let entry = list; entry < end; entry += ENTRY) {
      const offset = u32[entry + ADDRESS]! - at, row = Math.floor(offset / stride), column = (offset - row * stride) / 2, left = columns - column;
      const mask = row < rows ? i32[entry + MASK]! : 0;
      i32[entry + MASK] = left < PANEL ? mask & ((1 << left) - 1) : mask;
      i32[entry + ROW] = row;
      i32[entry + COLUMN] = column;
    }
  }

  #collect(list: number, end: number, unit: Unit, count: number): number {
    const { i32, u16, u32 } = this.#lane, rank = this.#rank, jobs = this.#jobs.at / 4, value = this.#value;
    this.#reserve(count + (end - list) / ENTRY * PANEL);
    const targets = this.#targets, weights = this.#weights;
    for (let entry = list; entry < end; entry += ENTRY) {
      const row = unit.row + i32[entry + ROW]!, column = unit.column + i32[entry + COLUMN]!, target = u32[entry + ADDRESS]! / 2;
      for (let mask = i32[entry + MASK]!; mask !== 0; mask &= mask - 1) {
        const lane = 31 - Math.clz32(mask & -mask);
        i32[jobs + 2 * count] = this.#rows.plain.at + row * rank * 4;
        i32[jobs + 2 * count + 1] = this.#columns.transposed.at + (column + lane) * rank * 4;
        targets[count] = target + lane;
        weights[count++] = value(u16[entry * 2 + lane]!);
      }
    }
    return count;
  }

  #single(count: number): void {
    if (count === 0) return;
    const { i32, f64, u16, kernels } = this.#lane, jobs = this.#jobs.at;
    for (let i = count; i % 4 !== 0; i++) {
      i32[jobs / 4 + 2 * i] = this.#rows.plain.at;
      i32[jobs / 4 + 2 * i + 1] = this.#columns.transposed.at;
    }
    kernels.float32!.dots(jobs, jobs + steps(count, 4) * 32, this.#rank * 4);
    for (let i = 0; i < count; i++) u16[this.#targets[i]!] = this.#round(this.#weights[i]! + this.#scale * f64[jobs / 8 + i]!);
  }

  #dense(list: number, end: number, unit: Unit): void {
    const { f64, i32, u16, u32, kernels } = this.#lane, panels = steps(unit.columns, SIDE), width = panels * SIDE, { a, b, sums } = this.#wide;
    this.#pack(unit, i32[list + ROW]! & ~3);
    kernels.matmul(b.at, a.at, sums.at, 1, panels, this.#rank, width * 8);
    for (let entry = list; entry < end; entry += ENTRY) {
      const from = sums.at / 8 + (i32[entry + ROW]! & 3) * width + i32[entry + COLUMN]!, target = u32[entry + ADDRESS]! / 2;
      for (let mask = i32[entry + MASK]!; mask !== 0; mask &= mask - 1) {
        const x = 31 - Math.clz32(mask & -mask);
        u16[target + x] = this.#round(this.#value(u16[entry * 2 + x]!) + this.#scale * f64[from + x]!);
      }
    }
  }

  /** The factors of a strip in float64: A once per range of columns, four rows of B. */
  #pack(unit: Unit, first: number): void {
    const { f32, f64 } = this.#lane, rank = this.#rank, { a, b } = this.#wide;
    if (this.#packedColumn !== unit.column) {
      this.#packedColumn = unit.column;
      const from = this.#columns.transposed.at / 4 + unit.column * rank, to = a.at / 8, width = steps(unit.columns, SIDE) * SIDE;
      for (let j = 0; j < width; j++) for (let k = 0; k < rank; k++) f64[to + ((j >> 2) * rank + k) * SIDE + (j & 3)] = f32[from + j * rank + k]!;
    }
    const from = this.#rows.plain.at / 4 + (unit.row + first) * rank, to = b.at / 8;
    for (let i = 0; i < SIDE; i++) for (let k = 0; k < rank; k++) f64[to + k * SIDE + i] = f32[from + i * rank + k]!;
  }

  #reserve(count: number): void {
    if (this.#targets.length >= count) return;
    const targets = new Int32Array(count * 2), weights = new Float64Array(count * 2);
    targets.set(this.#targets);
    weights.set(this.#weights);
    this.#targets = targets;
    this.#weights = weights;
  }
}

function bitsIn(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Bytes of the jobs of a unit: sparse strips only, rounded up to four. */
export const jobBytes = (unitElements: number): number => Math.ceil(unitElements * DENSE) * 8 + 64;

/** Bytes that dense strips take, for a range of whole panels. */
export const denseBytes = (columns: number, rank: number): number => (columns + SIDE) * (rank + SIDE) * 8;
