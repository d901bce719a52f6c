/**
 * @module
 * Functions of one number with one result everywhere: only +, −, ×, ÷, square roots and bits, which IEEE 754 fixes,
 * never the host's `Math`, whose last bits differ from engine to engine. exp, expm1, tanh, sigmoid, sin and cos are within
 * 2^-50 of the true value relative to it, at any argument; those that end in 1 + or 1 − something within 2^-50 of one.
 * Evidence: tests/tensors/functions.test.ts, against big integers.
 */
import { log } from './random/logarithm.ts';

/** ln 2 and π/2 in parts. Multiples up to 2^20 of all but the last are exact: they have at most 33 bits. */
const LN2 = [5954088943 / 8589934592, 7.440617110012397e-11] as const;
const HALF_PI = [6746518852 / 4294967296, 2242054355 / 36893488147419103232, 2.0222662487959506e-21] as const;
/** Beyond it the multiple of π/2 is found with big integers. */
const ANGLE_PLAIN_MAX = 2 ** 20;
/** exp is 0 or infinite beyond. */
const EXP_MIN = -746, EXP_MAX = 710;
/** tanh and erf are ±1 to the last bit beyond. */
const TANH_ONE = 22, ERF_ONE = 6;
/** Where erfc by its continued fraction takes over from the series of erf. */
const FRACTION_MIN = 2;
/** Terms of that continued fraction; at 2 they give 50 bits of a value below 0.005. */
const FRACTION_TERMS = 80;
const SQRT_PI = 1.772453850905516, SQRT_HALF = 0.7071067811865476, SQRT_2_OVER_PI = 0.7978845608028654;

const f64 = new Float64Array(1), u32 = new Uint32Array(f64.buffer);

/** 2^k for a normal number. `**` of the host may be a logarithm away from it. */
function power(k: number): number {
  u32[0] = 0;
  u32[1] = (k + 1023) << 20;
  return f64[0]!;
}

const rounded = (x: number): number => (Math.abs(x) < 2 ** 51 ? x + 1.5 * 2 ** 52 - 1.5 * 2 ** 52 : x);

/** Coefficients 1/n! from n = 2 on. */
const FACTORIALS: readonly number[] = ((): number[] => {
  const of: number[] = [];
  for (let n = 2, f = 2; n <= 20; n++, f *= n) of.push(1 / f);
  return of;
})();

/** k and e^r − 1 with x = k·ln 2 + r, |r| ≤ ½ ln 2. */
function exponent(x: number): readonly [k: number, p: number] {
  const k = rounded(x / 0.6931471805599453), r = x - k * LN2[0] - k * LN2[1];
  let q = 0;
  for (let n = 13; n >= 0; n--) q = q * r + FACTORIALS[n]!;
  return [k, r + r * r * q];
}

/** e^x. */
export function exp(x: number): number {
  if (x !== x) return NaN;
  if (x < EXP_MIN) return 0;
  if (x > EXP_MAX) return Infinity;
  const [k, p] = exponent(x), half = rounded(k / 2);
  return (1 + p) * power(half) * power(k - half);
}

/** e^x − 1, exact to the last bits near 0. */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 40)) return x < 0 ? -1 : exp(x) - 1;
  const [k, p] = exponent(x), scale = power(k);
  return k === 0 ? p : scale * p + (scale - 1);
}

/** Hyperbolic tangent. */
export function tanh(x: number): number {
  if (!(Math.abs(x) < TANH_ONE)) return x !== x ? NaN : x < 0 ? -1 : 1;
  if (x === 0) return x;
  const t = expm1(2 * Math.abs(x)), y = t / (t + 2);
  return x < 0 ? -y : y;
}

/** 1 / (1 + e^−x). */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** e^−x² without the rounding of x² in the exponent. */
function gauss(x: number): number {
  const high = Math.fround(x);
  return exp(-high * high) * exp((high - x) * (high + x));
}

/** 2/√π · e^−x² · Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign. */
function erfSeries(x: number): number {
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 2 ** -60; n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / SQRT_PI * gauss(x) * sum;
}

/** erfc by its continued fraction, for x ≥ 2. */
function erfcFraction(x: number): number {
  let tail = 0;
  for (let n = FRACTION_TERMS; n >= 1; n--) tail = n / 2 / (x + tail);
  return gauss(x) / ((x + tail) * SQRT_PI);
}

/** Error function. */
export function erf(x: number): number {
  if (!(Math.abs(x) < ERF_ONE)) return x !== x ? NaN : x < 0 ? -1 : 1;
  if (Math.abs(x) < FRACTION_MIN) return erfSeries(x);
  return x < 0 ? erfcFraction(-x) - 1 : 1 - erfcFraction(x);
}

/** 1 − erf(x). */
export function erfc(x: number): number {
  return x >= FRACTION_MIN ? (x < 28 ? erfcFraction(x) : 0) : 1 - erf(x);
}

/** x = k·π/2 + r with |r| ≤ π/4: k modulo 4, and r. */
function angle(x: number): readonly [quadrant: number, r: number] {
  if (Math.abs(x) > ANGLE_PLAIN_MAX) return hugeAngle(x);
  const k = rounded(x / 1.5707963267948966);
  return [((k % 4) + 4) % 4, x - k * HALF_PI[0] - k * HALF_PI[1] - k * HALF_PI[2]];
}

/** Bits behind the point of 2/π: enough for the largest float64, 2^1024, and 250 more. */
const TURN_BITS = 1280n;
let turn: bigint | undefined;

/** 2/π · 2^TURN_BITS, by Machin's formula. */
function twoOverPi(): bigint {
  if (turn === undefined) {
    const one = 1n << (TURN_BITS + 64n);
    const arctan = (inverse: bigint): bigint => {
      let sum = 0n, power = one / inverse;
      for (let n = 1n, sign = 1n; power > 0n; n += 2n, sign = -sign, power /= inverse * inverse) sum += sign * power / n;
      return sum;
    };
    turn = (one << (TURN_BITS + 1n)) / (16n * arctan(5n) - 4n * arctan(239n));
  }
  return turn;
}

function hugeAngle(x: number): readonly [number, number] {
  f64[0] = Math.abs(x);
  const e = (u32[1]! >>> 20) - 1075, mantissa = (BigInt(u32[1]! & 0xfffff | 0x100000) << 32n) | BigInt(u32[0]!);
  const shift = TURN_BITS - BigInt(e), product = mantissa * twoOverPi();
  let k = product >> shift, fraction = product & ((1n << shift) - 1n);
  if (fraction >> (shift - 1n) === 1n) { k += 1n; fraction -= 1n << shift; }
  // 200 bits behind the point are far more than the closest float64 comes to a multiple of π/2.
  const r = Number(fraction >> (shift - 200n)) / 2 ** 100 / 2 ** 100 * 1.5707963267948966, quadrant = Number(k % 4n);
  return x < 0 ? [(4 - quadrant) % 4, -r] : [quadrant, r];
}

function sinePart(r: number): number {
  const z = r * r;
  let q = 0;
  for (let n = 17; n >= 1; n -= 2) q = (q * z) + FACTORIALS[n]! * ((n & 2) === 0 ? 1 : -1);
  // 1/3!, 1/5! … stand at 1, 3 …; their signs alternate from minus on.
  return r - r * z * q;
}

function cosinePart(r: number): number {
  const z = r * r;
  let q = 0;
  for (let n = 18; n >= 2; n -= 2) q = q * z + FACTORIALS[n]! * ((n & 2) === 0 ? -1 : 1);
  return 1 - (z / 2 - z * z * q);
}

/** Sine, of radians. */
export function sin(x: number): number {
  if (!(Math.abs(x) < Infinity)) return NaN;
  if (x === 0) return x;
  const [quadrant, r] = angle(x);
  switch (quadrant) {
    case 0: return sinePart(r);
    case 1: return cosinePart(r);
    case 2: return -sinePart(r);
    default: return -cosinePart(r);
  }
}

/** Cosine, of radians. */
export function cos(x: number): number {
  if (!(Math.abs(x) < Infinity)) return NaN;
  const [quadrant, r] = angle(x);
  switch (quadrant) {
    case 0: return cosinePart(r);
    case 1: return -sinePart(r);
    case 2: return -cosinePart(r);
    default: return sinePart(r);
  }
}

const relu = (x: number): number => (x > 0 ? x : x !== x ? NaN : 0);
const clip = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);
const gelu = (x: number): number => 0.5 * x * erfc(-x * SQRT_HALF);
const geluTanh = (x: number): number => 0.5 * x * (1 + tanh(SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)));

/** x · tanh(ln(1 + eˣ)), without a logarithm. */
function mish(x: number): number {
  if (x > TANH_ONE) return x;
  const n = exp(x), m = n * (n + 2);
  return x * (m / (m + 2));
}

/** √ln(1 + eˣ); 1 + eˣ is rounded, and what it lost is put back (Kahan). */
function sqrtSoftplus(x: number): number {
  if (x > 20) return Math.sqrt(x);
  const e = exp(x), u = 1 + e;
  return Math.sqrt(u === 1 ? e : log(u) * e / (u - 1));
}

/**
 * What `apply` nodes may name: the functions above, and activations under the names of transformers' ACT2FN, which makes
 * prelu anew with its slope of a quarter. xielu, whose parameters are rounded to bfloat16, is left out.
 */
export const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  exp, tanh, sigmoid, erf, sin, cos, relu,
  linear: (x) => x,
  relu2: (x) => relu(x) * relu(x), relu6: (x) => clip(x, 0, 6), leaky_relu: (x) => (x > 0 ? x : 0.01 * x), prelu: (x) => (x > 0 ? x : 0.25 * x),
  sqrtsoftplus: sqrtSoftplus,
  silu: (x) => x * sigmoid(x), swish: (x) => x * sigmoid(x), mish, hardswish: (x) => x * clip(x + 3, 0, 6) / 6,
  gelu, gelu_python: gelu, gelu_10: (x) => clip(gelu(x), -10, 10),
  gelu_new: geluTanh, gelu_accurate: geluTanh, gelu_pytorch_tanh: geluTanh, gelu_python_tanh: geluTanh,
  gelu_fast: (x) => 0.5 * x * (1 + tanh(x * 0.7978845608 * (1 + 0.044715 * x * x))),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  laplace: (x) => 0.5 * erfc(-(x - 0.707107) / 0.282095 * SQRT_HALF),
};

/** Whether there is a function of that name; names from files must not reach into a prototype. */
export const isFunction = (name: string): boolean => Object.hasOwn(FUNCTIONS, name);
