/**
 * @module
 * numpy's `default_rng(seed)`: PCG64 (O'Neill 2014: a 128-bit linear congruence, XSL RR output), seeded by SeedSequence,
 * and what `choice` without replacement and `shuffle` draw from it (numpy/random: bit_generator.pyx, src/pcg64,
 * _generator.pyx; the stream is stable since numpy 1.17).
 */

const MASK32 = 0xffffffffn, MASK64 = (1n << 64n) - 1n, MASK128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
/** Words of SeedSequence's pool. */
const POOL = 4;
/** Above so many candidates, and with more than a fiftieth of them wanted, `choice` shuffles the tail of all. */
const TAIL_SHUFFLE_MIN = 10000, TAIL_SHUFFLE_SHARE = 50;

const multiply = (a: number, b: number): number => Math.imul(a, b) >>> 0;

/** 32-bit words of a whole number, the lowest first. */
function words(seed: bigint): number[] {
  const of: number[] = [];
  for (let rest = seed; rest > 0n || of.length === 0; rest >>= 32n) of.push(Number(rest & MASK32));
  return of;
}

/** SeedSequence(seed).generate_state(4, uint64). */
function seedState(seed: bigint): bigint[] {
  let hash = 0x43b0d7e5;
  const mixIn = (value: number): number => {
    let x = (value ^ hash) >>> 0;
    hash = multiply(hash, 0x931e8875);
    x = multiply(x, hash);
    return (x ^ (x >>> 16)) >>> 0;
  };
  const mix = (x: number, y: number): number => {
    const z = (multiply(0xca01f9dd, x) - multiply(0x4973f715, y)) >>> 0;
    return (z ^ (z >>> 16)) >>> 0;
  };
  const entropy = words(seed), pool = Array.from({ length: POOL }, (_, i) => mixIn(entropy[i] ?? 0));
  for (let from = 0; from < POOL; from++) for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mix(pool[to]!, mixIn(pool[from]!));
  for (const word of entropy.slice(POOL)) for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to]!, mixIn(word));

  let out = 0x8b51f9dd;
  const state = Array.from({ length: 2 * POOL }, (_, i) => {
    let x = (pool[i % POOL]! ^ out) >>> 0;
    out = multiply(out, 0x58f38ded);
    x = multiply(x, out);
    return BigInt((x ^ (x >>> 16)) >>> 0);
  });
  return Array.from({ length: POOL }, (_, i) => state[2 * i]! | (state[2 * i + 1]! << 32n));
}

/** The generator. */
export class Pcg64 {
  #state: bigint;
  readonly #increment: bigint;
  /** The other half of 64 bits of which one was given out. */
  #half: number | undefined;

  constructor(seed: number | bigint) {
    const [a, b, c, d] = seedState(BigInt(seed)) as [bigint, bigint, bigint, bigint];
    this.#increment = ((((c << 64n) | d) << 1n) | 1n) & MASK128;
    this.#state = ((this.#increment + ((a << 64n) | b)) * MULTIPLIER + this.#increment) & MASK128;
  }

  /** 64 random bits. */
  uint64(): bigint {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & MASK128;
    const x = (this.#state >> 64n) ^ (this.#state & MASK64), by = this.#state >> 122n;
    return ((x >> by) | (x << ((64n - by) & 63n))) & MASK64;
  }

  /** 32 random bits: the lower half of a draw first, then the upper one. */
  uint32(): number {
    if (this.#half !== undefined) {
      const half = this.#half;
      this.#half = undefined;
      return half;
    }
    const both = this.uint64();
    this.#half = Number(both >> 32n);
    return Number(both & MASK32);
  }

  /** A whole number from 0 to `most` (below 2^32 − 1), by Lemire's multiplication (2019). */
  upTo(most: number): number {
    if (most === 0) return 0;
    const range = most + 1, threshold = (2 ** 32 - range) % range;
    for (;;) {
      const draw = this.uint32(), low = multiply(draw, range);
      // The upper half of the 64-bit product, by halves of 16 bits: every step is exact.
      if (low >= threshold) return Math.floor(((draw >>> 16) * range + Math.floor(((draw & 0xffff) * range) / 2 ** 16)) / 2 ** 16);
    }
  }

  /** The same by masking and trying again: what `shuffle` asks for. */
  #upToMasked(most: number): number {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const draw = (this.uint32() & mask) >>> 0;
      if (draw <= most) return draw;
    }
  }

  /** `shuffle(data)`, in place. */
  shuffle(data: Int32Array): void {
    swapDown(data, 1, (i) => this.#upToMasked(i));
  }

  /** `choice(n, size, replace=False)`. */
  choice(n: number, size: number): Int32Array {
    if (n > TAIL_SHUFFLE_MIN && size > Math.floor(n / TAIL_SHUFFLE_SHARE)) {
      const all = Int32Array.from({ length: n }, (_, i) => i);
      swapDown(all, Math.max(n - size, 1), (i) => this.upTo(i));
      return all.slice(n - size);
    }
    // Floyd's sampling, then a shuffle.
    const seen = new Set<number>(), chosen = new Int32Array(size);
    for (let i = n - size; i < n; i++) {
      const draw = this.upTo(i), own = seen.has(draw) ? i : draw;
      seen.add(own);
      chosen[i - n + size] = own;
    }
    swapDown(chosen, 1, (i) => this.upTo(i));
    return chosen;
  }
}

/** Fisher–Yates from the back, down to place `first`. */
function swapDown(data: Int32Array, first: number, draw: (most: number) => number): void {
  for (let i = data.length - 1; i >= first; i--) {
    const j = draw(i), x = data[i]!;
    data[i] = data[j]!;
    data[j] = x;
  }
}
