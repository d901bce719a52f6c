/** @module Which elements of a source are kept, by magnitude or at random. */
import type { Mt19937 } from '../../tensors/random/index.ts';
import { keepLargest, type CombineMethod, type Keep, type Pass } from './methods.ts';

/** How much is kept, and the generator that random drops draw from. */
export interface Dropping {
  readonly drop: CombineMethod['drop'];
  readonly density: number;
  readonly generator: Mt19937;
}

/** What is kept of a tensor of `count` elements, and what kept ones are divided by. */
export async function keeping({ drop, density, generator }: Dropping, pass: Pass, count: number): Promise<{ readonly keep: Keep; readonly divide: number }> {
  if (drop === 'nothing' || density >= 1) return { keep: () => true, divide: 1 };
  if (drop === 'small') return { keep: await keepLargest(pass, Math.trunc(density * count)), divide: 1 };
  // torch.bernoulli of a float32 tensor: 24 random bits below the probability. One bit per element is kept.
  const bits = new Uint8Array(Math.ceil(count / 8)), limit = Math.fround(density);
  for (let i = 0; i < count; i++) if ((generator.uint32() & 0xffffff) * 2 ** -24 < limit) bits[i >> 3]! |= 1 << (i & 7);
  return { keep: (_, i) => ((bits[i >> 3]! >> (i & 7)) & 1) === 1, divide: density };
}
