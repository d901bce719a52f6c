/** Transforms of a few coefficients, against the sums that define them; and any part against the whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WAVELET_FILTERS } from '../../src/adapters/methods/wavelet-filters.ts';
import { inverseDft } from '../../src/tensors/linalg/fourier.ts';
import { Mt19937, permutationStart } from '../../src/tensors/random/index.ts';
import { turn } from '../../src/tensors/turn.ts';
import type { WAVES } from '../../src/tensors/waves.ts';
import { WHOLE_FUNCTIONS, type WholeFunction } from '../../src/tensors/whole.ts';

const coefficients = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 6 });
const sides = fc.record({ rows: fc.integer({ min: 3, max: 13 }), columns: fc.integer({ min: 3, max: 13 }), seed: fc.nat(1000), c: coefficients });
const positions = (seed: number, rows: number, columns: number, n: number) => permutationStart(new Mt19937(seed), rows * columns, n).map((at) => [Math.floor(at / columns), at % columns] as const);
const run = (name: keyof typeof WAVES, c: readonly number[], parameters: readonly number[]): Float64Array => WHOLE_FUNCTIONS[name].compute([Float64Array.from(c)], [[c.length]], parameters);

describe('turns', () => {
  it('are exact at eighths and symmetric', () => {
    expect([0, 1, 2, 3].map((j) => turn(j, 4))).toEqual([[1, 0], [0, 1], [-1, 0], [0, -1]]);
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: -9000, max: 9000 }), (n, j) => {
      const [cos, sin] = turn(j, n), [same, opposite] = turn(-j, n);
      expect([cos - same, sin + opposite]).toEqual([0, 0]);
      expect(Math.abs(cos - Math.cos(2 * Math.PI * j / n)) + Math.abs(sin - Math.sin(2 * Math.PI * j / n))).toBeLessThan(2e-11);
      expect(Math.abs(cos * cos + sin * sin - 1)).toBeLessThan(4e-16);
    }));
  });
});

describe('the Fourier transform', () => {
  it.each([1, 2, 7, 8, 12, 13, 43, 60, 64, 86])('of length %i is the sum that defines it', (n) => {
    const re = Float64Array.from({ length: n }, (_, i) => (i * 37) % 11 - 5), im = Float64Array.from({ length: n }, (_, i) => (i * 53) % 7 - 3), got = inverseDft(n)(re, im);
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let v = 0; v < n; v++) { const [cos, sin] = turn(j * v, n); sum += re[v]! * cos - im[v]! * sin; }
      expect(Math.abs(got[j]! - sum)).toBeLessThan(1e-12 * n);
    }
  });

  it('of two axes is the sum of the waves that a seed names', () => {
    fc.assert(fc.property(sides, ({ rows, columns, seed, c }) => {
      const got = run('fourierSum', c, [seed, rows, columns]), at = positions(seed, rows, columns, c.length);
      got.forEach((value, i) => {
        const sum = at.reduce((total, [u, v], k) => total + c[k]! * Math.cos(2 * Math.PI * (Math.floor(i / columns) * u / rows + i % columns * v / columns)), 0);
        expect(value).toBeCloseTo(sum, 10);
      });
    }));
  });
});

describe('the wavelet transform', () => {
  /** Row or column operator: low-pass coefficients in the first half, high-pass in the second, cut to the middle. */
  it.each(['db1', 'db2', 'sym4', 'coif1'])('%s of two axes is upsampling and filtering, cut', (family) => {
    const low = WAVELET_FILTERS.get(family)!, L = low.length, high = low.map((_, i) => (i % 2 === 0 ? 1 : -1) * low[L - 1 - i]!);
    fc.assert(fc.property(sides, ({ rows, columns, seed, c }) => {
      const even = (side: number) => Math.ceil((side + L - 2) / 2) * 2, H = even(rows), W = even(columns), at = positions(seed, rows, columns, c.length);
      const full = Array.from({ length: H + L - 2 }, () => new Float64Array(W + L - 2));
      at.forEach(([u, v], k) => {
        const y = u + Math.floor((H - rows) / 2), x = v + Math.floor((W - columns) / 2), bottom = y >= H / 2, right = x >= W / 2;
        for (let a = 0; a < L; a++) for (let b = 0; b < L; b++) full[2 * (y % (H / 2)) + a]![2 * (x % (W / 2)) + b]! += c[k]! * (right ? high : low)[a]! * (bottom ? high : low)[b]!;
      });
      const top = L - 2 + Math.floor((H - L + 2 - rows) / 2), left = L - 2 + Math.floor((W - L + 2 - columns) / 2);
      run('waveletSum', c, [seed, rows, columns, 0, ...low]).forEach((value, i) => expect(value).toBeCloseTo(full[top + Math.floor(i / columns)]![left + i % columns]!, 12));
    }));
  });
});

it.each(['fourierSum', 'waveletSum'] as const)('any part of %s is that part of the whole', (name) => {
  const own: WholeFunction = WHOLE_FUNCTIONS[name], filter = name === 'waveletSum' ? [0, ...WAVELET_FILTERS.get('db3')!] : [];
  fc.assert(fc.property(sides, fc.infiniteStream(fc.nat()), ({ rows, columns, seed, c }, stream) => {
    const pick = (most: number) => stream.next().value % (most + 1), all = run(name, c, [seed, rows, columns, ...filter]);
    const [top, left] = [pick(rows - 1), pick(columns - 1)], [bottom, right] = [top + 1 + pick(rows - top - 1), left + 1 + pick(columns - left - 1)];
    const part = own.part!([top, left], [bottom, right], [Float64Array.from(c)], [seed, rows, columns, ...filter]), width = right - left;
    expect([...part]).toEqual([...part.keys()].map((i) => all[(top + Math.floor(i / width)) * columns + left + i % width]));
  }));
});
