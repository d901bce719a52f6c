/**
 * @module
 * What torch's functions draw from its CPU generator, number for number (aten/src/ATen/native: TensorFactories.cpp,
 * cpu/DistributionTemplates.h, core/TransformationHelper.h).
 */
import { cos, sin } from '../functions.ts';
import { log } from './logarithm.ts';
import type { Mt19937 } from './mt19937.ts';

/** Above so many elements torch draws 64 bits for every place. */
const PERMUTATION_MAX = 2 ** 32 - 1;
/** From so many elements on torch draws normal numbers in groups of sixteen. */
const NORMAL_GROUP = 16;

/**
 * `torch.randperm(n)[:count]`: Fisher–Yates from the front, so that the first places are known after as many draws, and a
 * permutation of all elements of a weight need not be held.
 */
export function permutationStart(generator: Mt19937, n: number, count: number): number[] {
  if (n > PERMUTATION_MAX) throw new RangeError(`a permutation of ${n}`);
  const moved = new Map<number, number>(), start: number[] = [];
  for (let i = 0; i < count; i++) {
    // The last place is left over, not drawn.
    const from = i < n - 1 ? i + generator.uint32() % (n - i) : i, own = moved.get(i) ?? i;
    start.push(moved.get(from) ?? from);
    moved.set(from, own);
    moved.delete(i);
  }
  return start;
}

/**
 * Fills `into` like `tensor.uniform_(low, high)` of a float32 tensor: 24 bits each, times the width, plus the lower bound, each
 * rounded, as torch's source says. On processors that fuse both steps torch's numbers may lie one step of float32 beside.
 */
export function fillUniform(generator: Mt19937, low: number, high: number, into: Float64Array): void {
  const from = Math.fround(low), width = Math.fround(Math.fround(high) - from);
  for (let i = 0; i < into.length; i++) into[i] = Math.fround(Math.fround((generator.uint32() & 0xffffff) * 2 ** -24 * width) + from);
}

/**
 * The same for a bfloat16 tensor: drawn and computed in float32, rounded to bfloat16 by `round`. What would round up to the
 * upper bound, which does not belong to the interval, becomes the lower one.
 */
export function fillUniformBf16(generator: Mt19937, low: number, high: number, round: (value: number) => number, into: Float64Array): void {
  fillUniform(generator, low, high, into);
  const [first, last] = [round(low), round(high)];
  for (let i = 0; i < into.length; i++) {
    const value = round(into[i]!);
    into[i] = value === last ? first : value;
  }
}

/**
 * Fills `into` like `torch.normal(0, deviation)` of a float32 tensor, by Box and Muller. Fewer than sixteen numbers are
 * made in float64 from 53 bits, and are torch's. More are made from 24 bits in float32, where torch takes logarithm, sine and
 * cosine from approximations of its own: these are torch's or one or two steps of float32 beside it.
 */
export function fillNormal(generator: Mt19937, deviation: number, into: Float64Array): void {
  if (into.length < NORMAL_GROUP) return fillNormalSingly(generator, deviation, into);
  fillUniform(generator, 0, 1, into);
  for (let i = 0; i + NORMAL_GROUP <= into.length; i += NORMAL_GROUP) transformGroup(into.subarray(i, i + NORMAL_GROUP), deviation);
  if (into.length % NORMAL_GROUP === 0) return;
  // The last sixteen are drawn anew, over what was there.
  const tail = into.subarray(into.length - NORMAL_GROUP);
  fillUniform(generator, 0, 1, tail);
  transformGroup(tail, deviation);
}

const TAU = 2 * Math.PI, f32 = Math.fround;

function transformGroup(group: Float64Array, deviation: number): void {
  for (let i = 0; i < NORMAL_GROUP / 2; i++) {
    const radius = f32(Math.sqrt(f32(-2 * f32(log(f32(1 - group[i]!)))))), theta = f32(f32(TAU) * group[i + NORMAL_GROUP / 2]!);
    group[i] = f32(f32(radius * f32(cos(theta))) * f32(deviation));
    group[i + NORMAL_GROUP / 2] = f32(f32(radius * f32(sin(theta))) * f32(deviation));
  }
}

function fillNormalSingly(generator: Mt19937, deviation: number, into: Float64Array): void {
  for (let i = 0; i < into.length; i += 2) {
    const u1 = generator.unit64(), u2 = generator.unit64(), radius = Math.sqrt(-2 * log(1 - u2)), theta = TAU * u1;
    into[i] = Math.fround(radius * cos(theta) * deviation);
    if (i + 1 < into.length) into[i + 1] = Math.fround(radius * sin(theta) * deviation);
  }
}
