/**
 * @module
 * Discrete Fourier transforms of any length: split by its prime factors, smallest first (Cooley and Tukey 1965), with the
 * defining sum for each factor. All twiddle factors are exact fractions of a turn, correctly placed; nothing is multiplied up.
 */
import { turn } from '../turn.ts';

function primeFactors(n: number): number[] {
  const factors: number[] = [];
  for (let rest = n, p = 2; rest > 1; p++) {
    if (p * p > rest) p = rest;
    for (; rest % p === 0; rest /= p) factors.push(p);
  }
  return factors;
}

/** Re Σ_v (re + i·im)[v] · e^(2πi·jv/n) for all j, of complex sequences of length n. The result is overwritten by the next call. */
export function inverseDft(n: number): (re: Float64Array, im: Float64Array) => Float64Array {
  const circle = Array.from({ length: n }, (_, i) => turn(i, n)), cos = Float64Array.from(circle, ([c]) => c), sin = Float64Array.from(circle, ([, s]) => s);
  const factors = primeFactors(n), outRe = new Float64Array(n), outIm = new Float64Array(n), most = Math.max(1, ...factors), partRe = new Float64Array(most), partIm = new Float64Array(most);

  /** The transform of `length` elements of (re, im) from `from`, `stride` apart, to outRe and outIm at `to`. */
  const transform = (re: Float64Array, im: Float64Array, from: number, stride: number, length: number, to: number, depth: number): void => {
    if (length === 1) { outRe[to] = re[from]!; outIm[to] = im[from]!; return; }
    const p = factors[depth]!, inner = length / p, step = n / length;
    for (let q = 0; q < p; q++) transform(re, im, from + q * stride, stride * p, inner, to + q * inner, depth + 1);
    for (let j = 0; j < inner; j++) {
      for (let q = 0; q < p; q++) {
        const at = q * j * step % n, x = outRe[to + q * inner + j]!, y = outIm[to + q * inner + j]!;
        partRe[q] = x * cos[at]! - y * sin[at]!;
        partIm[q] = x * sin[at]! + y * cos[at]!;
      }
      for (let r = 0; r < p; r++) {
        let x = partRe[0]!, y = partIm[0]!;
        for (let q = 1; q < p; q++) {
          const at = q * r * (n / p) % n;
          x += partRe[q]! * cos[at]! - partIm[q]! * sin[at]!;
          y += partRe[q]! * sin[at]! + partIm[q]! * cos[at]!;
        }
        outRe[to + r * inner + j] = x;
        outIm[to + r * inner + j] = y;
      }
    }
  };
  return (re, im) => {
    transform(re, im, 0, 1, n, 0, 0);
    return outRe;
  };
}
