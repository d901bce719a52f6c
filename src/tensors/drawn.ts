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

/** RandLoRA's numbers before they are standardised, one base after the other, rows and ranks inside: what a draw becomes. */
function basisDraws([seed = 0, skip = 0, bound = 0, sparsity = 0]: readonly number[]): () => number {
  const generator = started(seed, skip), one = new Float64Array(1);
  if (sparsity === 0) return () => { fillUniformBf16(generator, -bound, bound, bf16, one); return one[0]!; };
  // -1 below 1/(2s), 1 above 1 − 1/(2s), as float32 compares them.
  const low = Math.fround(1 / (2 * sparsity)), high = Math.fround(1 - 1 / (2 * sparsity));
  return () => { fillUniform(generator, 0, 1, one); return one[0]! < low ? -1 : one[0]! > high ? 1 : 0; };
}

/** Standard deviation of all of them (n − 1 below), rounded as torch does: to float32 for signs, else to bfloat16. */
const basisDeviation = latest((key: string) => {
  const parameters = key.split(' ').map(Number), draw = basisDraws(parameters), n = elementCount(parameters.slice(4));
  let sum = 0, squares = 0;
  for (let i = 0; i < n; i++) { const value = draw(); sum += value; squares += value * value; }
  return (parameters[3] === 0 ? bf16 : Math.fround)(Math.sqrt((squares - sum * (sum / n)) / (n - 1)));
});

/**
 * A random basis of RandLoRA (rows, bases, ranks), drawn base after base and divided by its standard deviation: uniform between
 * ∓bound in bfloat16, or signs where the sparsity is not 0. Parameters: seed, draws to skip, bound, sparsity, shape.
 */
const randomBasis: WholeFunction = {
  shape: (_, [, , , , ...shape]) => (shape.length === 3 ? sides(shape) : undefined),
  compute: (_, __, parameters) => randomBasis.part!([0, 0, 0], parameters.slice(4), [], parameters),
  part(lo, hi, _, parameters) {
    const [rows = 0, , ranks = 0] = parameters.slice(4), [top = 0, first = 0, left = 0] = lo, [bottom = 0, last = 0, right = 0] = hi;
    const draw = basisDraws(parameters), round = parameters[3] === 0 ? bf16 : Math.fround, deviation = basisDeviation(parameters.join(' '));
    const width = right - left, out = new Float64Array((bottom - top) * (last - first) * width);
    for (let base = 0; base < last; base++) for (let i = 0; i < rows; i++) {
      const wanted = base >= first && i >= top && i < bottom, to = ((i - top) * (last - first) + base - first) * width - left;
      for (let k = 0; k < ranks; k++) { const value = draw(); if (wanted && k >= left && k < right) out[to + k] = round(Math.fround(value / deviation)); }
    }
    return out;
  },
};

/** By the name that nodes carry. */
export const DRAWN = { torchUniform, torchNormal, torchPositions, balancedIndices, occurrenceScales, gather, randomBasis } as const satisfies Readonly<Record<string, WholeFunction>>;
