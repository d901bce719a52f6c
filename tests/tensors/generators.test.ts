/** The generators against torch and numpy: known answers made by generators.py. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeTensor, encodeElements } from '../../src/tensors/index.ts';
import { fillNormal, fillUniform, fillUniformBf16, Mt19937, Pcg64, permutationStart } from '../../src/tensors/random/index.ts';
import { log } from '../../src/tensors/random/logarithm.ts';
import { readJson } from '../fixtures.ts';

const known = readJson(path.join(path.dirname(fileURLToPath(import.meta.url)), 'generators.json'));
const bits = (values: Float64Array): number[] => [...new Int32Array(Float32Array.from(values).buffer)];
const filled = (count: number, fill: (into: Float64Array) => void): Float64Array => { const into = new Float64Array(count); fill(into); return into; };
const bf16 = (value: number): number => {
  const bytes = new Uint8Array(2);
  encodeElements('BF16', Float64Array.of(value), bytes);
  return decodeTensor('BF16', [1], bytes)[0]!;
};

describe('torch', () => {
  it.each<any>(known.permutation)('randperm($n) of seed $seed', ({ seed, n, count, values }) => {
    expect(permutationStart(new Mt19937(seed), n, count)).toEqual(values);
  });

  it.each<any>(known.uniform)('rand of seed $seed', ({ seed, count, last, bits: wanted }) => {
    expect(bits(filled(count, (into) => fillUniform(new Mt19937(seed), 0, 1, into)).slice(-last))).toEqual(wanted);
  });

  it.each<any>(known.kaiming)('uniform_ of seed $seed', ({ seed, shape, bound, bits: wanted }) => {
    expect(bits(filled(shape[0] * shape[1], (into) => fillUniform(new Mt19937(seed), -bound, bound, into)))).toEqual(wanted);
  });

  it.each<any>(known.half)('bfloat16 of seed $seed', ({ seed, shape, values }) => {
    const bound = Math.sqrt(3) * (Math.sqrt(2 / 6) / Math.sqrt(shape[1] * shape[2]));
    expect([...filled(values.length, (into) => fillUniformBf16(new Mt19937(seed), -bound, bound, bf16, into))]).toEqual(values);
  });

  it.each<any>(known.normal)('normal of seed $seed', ({ seed, deviation, bits: wanted, near }) => {
    const values = filled((wanted ?? near).length, (into) => fillNormal(new Mt19937(seed), deviation, into));
    if (wanted !== undefined) expect(bits(values)).toEqual(wanted);
    else for (const [i, value] of values.entries()) expect(Math.abs(value - near[i])).toBeLessThanOrEqual(2 ** -22 * Math.max(Math.abs(near[i]), deviation));
  });
});

describe('numpy', () => {
  it.each<any>(known.bits64)('PCG64 of seed $seed', ({ seed, values }) => {
    const generator = new Pcg64(BigInt(seed));
    expect(values.map(() => String(generator.uint64()))).toEqual(values);
  });

  it.each<any>(known.choice)('choice($n, $size) of seed $seed', ({ seed, n, size, values }) => {
    expect(Array.from(new Pcg64(seed).choice(n, size).subarray(0, 50))).toEqual(values);
  });

  it.each<any>(known.shuffle)('shuffle of seed $seed', ({ seed, n, values }) => {
    const data = Int32Array.from({ length: n }, (_, i) => i);
    new Pcg64(seed).shuffle(data);
    expect([...data]).toEqual(values);
  });
});

it('the logarithm is within 2^-51', () => {
  for (let i = 1; i < 20000; i++) {
    for (const x of [i / 20000, i * 1.37, 2 ** (i % 2000 - 1000) * 1.1]) expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(2 ** -51 * Math.abs(Math.log(x)));
  }
  expect([log(0), log(-1), log(1), log(Infinity)]).toEqual([-Infinity, NaN, 0, Infinity]);
});
