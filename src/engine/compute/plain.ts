/**
 * @module
 * The kernels in plain JavaScript, for hosts without WebAssembly SIMD. A register tile of 4 by 4 sums, as in the real one.
 */
import type { Kernels } from './kernels.ts';
import type { LaneMemory } from './lane.ts';

/** Kernels over a memory that may be replaced when it grows. */
export function plainKernels(memory: LaneMemory): Kernels {
  return {
    matmul(a, b, out, strips, panels, k, stride) {
      const f64 = new Float64Array(memory.buffer), width = stride / 8;
      for (let strip = 0; strip < strips; strip++) {
        for (let panel = 0; panel < panels; panel++) {
          tile(f64, a / 8 + strip * k * 4, b / 8 + panel * k * 4, out / 8 + strip * 4 * width + panel * 4, k, width);
        }
      }
    },
  };
}

function tile(f64: Float64Array, a: number, b: number, out: number, k: number, width: number): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = a, q = b, end = a + 4 * k; p < end; p += 4, q += 4) {
    const a0 = f64[p]!, a1 = f64[p + 1]!, a2 = f64[p + 2]!, a3 = f64[p + 3]!;
    const b0 = f64[q]!, b1 = f64[q + 1]!, b2 = f64[q + 2]!, b3 = f64[q + 3]!;
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  f64[out] = c00; f64[out + 1] = c01; f64[out + 2] = c02; f64[out + 3] = c03; out += width;
  f64[out] = c10; f64[out + 1] = c11; f64[out + 2] = c12; f64[out + 3] = c13; out += width;
  f64[out] = c20; f64[out + 1] = c21; f64[out + 2] = c22; f64[out + 3] = c23; out += width;
  f64[out] = c30; f64[out + 1] = c31; f64[out + 2] = c32; f64[out + 3] = c33;
}
