/**
 * @module
 * Numbers that are as good as random and the same everywhere: a hash of a counter (the finaliser of MurmurHash3), so that
 * element `i` of a test matrix can be had without those before it.
 */

/** 32 well mixed bits of a counter and a seed. */
export function mixed(counter: number, seed: number): number {
  let x = (counter + Math.imul(seed, 0x9e3779b1)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A column of `length` signs, +1 and −1: column `index` of a random test matrix (Rademacher). */
export function signs(length: number, index: number, seed: number): Float64Array {
  const column = new Float64Array(length), own = mixed(index, seed);
  for (let i = 0; i < length; i++) column[i] = mixed(i, own) & 1 ? 1 : -1;
  return column;
}

/** `count` of the numbers 0 … n−1, ascending, one of each of `count` equal stretches; all of them when there are no more. */
export function picks(n: number, count: number, seed: number): Int32Array {
  if (n <= count) return Int32Array.from({ length: n }, (_, i) => i);
  return Int32Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * n) / count), to = Math.floor(((i + 1) * n) / count);
    return from + (mixed(i, seed) % (to - from));
  });
}
