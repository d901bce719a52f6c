/**
 * @module
 * NaN, infinities and zeros, counted at the speed of reading: 32 bits at a time, two or four elements in one operation.
 * An element is NaN or infinite when all bits of its exponent are set; adding the lowest of them then carries into the sign.
 */
import type { DType } from '../tensors/index.ts';

/** What a tensor holds. */
export interface ValueCount {
  readonly nan: number;
  readonly infinite: number;
  /** Index of the first element that is either; -1 without. */
  readonly first: number;
  /** No element but zeros (of either sign). */
  readonly zero: boolean;
}

/** Bits of an element: its size in bytes, exponent, mantissa. `infinite` false: the format has no infinity, only NaN. */
interface Layout { readonly size: 1 | 2 | 4 | 8; readonly exponent: number; readonly mantissa: number; readonly infinite: boolean }

const LAYOUTS: Partial<Record<DType, Layout>> = {
  BF16: { size: 2, exponent: 0x7f80, mantissa: 0x7f, infinite: true },
  F16: { size: 2, exponent: 0x7c00, mantissa: 0x3ff, infinite: true },
  F32: { size: 4, exponent: 0x7f800000, mantissa: 0x7fffff, infinite: true },
  F64: { size: 8, exponent: 0x7ff00000, mantissa: 0xfffff, infinite: true },
  F8_E5M2: { size: 1, exponent: 0x7c, mantissa: 3, infinite: true },
  // All bits but the sign set is the one NaN.
  F8_E4M3: { size: 1, exponent: 0x7f, mantissa: 0, infinite: false },
};

/** Whether values of this dtype can be counted. */
export const isCountable = (dtype: DType): boolean => LAYOUTS[dtype] !== undefined;

/** Words of 32 bits looked at before the sums are read. */
const STRIDE = 4096;

/** Counts over blocks that begin at multiples of 8 bytes. */
export class ValueCounter {
  readonly #layout: Layout;
  #nan = 0;
  #infinite = 0;
  #first = -1;
  #zero = true;

  constructor(dtype: DType) {
    this.#layout = LAYOUTS[dtype]!;
  }

  /** Looks at a block; `at` is its first byte within the tensor. */
  see(block: Uint8Array, at: number): void {
    const { size, exponent } = this.#layout, words = new Int32Array(block.buffer, block.byteOffset, block.length >> 2);
    const lanes = size >= 4 ? 1 : 4 / size, spread = (mask: number) => { let all = 0; for (let lane = 0; lane < lanes; lane++) all |= mask << (lane * size * 8); return all | 0; };
    const mask = spread(exponent), lowest = spread(exponent & -exponent), signs = spread(size >= 4 ? 0x80000000 : 2 ** (size * 8 - 1)), step = size === 8 ? 2 : 1;
    for (let from = 0; from < words.length; from += STRIDE) {
      const to = Math.min(words.length, from + STRIDE);
      let carried = 0, any = 0;
      // The exponent of a double is in its upper word, which is the second.
      for (let i = from + step - 1; i < to; i += step) {
        const word = words[i]!;
        carried |= (word & mask) + lowest;
        any |= word;
      }
      if (step === 2) for (let i = from; i < to; i += 2) if (words[i] !== 0) any |= 1;
      if ((any & ~signs) !== 0) this.#zero = false;
      if ((carried & signs) !== 0) this.#count(block, from * 4, to * 4, at);
    }
    const rest = block.length & 3;
    if (rest > 0) {
      for (let i = block.length - rest; i < block.length; i += size) for (let k = 0; k < size; k++) if ((block[i + k]! & (k === size - 1 ? 0x7f : 0xff)) !== 0) this.#zero = false;
      this.#count(block, block.length - rest, block.length, at);
    }
  }

  get result(): ValueCount { return { nan: this.#nan, infinite: this.#infinite, first: this.#first, zero: this.#zero }; }

  #count(block: Uint8Array, from: number, to: number, at: number): void {
    const { size, exponent, mantissa, infinite } = this.#layout, view = new DataView(block.buffer, block.byteOffset, block.length);
    for (let i = from; i < to; i += size) {
      const high = size === 1 ? view.getUint8(i) : size === 2 ? view.getUint16(i, true) : view.getUint32(i + size - 4, true);
      if ((high & exponent) !== exponent) continue;
      if (infinite && (high & mantissa) === 0 && (size < 8 || view.getUint32(i, true) === 0)) this.#infinite++;
      else this.#nan++;
      if (this.#first < 0) this.#first = (at + i) / size;
    }
  }
}
