/**
 * @module
 * A lane: one private memory, the kernels that work on it, and an allocator. Programs borrow a lane while they run. What a
 * program keeps in it between runs (packed factors) stays until another program needs the lane.
 *
 * There is a pool of lanes, not one per program: memories are only given back by the garbage collector, so two hundred
 * tensors in a row would pile up. Nested runs (one program's `emit` runs another) get a lane each.
 */
import type { Kernels } from './kernels.ts';

/** Bytes in a lane's memory, counted by its users. */
export interface Block {
  readonly at: number;
  readonly bytes: number;
  users: number;
}

/** A free range of the memory. */
interface Gap { at: number; bytes: number }

/** Memory that can grow; growing replaces the buffer, so views are taken anew after every allocation. */
export interface LaneMemory {
  readonly buffer: ArrayBuffer;
  grow(bytes: number): void;
}

/** Blocks begin and end at multiples of a cache line; so much may be lost by that. */
export const ALIGNMENT = 64;
/** Address space of a 32-bit memory, less the last step of growing. */
export const LANE_BYTES_MAX: number = 2 ** 32 - 2 ** 20;
/** Growing step: few detached views, little waste. */
const GROWTH_BYTES = 1 << 20;
/** Bytes of the block that holds `bytes`. */
export const blockBytes = (bytes: number): number => roundUp(Math.max(bytes, 1), ALIGNMENT);
const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit;

/** Memory, kernels and an allocator. */
export class Lane {
  /** The program whose factors lie in it. */
  owner: object | undefined;
  /** What that program put there. */
  content: unknown;
  busy = false;
  u8!: Uint8Array<ArrayBuffer>;
  u16!: Uint16Array<ArrayBuffer>;
  i32!: Int32Array<ArrayBuffer>;
  u32!: Uint32Array<ArrayBuffer>;
  f32!: Float32Array<ArrayBuffer>;
  f64!: Float64Array<ArrayBuffer>;
  /** Behind the last block; address 0 is never given out. */
  #end = ALIGNMENT;
  #most = ALIGNMENT;
  /** Free ranges below it by address, no two adjacent. A tile frees all it took, so there are few. */
  readonly #gaps: Gap[] = [];
  readonly memory: LaneMemory;
  readonly kernels: Kernels;

  constructor(memory: LaneMemory, kernels: Kernels) {
    this.memory = memory;
    this.kernels = kernels;
    this.#views();
  }

  #views(): void {
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** A block with one user. Its content is arbitrary. Views taken before are no longer valid. */
  allocate(bytes: number): Block {
    const size = blockBytes(bytes), index = this.#gaps.findIndex((gap) => gap.bytes >= size), gap = this.#gaps[index];
    if (gap !== undefined) {
      const { at } = gap;
      gap.at += size;
      gap.bytes -= size;
      if (gap.bytes === 0) this.#gaps.splice(index, 1);
      return { at, bytes: size, users: 1 };
    }
    const at = this.#end;
    this.#end = at + size;
    this.#most = Math.max(this.#most, this.#end);
    if (this.#end > this.memory.buffer.byteLength) {
      this.memory.grow(roundUp(this.#end, GROWTH_BYTES) - this.memory.buffer.byteLength);
      this.#views();
    }
    return { at, bytes: size, users: 1 };
  }

  keep(block: Block): Block {
    block.users++;
    return block;
  }

  release(block: Block): void {
    if (--block.users > 0) return;
    const { at, bytes } = block, gaps = this.#gaps;
    let index = gaps.findIndex((gap) => gap.at > at);
    if (index < 0) index = gaps.length;
    const before = gaps[index - 1], after = gaps[index];
    if (before !== undefined && before.at + before.bytes === at) {
      before.bytes += bytes;
      if (after !== undefined && before.at + before.bytes === after.at) { before.bytes += after.bytes; gaps.splice(index, 1); }
    } else if (after !== undefined && at + bytes === after.at) {
      after.at = at;
      after.bytes += bytes;
    } else gaps.splice(index, 0, { at, bytes });
    const last = gaps.at(-1)!;
    if (last.at + last.bytes === this.#end) { this.#end = last.at; gaps.pop(); }
  }

  /** Most bytes that were in use at once since the last `clear`, gaps included. */
  get used(): number {
    return this.#most;
  }

  /** Forgets everything in it. */
  clear(): void {
    this.owner = undefined;
    this.content = undefined;
    this.#end = this.#most = ALIGNMENT;
    this.#gaps.length = 0;
  }

  bytes(block: Block, length: number): Uint8Array<ArrayBuffer> {
    return this.u8.subarray(block.at, block.at + length);
  }

  doubles(block: Block, length: number): Float64Array<ArrayBuffer> {
    return this.f64.subarray(block.at / 8, block.at / 8 + length);
  }

  floats(block: Block, length: number): Float32Array<ArrayBuffer> {
    return this.f32.subarray(block.at / 4, block.at / 4 + length);
  }
}

/** Lanes of a pool at most, as long as runs are not nested deeper. Judging a tensor runs a handful of programs in turns. */
const LANES_MAX = 8;

/** Lanes of one kind of kernels. */
export class LanePool {
  /** Whether its kernels include those in float32. */
  readonly float32: boolean;
  /** The one that was used last is the last. */
  readonly #lanes: Lane[] = [];
  /** Programs that lost their lane to another one. */
  readonly #evicted = new WeakSet<object>();
  readonly #create: () => Lane;

  constructor(create: () => Lane, float32: boolean) {
    this.#create = create;
    this.float32 = float32;
  }

  /**
   * Runs `work` with a lane that nobody else uses, the owner's own one if it still is. `load` fills a lane for a new owner
   * and says what it has put there; `work` gets that.
   */
  async use<Content, Result>(owner: object, load: (lane: Lane) => Promise<Content>, work: (content: Content) => Promise<Result>): Promise<Result> {
    const lane = this.#choose(owner);
    lane.busy = true;
    try {
      if (lane.owner !== owner) {
        if (lane.owner !== undefined) this.#evicted.add(lane.owner);
        lane.clear();
        lane.content = await load(lane);
        lane.owner = owner;
      }
      return await work(lane.content as Content);
    } catch (error) {
      lane.clear(); // blocks of a failed run are not accounted for
      throw error;
    } finally {
      lane.busy = false;
    }
  }

  /**
   * One tensor after the other shares one lane. A program that comes back after it was evicted runs in turns with others:
   * it gets a lane of its own, or all of them would be filled again for every tile.
   */
  #choose(owner: object): Lane {
    const idle = this.#lanes.filter((lane) => !lane.busy), own = idle.find((lane) => lane.owner === owner);
    const wanted = own ?? (this.#evicted.has(owner) && this.#lanes.length < LANES_MAX ? undefined : idle[0]);
    if (wanted === undefined) {
      const created = this.#create();
      this.#lanes.push(created);
      return created;
    }
    this.#lanes.splice(this.#lanes.indexOf(wanted), 1);
    this.#lanes.push(wanted);
    return wanted;
  }
}
