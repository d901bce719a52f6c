import { describe, expect, it } from 'vitest';
import { add, divide, matmul, multiply, norm, scale, type DType } from '../../src/tensors/index.ts';
import type { VerifyTask } from '../../src/proofs/index.ts';
import { normal, random, rounded, World } from './world.ts';

/** A DoRA weight. `drift`: how far the magnitudes were trained away from the base's norms. */
function dora(dtype: DType, delta: number, drift: number) {
  const rows = 48, columns = 64, rank = 4, s = 2, world = new World(), next = random(7);
  const w = rounded(dtype, normal(next, rows * columns, 0.05)), sigma = Math.sqrt(delta / (s * Math.sqrt(rank)));
  const b = rounded('F32', normal(next, rows * rank, sigma)), a = rounded('F32', normal(next, rank * columns, sigma));
  const d = w.map((_, i) => { let sum = 0; for (let k = 0; k < rank; k++) sum += b[Math.floor(i / columns) * rank + k]! * a[k * columns + (i % columns)]!; return s * sum; });
  const norms = (x: Float64Array) => Float64Array.from({ length: rows }, (_, row) => Math.hypot(...x.subarray(row * columns, (row + 1) * columns)));
  const baseNorms = norms(w), m = rounded('F32', baseNorms.map((x) => x * (1 + drift * (next() - 0.5))));
  /** W' with a delta k times as large and these magnitudes. */
  const value = (k: number, magnitudes: Float64Array) => {
    const v = w.map((x, i) => x + k * d[i]!), n = norms(v);
    return v.map((x, i) => (magnitudes[Math.floor(i / columns)]! / n[Math.floor(i / columns)]!) * x);
  };
  const base = world.tensor(dtype, [rows, columns], w), V = add(base, scale(s, matmul(world.tensor('F32', [rows, rank], b), world.tensor('F32', [rank, columns], a))));
  const formula = multiply(divide(world.tensor('F32', [rows, 1], m), norm([1], V)), V);
  const task = (values: Float64Array): VerifyTask => ({ name: 'w', kind: 'delta', base, value: formula, merged: world.tensor(dtype, [rows, columns], values) });
  return { w, d, m, baseNorms, value, columns, judge: (values: Float64Array) => world.judge(task(values)) };
}

describe.each<[DType, number, number]>([['F32', 0.02, 0.2], ['BF16', 0.02, 0.2], ['F16', 0.02, 0.2], ['BF16', 0.002, 0.01], ['BF16', 0.0005, 0.003], ['F32', 0.0005, 0.003]])(
  'DoRA in %s, delta %s, magnitudes off by %s', (dtype, delta, drift) => {
    const { w, d, m, baseNorms, value, judge, columns } = dora(dtype, delta, drift), single = (x: Float64Array) => x.map(Math.fround);

    it('is right', async () => {
      expect((await judge(value(1, m))).verdict).toBe('exact');
      expect((await judge(w)).verdict).toBe('base');
    });

    it('was evaluated in float32', async () => {
      const V = single(w.map((x, i) => x + Math.fround(d[i]!)));
      const n = Float64Array.from({ length: m.length }, (_, row) => { let sum = 0; for (let j = 0; j < columns; j++) sum = Math.fround(sum + Math.fround(V[row * columns + j]! ** 2)); return Math.fround(Math.sqrt(sum)); });
      const values = V.map((x, i) => Math.fround(Math.fround(m[Math.floor(i / columns)]! / n[Math.floor(i / columns)]!) * x));
      expect(['exact', 'rounding']).toContain((await judge(values)).verdict);
    });

    it('is other, whatever was forgotten', async () => {
      expect((await judge(w.map((x, i) => x + d[i]!))).verdict).toBe('other');
      expect((await judge(value(1, baseNorms))).verdict).toBe('other');
      for (const k of [0.5, 2]) expect((await judge(value(k, m))).verdict).toBe('other');
    });
  });

describe('DoRA in bfloat16 throughout', () => {
  it('is a rounding', async () => {
    const { w, d, m, value, judge, columns } = dora('BF16', 0.02, 0.2), cut = (x: Float64Array) => rounded('BF16', x);
    const V = cut(w.map((x, i) => x + d[i]!)), exact = value(1, m);
    // The factor m / n, from the exact values, rounded.
    const factor = cut(Float64Array.from({ length: m.length }, (_, row) => exact[row * columns]! / (w[row * columns]! + d[row * columns]!)));
    expect(await judge(V.map((x, i) => factor[Math.floor(i / columns)]! * x))).toMatchObject({ verdict: 'rounding', note: { en: expect.stringContaining('another rounding') } });
  });
});
