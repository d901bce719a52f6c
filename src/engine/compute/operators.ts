/**
 * @module
 * What an expression is compiled to: a graph of operators, each of which gives any box of its elements as a block of a
 * lane's memory, dense and row-major. What is asked twice inside a tile is computed once.
 */
import type { DType, Shape } from '../../tensors/index.ts';
import { isWhole, sameBox, volume, type Box } from './boxes.ts';
import { blockBytes, type Block, type Lane } from './lane.ts';
import { decode } from './numbers.ts';

/** An operand and the box of it that is wanted. */
export type Demand = readonly [operand: Operator, box: Box];

/** A node of the compiled graph. */
export interface Operator {
  readonly dtype: DType;
  /** Bytes of one element. */
  readonly size: number;
  readonly shape: Shape;
  /** Whether it is better read again than kept: a large view. */
  readonly fleeting?: boolean;
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
  /** Whether whole tensors that are asked for are kept: the next tile will ask again. */
  keeping = false;
  readonly #shared: ReadonlySet<Operator>;
  readonly #last = new Map<Operator, { readonly box: Box; readonly block: Block }>();
  /** Whole tensors and packed operands; those used last are the last. */
  readonly #kept = { whole: new Map<Operator, Block>(), packed: new Map<Operator, Block>() };
  /** Bytes that kept things may take. */
  readonly #budget: number;
  #held = 0;

  constructor(lane: Lane, chunk: number, shared: ReadonlySet<Operator> = new Set(), budget: number = 0) {
    this.lane = lane;
    this.chunk = chunk;
    this.#shared = shared;
    this.#budget = budget;
  }

  /** A box of an operator in its own dtype. The caller releases the block. */
  async evaluate(operator: Operator, box: Box): Promise<Block> {
    if (this.keeping && isWhole(box, operator.shape) && operator.fleeting !== true) {
      return this.#keep(operator, 'whole', volume(box) * operator.size, () => operator.compute(this, box));
    }
    if (!this.#shared.has(operator)) return operator.compute(this, box);
    const last = this.#last.get(operator);
    if (last !== undefined && sameBox(last.box, box)) return this.lane.keep(last.block);
    this.#drop(operator);
    const block = await operator.compute(this, box);
    // Computing it may have asked for another box of itself in between; the newest one stays.
    this.#drop(operator);
    this.#last.set(operator, { box, block: this.lane.keep(block) });
    return block;
  }

  /** The packed operand of an operator. The caller releases the block. */
  packed(operator: Operator): Promise<Block> {
    return this.#keep(operator, 'packed', operator.packed!().bytes, () => operator.pack!(this));
  }

  async #keep(operator: Operator, what: 'whole' | 'packed', bytes: number, make: () => Promise<Block>): Promise<Block> {
    const kept = this.#kept[what], known = kept.get(operator);
    if (known !== undefined) {
      kept.delete(operator);
      kept.set(operator, known);
      return this.lane.keep(known);
    }
    if (bytes > this.#budget) return make();
    for (const things of [this.#kept.whole, this.#kept.packed]) {
      for (const [other, block] of things) {
        if (this.#held + bytes <= this.#budget) break;
        this.lane.release(block);
        things.delete(other);
        this.#held -= block.bytes;
      }
    }
    this.#held += blockBytes(bytes);
    const block = await make();
    kept.set(operator, this.lane.keep(block));
    return block;
  }

  #drop(operator: Operator): void {
    const last = this.#last.get(operator);
    if (last === undefined) return;
    this.lane.release(last.block);
    this.#last.delete(operator);
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
