import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteCount, decodeElements, encodeElements, valueTable, type DType } from '../../src/tensors/index.ts';
import { hasSteps, StepCounter, stepDistance, stepDistances } from '../../src/proofs/index.ts';
import { gridOf, isNarrower, type GridDType } from '../../src/proofs/grid.ts';

const SMALL: DType[] = ['BF16', 'F16', 'F8_E4M3', 'F8_E5M2', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ', 'F8_E8M0'];
const GRIDS: GridDType[] = ['BF16', 'F16', 'F8_E5M2', 'F32', 'F64'];

const pattern = (dtype: DType, bits: number): Uint8Array => {
  const bytes = new Uint8Array(byteCount(dtype, [1]));
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(bits / 2 ** (8 * i)) % 256;
  return bytes;
};
const encode = (dtype: DType, value: number): Uint8Array => {
  const bytes = new Uint8Array(byteCount(dtype, [1]));
  encodeElements(dtype, Float64Array.of(value), bytes);
  return bytes;
};

describe('steps of a dtype', () => {
  it.each(SMALL)('are one between neighbours, over all of %s', (dtype) => {
    const values = [...valueTable(dtype)].map((value, bits) => ({ value, bits })).filter(({ value }) => value === value).sort((a, b) => a.value - b.value || b.bits - a.bits);
    for (let i = 1; i < values.length; i++) {
      const [a, b] = [values[i - 1]!, values[i]!], distance = stepDistance(dtype, pattern(dtype, a.bits), pattern(dtype, b.bits));
      if (distance !== (a.value === b.value ? 0 : 1)) expect([a, b, distance]).toEqual('one step apart');
    }
    const [first, last] = [values[0]!, values.at(-1)!];
    expect(stepDistance(dtype, pattern(dtype, first.bits), pattern(dtype, last.bits))).toBe(new Set(values.map(({ value }) => value)).size - 1);
  });

  it('count across zero, and to infinity', () => {
    expect(stepDistance('F32', encode('F32', -(2 ** -149)), encode('F32', 2 ** -149))).toBe(2);
    expect(stepDistance('F32', encode('F32', -0), encode('F32', 0))).toBe(0);
    expect(stepDistance('F32', encode('F32', 3.4028234663852886e38), encode('F32', Infinity))).toBe(1);
    expect(stepDistance('F64', encode('F64', 1), encode('F64', 1 + 2 ** -52))).toBe(1);
    expect(stepDistance('F64', encode('F64', -(2 ** -1074)), encode('F64', 3 * 2 ** -1074))).toBe(4);
    expect(stepDistance('BF16', encode('BF16', 1), encode('BF16', -1))).toBe(2 * 0x3f80);
  });

  it('do not compare payloads, but tell a NaN from a number', () => {
    for (const [dtype, a, b, one] of [['F32', 0x7fc00000, 0xff812345, 0x3f800000], ['BF16', 0x7fc0, 0xff81, 0x3f80], ['F8_E4M3', 0x7f, 0xff, 0x38]] as const) {
      expect(stepDistance(dtype, pattern(dtype, a), pattern(dtype, b))).toBe(0);
      expect(stepDistance(dtype, pattern(dtype, a), pattern(dtype, one))).toBeNaN();
    }
    expect(stepDistance('F64', encode('F64', NaN), encode('F64', NaN))).toBe(0);
    expect(stepDistance('F64', encode('F64', NaN), encode('F64', 1))).toBeNaN();
  });

  it('exist for floats of whole bytes', () => {
    expect(['F64', 'F8_E8M0', 'I32', 'F4', 'C64', 'BOOL'].map((dtype) => hasSteps(dtype as DType))).toEqual([true, true, false, false, false, false]);
    expect(() => stepDistances('I32', new Uint8Array(4), new Uint8Array(4), new Float64Array(1))).toThrow(RangeError);
  });

  it('are counted in powers of two', () => {
    const counter = new StepCounter();
    for (const distance of [0, 0, 1, 2, 3, 4, 5, 8, 9, NaN]) counter.add(distance);
    expect(counter.histogram).toEqual({ counts: [2, 1, 1, 2, 2, 1], nan: 1 });
    expect([counter.differing, counter.max]).toEqual([8, 9]);
    expect(new StepCounter().histogram).toEqual({ counts: [0], nan: 0 });
  });
});

describe('the grid of a dtype', () => {
  const value = fc.oneof(fc.double(), fc.double({ min: -2, max: 2 }), fc.double({ min: -1e-38, max: 1e-38 }), fc.double({ min: -7e4, max: 7e4 }), fc.float());

  it.each(GRIDS)('rounds to %s as encoding does', (dtype) => {
    fc.assert(fc.property(value, (x) => {
      const want = new Float64Array(1), near = gridOf(dtype).round(x);
      decodeElements(dtype, encode(dtype, x), want);
      expect(Object.is(near + 0, want[0]! + 0)).toBe(true);
    }), { numRuns: 3000 });
  });

  it.each(GRIDS)('measures distances in %s as bit patterns do', (dtype) => {
    fc.assert(fc.property(value, value, (x, y) => {
      const grid = gridOf(dtype), a = grid.round(x), b = grid.round(y), want = stepDistance(dtype, encode(dtype, a), encode(dtype, b)), got = grid.distance(a, b);
      if (!(want >= 2 ** 50 && dtype === 'F64')) expect(got).toBe(want);
      else expect(Math.abs(got / want - 1)).toBeLessThan(1e-12);
    }), { numRuns: 3000 });
  });

  it.each(GRIDS)('cuts off towards zero in %s', (dtype) => {
    fc.assert(fc.property(value.filter((x) => x === x), (x) => {
      const grid = gridOf(dtype), cut = grid.towardZero(x);
      expect(Object.is(grid.round(cut) + 0, cut + 0)).toBe(true);
      expect(Math.abs(cut)).toBeLessThanOrEqual(Math.abs(x));
      if (Math.abs(x) < Infinity && Math.abs(grid.round(x)) < Infinity) expect(Math.abs(x) - Math.abs(cut)).toBeLessThan(grid.step(x) || 1);
    }), { numRuns: 3000 });
  });

  it('knows which dtype holds all of another', () => {
    expect(isNarrower('BF16', 'F32') && isNarrower('F16', 'F32') && isNarrower('F8_E5M2', 'F16')).toBe(true);
    expect(isNarrower('BF16', 'F16') || isNarrower('F16', 'BF16') || isNarrower('F32', 'F32') || isNarrower('I8', 'F32')).toBe(false);
  });
});
