/**
 * @module
 * The kernels in plain JavaScript, for hosts without WebAssembly SIMD. A register tile of 4 by 4 sums, as in the real one.
 */
import { decodeElements, encodeElements, type DType } from '../../tensors/index.ts';
import { SPREAD } from './spread.ts';
import type { BinaryKernel, ConversionKernel, Kernels } from './kernels.ts';
import type { LaneMemory } from './lane.ts';

/** Kernels over a memory that may be replaced when it grows. */
export function plainKernels(memory: LaneMemory): Kernels {
  const doubles = (at: number, count?: number) => new Float64Array(memory.buffer, at, count);
  const bytes = (at: number) => new Uint8Array(memory.buffer, at);
  const decode = (dtype: DType): ConversionKernel => (from, to, count) => decodeElements(dtype, bytes(from), doubles(to, count), count);
  const encode = (dtype: DType): ConversionKernel => (from, to, count) => encodeElements(dtype, doubles(from, count), bytes(to), count);
  const binary = (loops: Loops): BinaryKernel => (a, b, to, count, spread) =>
    loops[spread]!(doubles(a, spread === SPREAD.a ? 1 : count), doubles(b, spread === SPREAD.b ? 1 : count), doubles(to, count));
  return {
    matmul(a, b, out, strips, panels, k, stride) {
      const f64 = doubles(0), width = stride / 8;
      for (let strip = 0; strip < strips; strip++) {
        for (let panel = 0; panel < panels; panel++) {
          tile(f64, a / 8 + strip * k * 4, b / 8 + panel * k * 4, out / 8 + strip * 4 * width + panel * 4, k, width);
        }
      }
    },
    add: binary(ADD),
    multiply: binary(MULTIPLY),
    divide: binary(DIVIDE),
    scale(by, from, to, count) {
      const x = doubles(from, count), y = doubles(to, count);
      for (let i = 0; i < count; i++) y[i] = by * x[i]!;
    },
    decodeBF16: decode('BF16'),
    decodeF16: decode('F16'),
    decodeF32: decode('F32'),
    encodeBF16: encode('BF16'),
    encodeF16: encode('F16'),
    encodeF32: encode('F32'),
    squareRows(from, to, rows, columns) {
      const x = doubles(from, rows * columns), sums = doubles(to, rows);
      for (let i = 0, p = 0; i < rows; i++) {
        let sum = sums[i]!;
        for (const end = p + columns; p < end; p++) sum += x[p]! * x[p]!;
        sums[i] = sum;
      }
    },
    squareColumns(from, to, count) {
      const x = doubles(from, count), sums = doubles(to, count);
      for (let i = 0; i < count; i++) sums[i] = sums[i]! + x[i]! * x[i]!;
    },
  };
}

type Loop = (a: Float64Array, b: Float64Array, to: Float64Array) => void;
/** The same loop for two vectors, a number and a vector, a vector and a number: the operation stands inside, so each compiles to a tight loop. */
type Loops = readonly [both: Loop, left: Loop, right: Loop];

const ADD: Loops = [
  (a, b, to) => { for (let i = 0; i < to.length; i++) to[i] = a[i]! + b[i]!; },
  (a, b, to) => { const x = a[0]!; for (let i = 0; i < to.length; i++) to[i] = x + b[i]!; },
  (a, b, to) => { const y = b[0]!; for (let i = 0; i < to.length; i++) to[i] = a[i]! + y; },
];
const MULTIPLY: Loops = [
  (a, b, to) => { for (let i = 0; i < to.length; i++) to[i] = a[i]! * b[i]!; },
  (a, b, to) => { const x = a[0]!; for (let i = 0; i < to.length; i++) to[i] = x * b[i]!; },
  (a, b, to) => { const y = b[0]!; for (let i = 0; i < to.length; i++) to[i] = a[i]! * y; },
];
const DIVIDE: Loops = [
  (a, b, to) => { for (let i = 0; i < to.length; i++) to[i] = a[i]! / b[i]!; },
  (a, b, to) => { const x = a[0]!; for (let i = 0; i < to.length; i++) to[i] = x / b[i]!; },
  (a, b, to) => { const y = b[0]!; for (let i = 0; i < to.length; i++) to[i] = a[i]! / y; },
];

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
