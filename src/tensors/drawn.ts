/**
 * @module
 * Functions of whole arrays that draw numbers: what torch's and numpy's generators gave when an adapter was made, from the
 * seed that its config holds; and what is made of them.
 */
import { elementCount } from './dtypes.ts';
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

/** The same in bfloat16. */
const torchUniformBf16: WholeFunction = {
  shape: torchUniform.shape,
  compute: (_, __, [seed = 0, skip = 0, bound = 0, ...shape]) => filled(shape, (into) => fillUniformBf16(started(seed, skip), -bound, bound, bf16, into)),
};

/**
 * `rand(shape)` of torch, after `skip` draws, cut to signs: −1 below 1/(2s), 1 above 1 − 1/(2s), else 0; the bounds as
 * float32. Parameters: seed, skip, s, shape.
 */
const torchSigns: WholeFunction = {
  shape: torchUniform.shape,
  compute(_, __, [seed = 0, skip = 0, sparsity = 1, ...shape]) {
    const low = Math.fround(1 / (2 * sparsity)), high = Math.fround(1 - 1 / (2 * sparsity));
    const values = filled(shape, (into) => fillUniform(started(seed, skip), 0, 1, into));
    return values.map((value) => (value < low ? -1 : value > high ? 1 : 0));
  },
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

/** An array over its standard deviation (n − 1 below), as torch does it in float32 (parameter 0) or bfloat16 (1). */
const standardised: WholeFunction = {
  shape: ([x = []]) => x,
  compute([x], _, [half]) {
    const round = half === 1 ? bf16 : Math.fround, n = x!.length;
    let sum = 0, squares = 0;
    for (const value of x!) sum += value;
    for (const value of x!) squares += (value - sum / n) * (value - sum / n);
    const deviation = round(Math.sqrt(squares / (n - 1)));
    return x!.map((value) => round(Math.fround(value / deviation)));
  },
};

/** By the name that nodes carry. */
export const DRAWN = { torchUniform, torchUniformBf16, torchSigns, torchNormal, torchPositions, balancedIndices, occurrenceScales, gather, standardised } as const satisfies Readonly<Record<string, WholeFunction>>;
