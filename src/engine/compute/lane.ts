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

/** Memory that can grow; growing replaces the buffer, so views are taken anew after every allocation. */
export interface LaneMemory {
  readonly buffer: ArrayBuffer;
  grow(bytes: number): void;
}

/** Every block begins at a multiple of a cache line. */
const ALIGNMENT = 64;
/** Growing step: few detached views, little waste. */
const GROWTH_BYTES = 1 << 20;
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
  #end = ALIGNMENT; // address 0 is never given out
  /** Free blocks by size: tiles ask for the same few sizes again and again. */
  readonly #free = new Map<number, number[]>();
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
    const size = roundUp(Math.max(bytes, 1), ALIGNMENT);
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) return { at: reused, bytes: size, users: 1 };
    const at = this.#end, end = at + size;
    if (end > this.memory.buffer.byteLength) {
      this.memory.grow(roundUp(end, GROWTH_BYTES) - this.memory.buffer.byteLength);
      this.#views();
    }
    this.#end = end;
    return { at, bytes: size, users: 1 };
  }

  keep(block: Block): Block {
    block.users++;
    return block;
  }

  release(block: Block): void {
    if (--block.users > 0) return;
    const list = this.#free.get(block.bytes);
    if (list === undefined) this.#free.set(block.bytes, [block.at]);
    else list.push(block.at);
  }

  /** Forgets everything in it. */
  clear(): void {
    this.owner = undefined;
    this.content = undefined;
    this.#end = ALIGNMENT;
    this.#free.clear();
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

/** Lanes of one kind of kernels. */
export class LanePool {
  /** Whether its kernels include those in float32. */
  readonly float32: boolean;
  readonly #lanes: Lane[] = [];
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
    const idle = this.#lanes.filter((lane) => !lane.busy);
    let lane = idle.find((candidate) => candidate.owner === owner) ?? idle[0];
    if (lane === undefined) this.#lanes.push(lane = this.#create());
    lane.busy = true;
    try {
      if (lane.owner !== owner) {
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
}
