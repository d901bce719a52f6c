/** @module The natural logarithm with a fixed result, for the generators: the host's may differ from engine to engine. */

/** ln 2 in two parts; the first has 32 bits, so its multiples by exponents are exact. */
const LN2 = [0.6931471803691238, 1.9082149292705877e-10] as const;
const SQRT2 = 1.4142135623730951;

/** ln x, of a positive number, within 2^-51 of the true value. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  // x = 2^k · m with m near 1: halving and doubling are exact.
  let k = 0, m = x;
  while (m > SQRT2) { m /= 2; k++; }
  while (m < SQRT2 / 2) { m *= 2; k--; }
  // ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| < 0.172.
  const f = m - 1, s = f / (m + 1), z = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (1 / n + sum) * z;
  // 2s = f − s·f, whose rounding errors are small beside f.
  return k * LN2[0] + (f - (s * (f - 2 * sum) - k * LN2[1]));
}
