import { describe, expect, it } from 'vitest';
import { add, cast, matmul, reshape, rows, scale, transpose, type DType, type Expression } from '../../src/tensors/index.ts';
import { lowRankStep, type VerifyTask } from '../../src/proofs/index.ts';
import { encoded, Lora, normal, random, rounded, World } from './world.ts';

const task = (name: string, rest: Omit<VerifyTask, 'name'>): VerifyTask => ({ name, ...rest });
const values = (count: number, seed = 1, sigma = 0.05) => normal(random(seed), count, sigma);

describe('untouched tensors', () => {
  const world = new World(), w = values(600), base = world.tensor('BF16', [20, 30], w);
  const judge = (merged: Expression) => world.judge(task('w', { kind: 'untouched', base, merged }));

  it('are untouched, or changed', async () => {
    expect(await judge(world.tensor('BF16', [20, 30], w))).toMatchObject({ verdict: 'untouched', elements: 600, differing: 0 });
    const off = w.slice();
    off[3] = 1;
    expect(await judge(world.tensor('BF16', [20, 30], off))).toMatchObject({ verdict: 'changed', differing: 1 });
    expect((await judge(world.tensor('BF16', [30, 20], w)))).toMatchObject({ verdict: 'changed', note: { en: 'shape [30, 20] instead of [20, 30]' } });
  });

  it('may change by a step nowhere', async () => {
    const bytes = encoded('BF16', w);
    bytes[0]! ^= 1;
    expect(await judge(world.bytes('BF16', [20, 30], bytes))).toMatchObject({ verdict: 'changed', differing: 1, maxUlp: 1, histogram: { counts: [599, 1], nan: 0 } });
  });

  it('may be stored in another dtype', async () => {
    expect(await judge(world.tensor('F32', [20, 30], rounded('BF16', w)))).toMatchObject({ verdict: 'untouched', note: { en: 'stored as F32, the base as BF16' } });
    expect((await judge(world.tensor('F16', [20, 30], rounded('BF16', w)))).verdict).toBe('untouched');
    expect((await judge(world.tensor('F32', [20, 30], w))).verdict).toBe('changed');
    const wide = world.tensor('F32', [20, 30], w), cut = new Uint8Array(1200), source = encoded('F32', w);
    for (let i = 0; i < 600; i++) cut.set(source.subarray(4 * i + 2, 4 * i + 4), 2 * i);
    expect((await world.judge(task('w', { kind: 'untouched', base: wide, merged: world.bytes('BF16', [20, 30], cut) }))).verdict).toBe('untouched');
  });

  it('may be anything', async () => {
    for (const dtype of ['I64', 'U8', 'BOOL', 'F8_E4M3', 'F8_E8M0', 'C64', 'F4'] as DType[]) {
      const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) % 126), other = bytes.slice(), count = dtype === 'F4' ? 128 : dtype === 'I64' || dtype === 'C64' ? 8 : 64;
      other[9]! ^= 1;
      const own = world.bytes(dtype, [count], bytes), judgeOwn = (merged: Expression) => world.judge(task('w', { kind: 'untouched', base: own, merged }));
      expect((await judgeOwn(world.bytes(dtype, [count], bytes.slice()))).verdict).toBe('untouched');
      expect(await judgeOwn(world.bytes(dtype, [count], other))).toMatchObject({ verdict: 'changed', differing: 1 });
    }
    expect((await judge(world.bytes('I16', [20, 30], encoded('BF16', w)))).verdict).toBe('changed');
    expect((await judge(world.bytes('F8_E4M3', [20, 30], new Uint8Array(600))))).toMatchObject({ verdict: 'changed', note: { en: expect.stringContaining('F8_E4M3 cannot be compared') } });
  });

  it('are the same with other zeros and other NaN', async () => {
    const special = Float64Array.from([0, NaN, Infinity, 1]), own = world.tensor('F32', [4], special);
    const twin = new Float32Array([-0, NaN, Infinity, 1]);
    new Uint32Array(twin.buffer)[1] = 0xffc12345;
    const judgeOwn = (merged: Expression) => world.judge(task('w', { kind: 'untouched', base: own, merged }));
    expect((await judgeOwn(world.bytes('F32', [4], new Uint8Array(twin.buffer)))).verdict).toBe('untouched');
    expect((await judgeOwn(world.tensor('F32', [4], Float64Array.from([0, 2, Infinity, 1]))))).toMatchObject({ verdict: 'changed', differing: 1, histogram: { nan: 1 } });
  });
});

describe('full tensors', () => {
  const world = new World(), w = values(600), t = values(600, 2), base = world.tensor('BF16', [20, 30], w);
  const judge = (merged: Expression, value: Expression = world.tensor('BF16', [20, 30], t)) => world.judge(task('w', { kind: 'full', base, value, merged }));
  const stored = (x: Float64Array, dtype: DType = 'BF16', shape = [20, 30]) => world.tensor(dtype, shape, x);

  it('replace', async () => {
    expect((await judge(stored(t))).verdict).toBe('replaced');
    expect((await judge(stored(w))).verdict).toBe('base');
    expect((await judge(stored(values(600, 3)))).verdict).toBe('other');
    expect(await judge(stored(w.map((x, i) => (i < 300 ? t[i]! : x))))).toMatchObject({ verdict: 'partial', note: { en: 'rows 0–9 of 20' } });
    expect((await judge(stored(w), base)).verdict).toBe('replaced');
  });

  it('are rounded once when they come in another dtype', async () => {
    const wide = stored(t, 'F32');
    expect((await judge(stored(t), wide)).verdict).toBe('replaced');
    const bytes = encoded('F32', t), cut = new Uint8Array(1200);
    for (let i = 0; i < 600; i++) cut.set(bytes.subarray(4 * i + 2, 4 * i + 4), 2 * i);
    expect(await judge(world.bytes('BF16', [20, 30], cut), wide)).toMatchObject({ verdict: 'rounding', note: { en: 'cut-off' } });
    // Nothing to round: a step off is another tensor.
    expect((await judge(world.bytes('BF16', [20, 30], cut))).verdict).toBe('other');
  });

  it('may have more rows', async () => {
    const grown = stored(values(690, 4), 'BF16', [23, 30]);
    expect((await judge(stored(values(690, 4), 'BF16', [23, 30]), grown)).verdict).toBe('replaced');
    expect(await judge(stored(values(690, 5), 'BF16', [23, 30]), grown)).toMatchObject({ verdict: 'other' });
    expect(await judge(base, grown)).toMatchObject({ verdict: 'base', note: { en: '20 rows of the vocabulary instead of 23', zh: '词表有 20 行，应为 23 行' } });
    expect((await judge(stored(t), grown)).verdict).toBe('other');
  });

  it('may be new', async () => {
    const value = stored(t);
    expect((await world.judge(task('head', { kind: 'full', value, merged: stored(t) }))).verdict).toBe('replaced');
    expect((await world.judge(task('head', { kind: 'full', value, merged: stored(w) }))).verdict).toBe('other');
  });

  it('may be single rows', async () => {
    const own = rows(base, [3, 7], stored(t.subarray(0, 60), 'BF16', [2, 30]));
    const right = w.slice();
    right.set(t.subarray(0, 30), 90);
    right.set(t.subarray(30, 60), 210);
    expect((await judge(stored(right), own)).verdict).toBe('replaced');
    expect((await judge(stored(w), own)).verdict).toBe('base');
    const half = right.slice();
    half.set(w.subarray(210, 240), 210);
    expect(await judge(stored(half), own)).toMatchObject({ verdict: 'partial', note: { en: 'rows 3 of 20' } });
  });
});

describe('tensors that are not there, or not asked for', () => {
  it('are missing and extra', async () => {
    const world = new World(), w = world.tensor('F32', [4], values(4));
    expect(await world.judge(task('w', { kind: 'untouched', base: w }))).toEqual({ name: 'w', kind: 'untouched', verdict: 'missing', elements: 4, differing: 0, maxUlp: 0 });
    expect((await world.judge(task('w', { kind: 'extra', merged: w }))).verdict).toBe('extra');
  });

  it('may be empty or a single number', async () => {
    const world = new World(), empty = world.tensor('F32', [0, 4], values(0)), scalar = world.tensor('F32', [], Float64Array.of(2));
    expect((await world.judge(task('w', { kind: 'untouched', base: empty, merged: empty }))).verdict).toBe('untouched');
    expect((await world.judge(task('w', { kind: 'untouched', base: scalar, merged: world.tensor('F32', [], Float64Array.of(3)) }))).verdict).toBe('changed');
  });
});

describe('several adapters', () => {
  const world = new World(), shape = [24, 32], w = rounded('BF16', values(768)), base = world.tensor('BF16', shape, w), next = random(11);
  const parts = [0, 1].map(() => {
    const b = rounded('F32', normal(next, 24 * 2, 0.1)), a = rounded('F32', normal(next, 2 * 32, 0.1));
    const d = w.map((_, i) => 2 * (b[Math.floor(i / 32) * 2]! * a[i % 32]! + b[Math.floor(i / 32) * 2 + 1]! * a[32 + (i % 32)]!));
    return { d, step: lowRankStep(shape, { b: world.tensor('F32', [24, 2], b), a: world.tensor('F32', [2, 32], a), scale: 2 }) };
  });
  const value = parts.reduce<Expression>((sum, { step }) => add(sum, step.delta), base), [first, second] = parts.map(({ d }) => d) as [Float64Array, Float64Array];
  const judge = (x: Float64Array) => world.judge(task('w', { kind: 'delta', base, value, steps: parts.map(({ step }) => step), adapters: 2, merged: world.tensor('BF16', shape, x) }));
  const plus = (x: Float64Array, d: Float64Array, k = 1) => x.map((y, i) => y + k * d[i]!);

  it('round after each', async () => {
    expect((await judge(plus(plus(w, first), second))).verdict).toBe('exact');
    expect(await judge(plus(rounded('BF16', plus(w, first)), second))).toMatchObject({ verdict: 'rounding', note: { en: 'peft' } });
    const safely = plus(rounded('BF16', plus(w, rounded('BF16', first))), rounded('BF16', second));
    expect(await judge(safely)).toMatchObject({ verdict: 'rounding', note: { en: 'peft-safe' } });
    expect((await judge(plus(rounded('BF16', plus(w, second)), first))).verdict).toBe('rounding');
  });

  it('are twice, scaled, half', async () => {
    expect((await judge(plus(plus(w, first, 2), second, 2))).verdict).toBe('twice');
    expect((await judge(plus(plus(w, first, 0.5), second, 0.5))).verdict).toBe('scaled');
    expect((await judge(plus(w, first))).verdict).toBe('other');
    expect((await judge(w)).verdict).toBe('base');
  });

  it('start from a full tensor', async () => {
    const t = rounded('BF16', values(768, 21)), start = world.tensor('BF16', shape, t), own = { kind: 'delta' as const, base, start, value: add(start, parts[0]!.step.delta), steps: [parts[0]!.step] };
    const judgeOwn = (x: Float64Array) => world.judge(task('w', { ...own, merged: world.tensor('BF16', shape, x) }));
    expect((await judgeOwn(plus(t, first))).verdict).toBe('exact');
    expect((await judgeOwn(w)).verdict).toBe('base');
    expect((await judgeOwn(plus(t, first, 2))).verdict).toBe('twice');
    expect((await judgeOwn(t)).verdict).toBe('other');
  });
});

describe('other layouts', () => {
  it('of embeddings and Conv1D: factors turned', async () => {
    const world = new World(), next = random(31), w = rounded('F16', values(40 * 24)), base = world.tensor('F16', [40, 24], w);
    const A = rounded('F32', normal(next, 3 * 40, 0.1)), B = rounded('F32', normal(next, 24 * 3, 0.1));
    const d = w.map((_, i) => { let sum = 0; for (let k = 0; k < 3; k++) sum += A[k * 40 + Math.floor(i / 24)]! * B[(i % 24) * 3 + k]!; return 1.5 * sum; });
    const step = lowRankStep([40, 24], { b: transpose(world.tensor('F32', [3, 40], A)), a: transpose(world.tensor('F32', [24, 3], B)), scale: 1.5 });
    const judge = (x: Float64Array) => world.judge(task('w', { kind: 'delta', base, value: add(base, step.delta), steps: [step], merged: world.tensor('F16', [40, 24], x) }));
    expect((await judge(w.map((x, i) => x + d[i]!))).verdict).toBe('exact');
    const delta = rounded('F16', d);
    expect(await judge(w.map((x, i) => x + delta[i]!))).toMatchObject({ verdict: 'rounding', note: { en: 'peft-safe' } });
    expect((await judge(w.map((x, i) => x + 3 * d[i]!))).verdict).toBe('scaled');
  });

  it('of kernels', async () => {
    const world = new World(), next = random(41), shape = [8, 4, 3, 3], w = rounded('F32', values(288)), base = world.tensor('F32', shape, w);
    const b = rounded('F32', normal(next, 16, 0.1)), a = rounded('F32', normal(next, 72, 0.1));
    const d = w.map((_, i) => b[Math.floor(i / 36) * 2]! * a[i % 36]! + b[Math.floor(i / 36) * 2 + 1]! * a[36 + (i % 36)]!);
    const factors = { b: world.tensor('F32', [8, 2], b), a: world.tensor('F32', [2, 36], a), scale: 1 }, step = lowRankStep(shape, factors);
    const value = reshape(shape, add(reshape([8, 36], base), scale(1, matmul(factors.b, factors.a))));
    const judge = (x: Float64Array) => world.judge(task('w', { kind: 'delta', base, value, steps: [step], merged: world.tensor('F32', shape, x) }));
    expect((await judge(w.map((x, i) => x + d[i]!))).verdict).toBe('exact');
    expect((await judge(w.map((x, i) => x + 2 * d[i]!))).verdict).toBe('twice');
    expect(await judge(w.map((x, i) => x + (i < 36 ? d[i]! : 0)))).toMatchObject({ verdict: 'partial', note: { en: 'rows 0 of 8' } });
  });

  it('of biases', async () => {
    const world = new World(), w = rounded('F32', values(64)), x = rounded('F32', values(64, 2)), base = world.tensor('F32', [64], w), delta = scale(1 / 3, world.tensor('F32', [64], x));
    const judge = (y: Float64Array) => world.judge(task('b', { kind: 'delta', base, value: add(base, delta), steps: [{ delta }], merged: world.tensor('F32', [64], y) }));
    expect((await judge(w.map((y, i) => y + x[i]! / 3))).verdict).toBe('exact');
    expect((await judge(w.map((y, i) => y + Math.fround(Math.fround(1 / 3) * x[i]!)))).verdict).toBe('rounding');
    expect((await judge(w.map((y, i) => y + x[i]!))).verdict).toBe('scaled');
    expect(await judge(w.map((y, i) => y + (i < 32 ? x[i]! / 3 : 0)))).toMatchObject({ verdict: 'partial', note: { en: 'rows 0–31 of 64' } });
  });

  it('of experts', async () => {
    const world = new World(), next = random(51), w = rounded('BF16', values(4 * 6 * 10)), base = world.tensor('BF16', [4, 6, 10], w), d = new Float64Array(240);
    const factors = [0, 1, 2, 3].map((expert) => {
      const b = rounded('F32', normal(next, 12, 0.2)), a = rounded('F32', normal(next, 20, 0.2));
      for (let i = 0; i < 60; i++) d[expert * 60 + i] = b[Math.floor(i / 10) * 2]! * a[i % 10]! + b[Math.floor(i / 10) * 2 + 1]! * a[10 + (i % 10)]!;
      return { b: world.tensor('F32', [6, 2], b), a: world.tensor('F32', [2, 10], a), scale: 1 };
    });
    const delta = world.tensor('F64', [4, 6, 10], d), judge = (x: Float64Array) => world.judge(task('w', { kind: 'delta', experts: true, base, value: add(base, delta), steps: [{ delta, factors }], merged: world.tensor('BF16', [4, 6, 10], x) }));
    expect((await judge(w.map((x, i) => x + d[i]!))).verdict).toBe('exact');
    const single = rounded('BF16', d);
    expect(await judge(w.map((x, i) => x + single[i]!))).toMatchObject({ verdict: 'rounding', note: { en: 'peft-safe' } });
    expect(await judge(w.map((x, i) => x + (Math.floor(i / 60) % 2 === 1 ? d[i]! : 0)))).toMatchObject({ verdict: 'partial', note: { en: 'experts 1, 3 of 4', zh: '4 专家中的第 1、3 专家' } });
  });

  it('with rows that tokens replaced', async () => {
    const lora = new Lora({ dtype: 'BF16' }), plain = lora.task(lora.v), tokens = rounded('BF16', values(2 * 40, 9)), put = (x: Float64Array) => { const y = x.slice(); y.set(tokens.subarray(0, 40), 200); y.set(tokens.subarray(40), 400); return y; };
    const value = rows(plain.value!, [5, 10], cast('F64', lora.world.tensor('BF16', [2, 40], tokens)));
    const judge = (x: Float64Array) => lora.world.judge({ ...plain, value, replacedRows: [5, 10], merged: lora.world.tensor('BF16', lora.shape, x) });
    expect((await judge(put(lora.v))).verdict).toBe('exact');
    expect((await judge(put(lora.scaled(2)))).verdict).toBe('twice');
    expect((await judge(put(lora.scaled(0.5)))).verdict).toBe('scaled');
    expect(await judge(put(lora.w))).toMatchObject({ verdict: 'partial', note: { en: 'rows 5, 10 of 48' } });
    expect(await judge(lora.v)).toMatchObject({ verdict: 'other' });
  });
});

describe('weights that are not finite', () => {
  it('do not disturb', async () => {
    const lora = new Lora({ dtype: 'F16' }), w = lora.w.slice();
    w[5] = NaN;
    w[77] = Infinity;
    const base = lora.world.tensor('F16', lora.shape, w), plain = lora.task(lora.v), value = add(base, plain.steps![0]!.delta);
    const judge = (k: number) => lora.world.judge({ ...plain, base, value, merged: lora.world.tensor('F16', lora.shape, w.map((x, i) => x + k * lora.d[i]!)) });
    expect((await judge(1)).verdict).toBe('exact');
    expect((await judge(0)).verdict).toBe('base');
    expect((await judge(2)).verdict).toBe('twice');
    expect((await judge(0.5)).verdict).toBe('scaled');
  });
});
