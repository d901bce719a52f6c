/** Functions of our own against series summed in fixed point, with 300 bits behind the point. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cos, erf, erfc, exp, expm1, FUNCTIONS, sigmoid, sin, tanh } from '../../src/tensors/functions.ts';

const BITS = 300n, ONE = 1n << BITS;
/** A float64 as fixed point, exactly: those used here have no bits below 2^-300. */
const fixed = (x: number): bigint => { let e = 0, m = x; while (m !== Math.trunc(m)) { m *= 2; e++; } return (BigInt(m) << BITS) >> BigInt(e); };
const times = (a: bigint, b: bigint): bigint => (a * b) >> BITS;
const over = (a: bigint, b: bigint): bigint => (a << BITS) / b;

/** Σ xⁿ/n! over every `step`-th n from `first` on, signs alternating or not. */
function series(x: bigint, first: number, step: number, alternating: boolean): bigint {
  let sum = 0n, term = ONE;
  for (let n = 0, sign = 1n; n < 400; n++) {
    if (n >= first && (n - first) % step === 0) { sum += sign * term; if (alternating) sign = -sign; }
    term = times(term, x) / BigInt(n + 1);
  }
  return sum;
}
const trueExp = (x: bigint): bigint => (x < 0n ? over(ONE, series(-x, 0, 1, false)) : series(x, 0, 1, false));
const trueErf = (x: bigint): bigint => {
  let sum = 0n, term = x;
  for (let n = 0; n < 600; n++) { sum += term / BigInt(2 * n + 1) * (n % 2 === 0 ? 1n : -1n); term = times(times(term, x), x) / BigInt(n + 1); }
  return over(2n * sum, SQRT_PI);
};
/** √π from Γ(½), rounded down. */
const SQRT_PI = ((): bigint => {
  const arctan = (k: bigint): bigint => { let s = 0n, p = ONE / k; for (let n = 1n, g = 1n; p > 0n; n += 2n, g = -g, p /= k * k) s += g * p / n; return s; };
  const pi = 4n * (arctan(2n) + arctan(3n));
  let root = 1n << 451n;
  for (let next = 0n; ; root = next) { next = (root + (pi << BITS) / root) >> 1n; if (next >= root) return root; }
})();

/** 2^bits times the distance from the true value, relative to it or to `against`. */
const off = (got: number, want: bigint, against = want): number => Math.abs(Number(((fixed(got) - want) << 60n) / (against === 0n ? 1n : against))) / 2 ** 10;
const TINY = 2 ** -50;
/** Names of what is further off than that. */
const wrong = (...checks: (readonly [name: string, got: number, want: bigint, against?: bigint])[]): string[] =>
  checks.filter(([, got, want, against]) => off(got, want, against) / 2 ** 50 > TINY).map(([name]) => name);
const argument = (most: number) => fc.double({ min: -most, max: most, noNaN: true }).map((x) => Math.round(x * 2 ** 60) / 2 ** 60);

describe('within 2^-50 of the true value', () => {
  const all = (most: number, see: (x: number, exact: bigint) => void) => { fc.assert(fc.property(argument(most), (x) => see(x, fixed(x))), { numRuns: 300 }); };
  it('exp and its relatives', () => {
    all(40, (x, exact) => {
      const e = trueExp(exact), square = times(e, e);
      expect(wrong(['exp', exp(x), e], ['sigmoid', sigmoid(x), over(e, e + ONE)])).toEqual([]);
      if (x !== 0) expect(wrong(['expm1', expm1(x), e - ONE], ['tanh', tanh(x), over(square - ONE, square + ONE)])).toEqual([]);
    });
  });
  it('sine and cosine', () => {
    all(30, (x, exact) => { expect(wrong(['sin', sin(x), series(exact, 1, 2, true), ONE], ['cos', cos(x), series(exact, 0, 2, true), ONE])).toEqual([]); });
  });
  it('the error functions', () => {
    all(5, (x, exact) => { expect(wrong(['erf', erf(x), trueErf(exact), ONE], ['erfc', erfc(x), ONE - trueErf(exact), ONE])).toEqual([]); });
  });
});

describe('at the edges', () => {
  it('sine and cosine of huge angles', () => {
    // The usual test of an argument reduction.
    expect(sin(1e22)).toBeCloseTo(-0.8522008497671888, 15);
    expect(cos(1e22)).toBeCloseTo(0.5232147853951389, 15);
    for (const x of [2 ** 20 + 0.5, 1e15, 2 ** 100, 1.7e308]) {
      expect(sin(x) ** 2 + cos(x) ** 2).toBeCloseTo(1, 14);
      expect([sin(-x), cos(-x)]).toEqual([-sin(x), cos(x)]);
    }
    expect(sin(Math.PI)).toBe(1.2246467991473532e-16);
    expect([sin(Infinity), cos(NaN)]).toEqual([NaN, NaN]);
    expect(Object.is(sin(-0), -0)).toBe(true);
  });
  it('what is too large, too small or nothing', () => {
    expect([exp(-800), exp(800), exp(0), tanh(50), tanh(-50), erf(9), erf(-9), erfc(40), expm1(-99)]).toEqual([0, Infinity, 1, 1, -1, 1, -1, 0, -1]);
    for (const [name, value] of Object.entries(FUNCTIONS)) expect(value(NaN), name).toBeNaN();
    expect(exp(-745.2)).toBe(0);
    expect(exp(-744)).toBe(1e-323);
  });
  it('activations bend where they should', () => {
    const at = (name: string) => [-20, -1, 0, 1, 20].map((x) => Number(FUNCTIONS[name]!(x).toPrecision(6)));
    expect(at('relu')).toEqual([0, 0, 0, 1, 20]);
    expect(at('relu6')).toEqual([0, 0, 0, 1, 6]);
    expect(at('leaky_relu')).toEqual([-0.2, -0.01, 0, 1, 20]);
    expect(at('gelu').slice(1)).toEqual([-0.158655, 0, 0.841345, 20]);
    expect(at('gelu_new').slice(1)).toEqual([-0.158808, 0, 0.841192, 20]);
    expect(at('silu').slice(1)).toEqual([-0.268941, 0, 0.731059, 20]);
    expect(at('mish').slice(1)).toEqual([-0.303401, 0, 0.865098, 20]);
    expect(at('prelu')).toEqual([-5, -0.25, 0, 1, 20]);
    expect(at('sqrtsoftplus')).toEqual([0.0000453999, 0.559698, 0.832555, 1.14598, 4.47214]);
    expect(at('hardswish').slice(1)).toEqual([-0.333333, 0, 0.666667, 20]);
  });
});
