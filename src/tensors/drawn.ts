/**
 * @module
 * Functions of whole arrays that draw numbers: what torch's and numpy's generators gave when an adapter was made, from the
 * seed that its config holds. They read nothing, so any part of their result can be computed on its own.
 */
import { elementCount } from './dtypes.ts';
import { fillNormal, fillUniform, fillUniformBf16, Mt19937, Pcg64, permutationStart } from './random/index.ts';
import { roundBits } from './rounding.ts';
import { turn } from './turn.ts';
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

/** Which of `count` positions in a weight (rows, columns) a seed names: their row (axis 0) or column (axis 1). */
function coordinates(axis: number, seed: number, rows: number, columns: number, count: number): number[] {
  return permutationStart(new Mt19937(seed), rows * columns, count).map((at) => (axis === 0 ? Math.floor(at / columns) : at % columns));
}

/** Sides of a table of waves: a wave per column along the rows (axis 0), a wave per row along the columns (axis 1). */
const waves = (axis: number, rows: number, columns: number, count: number): readonly number[] => (axis === 0 ? [rows, count] : [count, columns]);

/** A part of a table of waves. `wave` gives wave k at place i. */
function table(axis: number, lo: readonly number[], hi: readonly number[], wave: (k: number, i: number) => number): Float64Array {
  const [height, width] = [hi[0]! - lo[0]!, hi[1]! - lo[1]!], out = new Float64Array(height * width);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++) out[at++] = axis === 0 ? wave(lo[1]! + x, lo[0]! + y) : wave(lo[0]! + y, lo[1]! + x);
  return out;
}

/**
 * Waves of a discrete Fourier transform at the positions (u, v) that a seed names in a weight: cos 2πiu/N for each, then
 * −sin along the rows and sin along the columns, so that the product of the two tables is cos 2π(iu/M + jv/N).
 * Parameters: axis, seed, rows, columns, count.
 */
const harmonics: WholeFunction = {
  shape: (_, [axis = 0, , rows = 0, columns = 0, count = 0]) => (count <= rows * columns ? sides(waves(axis, rows, columns, 2 * count)) : undefined),
  compute(_, shapes, parameters) { return harmonics.part!(harmonics.shape([], parameters)!.map(() => 0), harmonics.shape(shapes, parameters)!, parameters); },
  part(lo, hi, [axis = 0, seed = 0, rows = 0, columns = 0, count = 0]) {
    const places = coordinates(axis, seed, rows, columns, count), n = axis === 0 ? rows : columns;
    const circle = Array.from({ length: n }, (_, j) => turn(j, n));
    return table(axis, lo, hi, (k, i) => {
      const [cos, sin] = circle[(i * places[k % count]!) % n]!;
      return k < count ? cos : axis === 0 ? -sin : sin;
    });
  },
};

/**
 * Waves of an inverse wavelet transform of one level (pywt's convention) at the positions that a seed names: place i holds
 * filter[i + L − 2 + start − 2k], where k is the coefficient's place in its half, and `start` what is cut off in front.
 * PEFT pads the weight to even sides that the transform brings back to it, puts the positions into the middle, and gives
 * the quarter at the top right the high filter along the rows, the one at the bottom left along the columns.
 * Parameters: axis, seed, rows, columns, count, then the low filter (L numbers).
 */
const wavelets: WholeFunction = {
  shape: (_, [axis = 0, , rows = 0, columns = 0, count = 0, ...low]) => (count <= rows * columns && low.length >= 2 ? sides(waves(axis, rows, columns, count)) : undefined),
  compute(_, shapes, parameters) { return wavelets.part!(wavelets.shape([], parameters)!.map(() => 0), wavelets.shape(shapes, parameters)!, parameters); },
  part(lo, hi, [axis = 0, seed = 0, rows = 0, columns = 0, count = 0, ...low]) {
    const L = low.length, high = low.map((_, i) => (i % 2 === 0 ? 1 : -1) * low[L - 1 - i]!);
    const even = (side: number) => side + L - 2 + (side + L) % 2, padded = [even(rows), even(columns)] as const;
    const places = [0, 1].map((own) => {
      const side = [rows, columns][own]!, offset = Math.floor((padded[own]! - side) / 2), half = padded[own]! / 2;
      return coordinates(own, seed, rows, columns, count).map((at) => ({ place: (at + offset) % half, second: at + offset >= half }));
    });
    const side = [rows, columns][axis]!, skipped = L - 2 + Math.floor((padded[axis]! - (L - 2) - side) / 2);
    return table(axis, lo, hi, (k, i) => (places[1 - axis]![k]!.second ? high : low)[i + skipped - 2 * places[axis]![k]!.place] ?? 0);
  },
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
export const DRAWN = { torchUniform, torchUniformBf16, torchSigns, torchNormal, torchPositions, harmonics, wavelets, balancedIndices, occurrenceScales, gather, standardised } as const satisfies Readonly<Record<string, WholeFunction>>;
