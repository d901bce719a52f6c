/**
 * @module
 * Functions of whole arrays that draw numbers: what torch's and numpy's generators gave when an adapter was made, from the
 * seed that its config holds; and what is made of them.
 */
import { elementCount } from './dtypes.ts';
import { latest } from './latest.ts';
import { fillNormal, fillUniform, fillUniformBf16, Mt19937, Pcg64, permutationStart } from './random/index.ts';
import { roundBits } from './rounding.ts';
import type { WholeFunction } from './whole.ts';

const single = new Float32Array(1), singleBits = new Uint32Array(single.buffer);

function bf16(value: number): number {
  singleBits[0] = roundBits('BF16', value) << 16;
  return single[0]!;
}

const sides = (shape: readonly number[]): readonly number[] | undefined => (shape.every((side) => Number.isInteger(side) && side >= 0) ? shape : undefined);
const filled = (shape: readonly number[], fill: (into: Float64Array) => void): Float64Array => { const into = new Float64Array(elementCount(shape)); fill(into); return into; };

/** The generator of a seed, after `skip` draws of 32 bits. */
function started(seed: number, skip: number): Mt19937 {
  const generator = new Mt19937(seed);
  for (let i = 0; i < skip; i++) generator.uint32();
  return generator;
}

/** `empty(shape).uniform_(−bound, bound)` of torch, after `skip` draws. Parameters: seed, skip, bound, shape. */
const torchUniform: WholeFunction = {
  shape: (_, [, , , ...shape]) => sides(shape),
  compute: (_, __, [seed = 0, skip = 0, bound = 0, ...shape]) => filled(shape, (into) => fillUniform(started(seed, skip), -bound, bound, into)),
};

/** `normal(0, deviation, shape)` of torch. Parameters: seed, deviation, shape. */
const torchNormal: WholeFunction = {
  shape: (_, [, , ...shape]) => sides(shape),
  compute: (_, __, [seed = 0, deviation = 1, ...shape]) => filled(shape, (into) => fillNormal(new Mt19937(seed), deviation, into)),
};

/** `randperm(n)[:count]` of torch. Parameters: seed, n, count. */
const torchPositions: WholeFunction = {
  shape: (_, [, n = 0, count = 0]) => (count <= n ? sides([count]) : undefined),
  compute: (_, __, [seed = 0, n = 0, count = 0]) => Float64Array.from(permutationStart(new Mt19937(seed), n, count)),
};

/**
 * UniLoRA's assignment of `count` parameters to `length` values: every value equally often, the rest by
 * `default_rng(seed).choice` without replacement, shuffled. Parameters: seed, length, count.
 */
const balancedIndices: WholeFunction = {
  shape: (_, [, length = 0, count = 0]) => (length > 0 ? sides([count]) : undefined),
  compute(_, __, [seed = 0, length = 1, count = 0]) {
    const generator = new Pcg64(seed), times = Math.floor(count / length), data = new Int32Array(count);
    for (let i = 0; i < times * length; i++) data[i] = Math.floor(i / times);
    if (count % length > 0) data.set(generator.choice(length, count % length), times * length);
    generator.shuffle(data);
    return Float64Array.from(data);
  },
};

/** For each of some indices: 1 / √(how often it occurs). */
const occurrenceScales: WholeFunction = {
  shape: ([indices = []]) => (indices.length === 1 ? indices : undefined),
  compute([indices]) {
    const counts = new Map<number, number>();
    for (const index of indices!) counts.set(index, (counts.get(index) ?? 0) + 1);
    return indices!.map((index) => 1 / Math.sqrt(counts.get(index)!));
  },
};

/** Elements of a vector at indices: the shape of the indices. */
const gather: WholeFunction = {
  shape: ([from = [], indices = []]) => (from.length === 1 ? indices : undefined),
  compute: ([from, indices]) => indices!.map((index) => {
    if (!(index >= 0 && index < from!.length && Number.isInteger(index))) throw new RangeError(`gather from ${index} of ${from!.length}`);
    return from![index]!;
  }),
};

/** Fills an array with RandLoRA's numbers before they are standardised: bfloat16 between ∓bound, or signs where there is a sparsity. */
function fillBasis(generator: Mt19937, bound: number, sparsity: number, into: Float64Array): void {
  if (sparsity === 0) return fillUniformBf16(generator, -bound, bound, bf16, into);
  fillUniform(generator, 0, 1, into);
  // −1 below 1/(2s), 1 above 1 − 1/(2s), as float32 compares them.
  const low = Math.fround(1 / (2 * sparsity)), high = Math.fround(1 - 1 / (2 * sparsity));
  for (let i = 0; i < into.length; i++) into[i] = into[i]! < low ? -1 : into[i]! > high ? 1 : 0;
}

/** Elements drawn at a time. */
const CHUNK = 1 << 14;

/** Standard deviation of all of them (n − 1 below), rounded as torch does: to float32 for signs, else to bfloat16. */
const basisDeviation = latest((key: string) => {
  const [seed = 0, skip = 0, bound = 0, sparsity = 0, ...shape] = key.split(' ').map(Number), generator = started(seed, skip), n = elementCount(shape);
  let sum = 0, squares = 0;
  for (let at = 0; at < n; at += CHUNK) {
    const values = new Float64Array(Math.min(CHUNK, n - at));
    fillBasis(generator, bound, sparsity, values);
    for (const value of values) { sum += value; squares += value * value; }
  }
  return (sparsity === 0 ? bf16 : Math.fround)(Math.sqrt((squares - sum * (sum / n)) / (n - 1)));
});

/** Where the generator of the last part stands: the next part mostly goes on from there. */
let standing: { readonly key: string; readonly generator: Mt19937; at: number } | undefined;

/**
 * A random basis of RandLoRA in the order of its draws (bases, rows, ranks), divided by its standard deviation. Parameters: seed,
 * draws to skip, bound, sparsity (0: none), shape.
 */
const randomBasis: WholeFunction = {
  shape: (_, [, , , , ...shape]) => (shape.length === 3 ? sides(shape) : undefined),
  compute: (_, __, parameters) => randomBasis.part!([0, 0, 0], parameters.slice(4), [], parameters),
  part(lo, hi, _, parameters) {
    const [seed = 0, skip = 0, bound = 0, sparsity = 0, ...shape] = parameters, key = parameters.join(' '), round = sparsity === 0 ? bf16 : Math.fround;
    const deviation = basisDeviation(key), run = hi[2]! - lo[2]!, out = new Float64Array((hi[0]! - lo[0]!) * (hi[1]! - lo[1]!) * run);
    let to = 0;
    for (let base = lo[0]!; base < hi[0]!; base++) for (let row = lo[1]!; row < hi[1]!; row++, to += run) {
      const at = (base * shape[1]! + row) * shape[2]! + lo[2]!;
      if (standing === undefined || standing.key !== key || standing.at > at) standing = { key, generator: started(seed, skip), at: 0 };
      for (; standing.at < at; standing.at++) standing.generator.uint32();
      fillBasis(standing.generator, bound, sparsity, out.subarray(to, to + run));
      standing.at = at + run;
    }
    return out.map((value) => round(Math.fround(value / deviation)));
  },
};

/** By the name that nodes carry. */
export const DRAWN = { torchUniform, torchNormal, torchPositions, balancedIndices, occurrenceScales, gather, randomBasis } as const satisfies Readonly<Record<string, WholeFunction>>;
