import { describe, expect, it } from 'vitest';
import { cast } from '../../src/tensors/index.ts';
import { joinSurvival, measureSurvival } from '../../src/proofs/index.ts';
import { Lora, rounded } from './world.ts';

const measure = (lora: Lora, sample?: number) => {
  const { base, value } = lora.task(lora.v);
  return measureSurvival({ base: base!, value: value!, stored: cast(lora.dtype, value!) }, lora.world.compile, sample === undefined ? {} : { sample });
};

describe('survival', () => {
  it('is counted over all elements', async () => {
    const lora = new Lora({ rows: 64, columns: 64, delta: 0.0002 }), stored = rounded('BF16', lora.v), { w, d } = lora;
    const changed = stored.filter((x, i) => x !== w[i]).length, lost = stored.filter((x, i) => x === w[i] && d[i] !== 0).length;
    const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, a, i) => sum + a * y[i]!, 0), realised = stored.map((x, i) => x - w[i]!);
    const found = await measure(lora);
    expect(found).toMatchObject({ elements: 4096, sampled: false, changedElements: changed, lostElements: lost });
    expect(lost).toBeGreaterThan(500);
    expect(found.cosine).toBeCloseTo(dot(d, realised) / Math.sqrt(dot(d, d) * dot(realised, realised)), 10);
    expect(found.normRatio).toBeCloseTo(Math.sqrt(dot(realised, realised) / dot(d, d)), 10);
  });

  it('is complete in float32 and nothing where there is no delta', async () => {
    expect(await measure(new Lora({ dtype: 'F32' }))).toMatchObject({ changedElements: 1920, lostElements: 0, cosine: expect.closeTo(1, 6), normRatio: expect.closeTo(1, 6) });
    expect(await measure(new Lora({ delta: 0 }))).toMatchObject({ changedElements: 0, lostElements: 0, cosine: 1, normRatio: 1 });
    expect(await measure(new Lora({ delta: 1e-12 }))).toMatchObject({ changedElements: 0, lostElements: 1920, cosine: 0, normRatio: 0 });
  });

  it('is estimated from a sample, the same every time', async () => {
    const lora = new Lora({ rows: 512, columns: 256, delta: 0.0002 }), all = await measure(lora), some = await measure(lora, 20000);
    expect(some.sampled).toBe(true);
    expect(some.elements).toBeGreaterThanOrEqual(20000);
    expect(some.elements).toBeLessThan(40000);
    expect(some.cosine).toBeCloseTo(all.cosine, 1);
    expect(some.lostElements / some.elements).toBeCloseTo(all.lostElements / all.elements, 1);
    expect(await measure(lora, 20000)).toEqual(some);
    expect((await measure(lora, 1e9)).sampled).toBe(false);
  });

  it('of several tensors is that of one', async () => {
    const parts = [await measure(new Lora({ delta: 0.0002 })), await measure(new Lora({ delta: 0.02, seed: 2 }))], joined = joinSurvival(parts);
    expect(joined.elements).toBe(3840);
    expect(joined.lostElements).toBe(parts[0]!.lostElements + parts[1]!.lostElements);
    expect(joined.cosine).toBeGreaterThan(parts[0]!.cosine);
    expect(joined.cosine).toBeLessThan(parts[1]!.cosine + 1e-9);
    expect(joinSurvival([])).toMatchObject({ elements: 0, cosine: 1 });
  });

  it('does not count NaN as changed', async () => {
    const lora = new Lora(), w = lora.w.slice();
    w[3] = NaN;
    const base = lora.world.tensor('BF16', lora.shape, w);
    expect(await measureSurvival({ base, value: base, stored: base }, lora.world.compile)).toMatchObject({ changedElements: 0, lostElements: 0, cosine: 1 });
  });
});
