import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../src/tensors/index.ts';
import { Lora, normal, random, rounded } from './world.ts';

const DTYPES: DType[] = ['BF16', 'F16', 'F32'];

describe.each(DTYPES)('a LoRA weight in %s', (dtype) => {
  const lora = new Lora({ dtype });

  it('is exact', async () => {
    expect(await lora.judge(lora.v)).toMatchObject({ verdict: 'exact', elements: 48 * 40, differing: 0, maxUlp: 0 });
  });

  it('is the base', async () => {
    const result = await lora.judge(lora.w);
    expect(result.verdict).toBe('base');
    expect(result.differing).toBeGreaterThan(1500);
    expect(result.survival).toMatchObject({ changedElements: 0, cosine: 0, normRatio: 0 });
  });

  it('was merged twice, at once or onto the stored result', async () => {
    expect(await lora.judge(lora.scaled(2))).toMatchObject({ verdict: 'twice', scale: 2 });
    expect((await lora.judge(rounded(dtype, lora.v).map((x, i) => x + lora.d[i]!))).verdict).toBe('twice');
  });

  it.each([0.5, 1 / 3, 5.66, -1, 1.1, 30])('was merged with %s times the scale', async (k) => {
    const result = await lora.judge(lora.scaled(k));
    expect(result.verdict).toBe('scaled');
    expect(Math.abs(result.scale! / k - 1)).toBeLessThan(0.01);
  });

  it('has another delta altogether', async () => {
    const noise = normal(random(99), lora.w.length, 0.03);
    expect((await lora.judge(noise)).verdict).toBe('other');
    expect((await lora.judge(lora.w.map((x, i) => x + noise[i]!))).verdict).toBe('other');
  });

  it('has one wrong element', async () => {
    const values = lora.v.slice();
    values[777] = values[777]! + 0.01;
    expect(await lora.judge(values)).toMatchObject({ verdict: 'other', differing: 1, note: { en: '1 of 1920 elements differ' } });
  });

  it('is merged in part', async () => {
    const mixed = (merged: (row: number, column: number) => boolean) => lora.w.map((x, i) => (merged(Math.floor(i / 40), i % 40) ? lora.v[i]! : x));
    expect(await lora.judge(mixed((row) => row < 24))).toMatchObject({ verdict: 'partial', note: { en: 'rows 0–23 of 48', zh: '48 行中的第 0–23 行' } });
    expect(await lora.judge(mixed((row) => row === 7 || row > 40))).toMatchObject({ verdict: 'partial', note: { en: 'rows 7, 41–47 of 48' } });
    expect(await lora.judge(mixed((row) => row % 2 === 0))).toMatchObject({ verdict: 'partial', note: { en: '24 of 48 rows' } });
    expect(await lora.judge(mixed((_, column) => column >= 30))).toMatchObject({ verdict: 'partial', note: { en: 'columns 30–39 of 40' } });
    expect((await lora.judge(mixed((row, column) => (row + column) % 2 === 0))).verdict).toBe('other');
  });

  it('was evaluated in float32', async () => {
    const result = await lora.judge(lora.w.map((x, i) => x + lora.float32[i]!));
    expect(['exact', 'rounding']).toContain(result.verdict);
    if (result.verdict === 'rounding') expect(result.note!.en).toBe('peft');
  });

  it('is the base with a little noise', async () => {
    const noise = normal(random(5), lora.w.length, 0.002);
    expect((await lora.judge(lora.w.map((x, i) => x + noise[i]!))).verdict).toBe('other');
  });
});

describe('roundings', () => {
  it('knows the delta rounded first', async () => {
    for (const dtype of ['BF16', 'F16'] as const) {
      const lora = new Lora({ dtype, seed: 3 }), delta = rounded(dtype, lora.float32);
      expect(await lora.judge(lora.w.map((x, i) => x + delta[i]!))).toMatchObject({ verdict: 'rounding', note: { en: 'peft-safe' } });
    }
  });

  it('knows a delta in the dtype of the adapter', async () => {
    const lora = new Lora({ dtype: 'F32', factorDType: 'BF16' }), delta = rounded('BF16', lora.float32);
    expect(await lora.judge(lora.w.map((x, i) => x + delta[i]!))).toMatchObject({ verdict: 'rounding', note: { en: 'delta-BF16' } });
  });

  it('knows values that were cut off', async () => {
    const lora = new Lora(), bits = new Uint32Array(1), float = new Float32Array(bits.buffer);
    const cut = lora.v.map((x) => { float[0] = x; bits[0] = bits[0]! & 0xffff0000; return float[0]; });
    expect(await lora.judge(cut)).toMatchObject({ verdict: 'rounding', note: { en: 'cut-off' }, maxUlp: 1 });
  });

  it('accepts steps of the dtype that nobody knows', async () => {
    // The product rounded before it is scaled by 2.5, in bfloat16.
    const lora = new Lora({ s: 2.5, delta: 0.05 }), product = rounded('BF16', lora.d.map((x) => x / 2.5)), delta = rounded('BF16', product.map((x) => 2.5 * x));
    const result = await lora.judge(lora.w.map((x, i) => x + delta[i]!));
    expect(result).toMatchObject({ verdict: 'rounding', note: { en: expect.stringMatching(/^another rounding, at most \d+ steps? off$/) } });
  });

  it('tells 1.001 from rounding in float32', async () => {
    const lora = new Lora({ dtype: 'F32' }), result = await lora.judge(lora.scaled(1.001));
    expect(result.verdict).toBe('scaled');
    expect(result.scale).toBeCloseTo(1.001, 5);
  });

  it('compares in the merged dtype', async () => {
    const lora = new Lora({ dtype: 'F32' });
    expect(await lora.judge(lora.v, 'BF16')).toMatchObject({ verdict: 'exact', note: { en: 'stored as BF16, the base as F32' } });
    expect((await lora.judge(lora.w, 'BF16')).verdict).toBe('base');
    const first = rounded('BF16', lora.w).map((x, i) => x + lora.d[i]!);
    expect(await lora.judge(first, 'BF16')).toMatchObject({ verdict: 'rounding', note: { en: 'base-BF16; stored as BF16, the base as F32' } });
    expect((await lora.judge(rounded('BF16', lora.w).map((x, i) => x + 0.5 * lora.d[i]!), 'BF16')).verdict).toBe('scaled');
    const narrow = new Lora({ dtype: 'BF16' });
    expect((await narrow.judge(narrow.v, 'F32')).verdict).toBe('exact');
    expect(await narrow.judge(rounded('BF16', narrow.v), 'F32')).toMatchObject({ verdict: 'rounding', note: { en: 'merged-in-BF16; stored as F32, the base as BF16' } });
  });
});

describe('a delta below the steps of the dtype', () => {
  // About a sixth of a step: most elements do not change at all.
  const lora = new Lora({ rows: 128, columns: 96, weight: 0.05, delta: 0.00003 });

  it('is exact, and mostly lost', async () => {
    const task = lora.task(lora.v), result = await lora.world.judge(task, { survivalSample: 1e6 });
    expect(result.verdict).toBe('exact');
    expect(result.survival!.lostElements / result.elements).toBeGreaterThan(0.6);
  });

  it('is told from the base, from twice and from other factors', async () => {
    expect((await lora.judge(lora.w)).verdict).toBe('base');
    expect((await lora.judge(lora.scaled(2))).verdict).toBe('twice');
    for (const k of [0.5, 5.66, 1.5, 0.7]) {
      const result = await lora.judge(lora.scaled(k));
      expect(result.verdict).toBe('scaled');
      expect(Math.abs(result.scale! / k - 1)).toBeLessThan(0.03);
    }
  });

  it('is merged in half of the rows', async () => {
    expect(await lora.judge(lora.w.map((x, i) => (i < 64 * 96 ? lora.v[i]! : x)))).toMatchObject({ verdict: 'partial', note: { en: expect.stringMatching(/^rows [01]–6\d of 128$/) } });
  });

  it('is another one of the same kind', async () => {
    const other = new Lora({ rows: 128, columns: 96, weight: 0.05, delta: 0.00003, seed: 2 });
    expect((await lora.judge(lora.w.map((x, i) => x + other.d[i]!))).verdict).toBe('other');
    // An earlier checkpoint: nearly the same delta, but not a multiple of it.
    expect((await lora.judge(lora.w.map((x, i) => x + 0.8 * lora.d[i]! + 0.3 * other.d[i]!))).verdict).toBe('other');
  });

  it('vanishes', async () => {
    const tiny = new Lora({ delta: 1e-12 });
    expect((await tiny.judge(tiny.v)).verdict).toBe('no-effect');
    const zero = new Lora({ delta: 0 });
    expect((await zero.judge(zero.w)).verdict).toBe('no-effect');
  });
});

describe('square matrices', () => {
  it.each(DTYPES)('tell a transposed delta in %s', async (dtype) => {
    const lora = new Lora({ dtype, rows: 40, columns: 40 }), turned = lora.w.map((x, i) => x + lora.d[(i % 40) * 40 + Math.floor(i / 40)]!);
    expect((await lora.judge(turned)).verdict).toBe('transposed');
    const delta = rounded(dtype, lora.d);
    expect((await lora.judge(lora.w.map((x, i) => x + delta[(i % 40) * 40 + Math.floor(i / 40)]!))).verdict).toBe('transposed');
    expect((await lora.judge(lora.v.map((_, i, v) => v[(i % 40) * 40 + Math.floor(i / 40)]!))).verdict).toBe('other');
  });
});

describe('any factor', () => {
  it('is found within three per cent', async () => {
    await fc.assert(fc.asyncProperty(
      fc.double({ min: -8, max: 8, noNaN: true }).filter((k) => Math.abs(k) > 0.1 && Math.abs(k - 1) > 0.05 && Math.abs(k - 2) > 0.05),
      fc.constantFrom<DType>('BF16', 'F16', 'F32'), fc.constantFrom(0.0005, 0.005, 0.05), fc.integer({ min: 1, max: 1000 }),
      async (k, dtype, delta, seed) => {
        const lora = new Lora({ dtype, delta, seed }), result = await lora.judge(lora.scaled(k));
        expect(result.verdict).toBe('scaled');
        expect(Math.abs(result.scale! / k - 1)).toBeLessThan(0.03);
      },
    ), { numRuns: 60 });
  });
});
