/**
 * @module
 * torch's CPU generator: the Mersenne Twister MT19937 of Matsumoto and Nishimura (1998) with the seeding of 2002, of
 * which torch takes the low 32 bits of the seed. What PEFT draws with `torch.Generator().manual_seed(seed)`, every
 * machine draws alike (torch 1.5 and newer; aten/src/ATen/core/MT19937RNGEngine.h).
 */

const SIZE = 624, SHIFT = 397;

/** Low 32 bits of a seed; a negative one counts from 2^64 down, which has the same low bits. */
export const seed32 = (seed: number | bigint): number => Number(BigInt.asUintN(32, BigInt(seed)));

/** The generator. */
export class Mt19937 {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  constructor(seed: number | bigint) {
    const state = this.#state;
    state[0] = seed32(seed);
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1812433253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
  }

  /** 32 random bits, as a number from 0 to 2^32 − 1. */
  uint32(): number {
    if (this.#next === SIZE) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** 53 of 64 random bits over 2^53: what torch makes of a float64 in [0, 1). The first draw gives the high half. */
  unit64(): number {
    const high = this.uint32(), low = this.uint32();
    return ((high & 0x1fffff) * 2 ** 32 + low) * 2 ** -53;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE]! ^ (y >>> 1) ^ ((y & 1) === 0 ? 0 : 0x9908b0df);
    }
    this.#next = 0;
  }
}
