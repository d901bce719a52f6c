/**
 * @module
 * What an expression is compiled to: a graph of operators, each of which gives any box of its elements as a block of a
 * lane's memory, dense and row-major. What is asked twice inside a tile is computed once.
 */
import type { DType, Shape } from '../../tensors/index.ts';
import { isWhole, sameBox, volume, type Box } from './boxes.ts';
import type { Block, Lane } from './lane.ts';
import { copyBox } from './moves.ts';
import { decode } from './numbers.ts';

/** An operand and the box of it that is wanted. */
export type Demand = readonly [operand: Operator, box: Box];

/** A node of the compiled graph. */
export interface Operator {
  readonly dtype: DType;
  /** Bytes of one element. */
  readonly size: number;
  readonly shape: Shape;
  /** What computing a box asks of its operands. Where an operand is streamed in parts of `chunk` elements: the first of them. */
  demands(box: Box, chunk: number): readonly Demand[];
  /** Bytes beside the box and the demands. */
  overhead?(box: Box): number;
  /** Operands that are packed once for all tiles, and how many bytes that takes. */
  packed?(): { readonly operand: Operator; readonly bytes: number };
  /** Packs that operand. */
  pack?(context: Context): Promise<Block>;
  /** The box, as a block whose user is the caller. */
  compute(context: Context, box: Box): Promise<Block>;
}

/** The state of one program on one lane. */
export class Context {
  readonly lane: Lane;
  /** Elements that a streaming operator should ask for at once. */
  readonly chunk: number;
  /** Whole tensors that every tile needs. */
  readonly residents = new Map<Operator, Block>();
  readonly packs = new Map<Operator, Block>();
  readonly #shared: ReadonlySet<Operator>;
  readonly #last = new Map<Operator, { readonly box: Box; readonly block: Block }>();

  constructor(lane: Lane, chunk: number, shared: ReadonlySet<Operator>) {
    this.lane = lane;
    this.chunk = chunk;
    this.#shared = shared;
  }

  /** A box of an operator in its own dtype. The caller releases the block. */
  async evaluate(operator: Operator, box: Box): Promise<Block> {
    const resident = this.residents.get(operator);
    if (resident !== undefined) {
      return isWhole(box, operator.shape) ? this.lane.keep(resident) : copyBox(this.lane, operator.size, operator.shape, resident.at, box);
    }
    if (!this.#shared.has(operator)) return operator.compute(this, box);
    const last = this.#last.get(operator);
    if (last !== undefined) {
      if (sameBox(last.box, box)) return this.lane.keep(last.block);
      this.lane.release(last.block);
      this.#last.delete(operator);
    }
    const block = await operator.compute(this, box);
    // Computing it may have asked for another box of itself in between; the newest one stays.
    const other = this.#last.get(operator);
    if (other !== undefined) this.lane.release(other.block);
    this.#last.set(operator, { box, block: this.lane.keep(block) });
    return block;
  }

  /** A box of an operator as float64. The caller releases the block. */
  async values(operator: Operator, box: Box): Promise<Block> {
    const raw = await this.evaluate(operator, box);
    if (operator.dtype === 'F64') return raw;
    const count = volume(box), block = this.lane.allocate(count * 8);
    decode(this.lane, operator.dtype, raw.at, block.at, count);
    this.lane.release(raw);
    return block;
  }

  /** Forgets what was kept for the tile. */
  endTile(): void {
    for (const { block } of this.#last.values()) this.lane.release(block);
    this.#last.clear();
  }
}
