/**
 * @module
 * Elements of a lane as float64 and back. The meaning is that of tensors/rounding.ts; the common dtypes have kernels.
 */
import { decodeElements, encodeElements, roundBits, type DType } from '../../tensors/index.ts';
import type { Lane } from './lane.ts';

/** A block of `count` elements at `from` as float64 at `to`. */
export function decode(lane: Lane, dtype: DType, from: number, to: number, count: number): void {
  if (count === 0) return;
  switch (dtype) {
    case 'BF16': lane.kernels.decodeBF16(from, to, count); return;
    case 'F16': lane.kernels.decodeF16(from, to, count); return;
    case 'F32': lane.kernels.decodeF32(from, to, count); return;
    default: decodeElements(dtype, lane.u8.subarray(from), lane.f64.subarray(to / 8), count);
  }
}

/** A block of `count` float64 at `from` rounded to `dtype` at `to`. */
export function encode(lane: Lane, dtype: DType, from: number, to: number, count: number): void {
  if (count === 0) return;
  switch (dtype) {
    case 'BF16': lane.kernels.encodeBF16(from, to, count); return;
    case 'F16': lane.kernels.encodeF16(from, to, count); return;
    case 'F32': lane.kernels.encodeF32(from, to, count); return;
    default: encodeElements(dtype, lane.f64.subarray(from / 8), lane.u8.subarray(to), count);
  }
}

const single = new Float32Array(1), singleBits = new Uint32Array(single.buffer);

/** The value of a bit pattern of bfloat16. */
export function valueBF16(bits: number): number {
  singleBits[0] = bits << 16;
  return single[0]!;
}

/** The value of a bit pattern of float16. A table of all of them takes longer to make than most tensors need it. */
export function valueF16(bits: number): number {
  const magnitude = bits & 0x7fff, sign = bits & 0x8000 ? -1 : 1;
  if (magnitude >= 0x7c00) return magnitude === 0x7c00 ? sign * Infinity : NaN;
  if (magnitude < 0x400) return sign * magnitude * 2 ** -24;
  singleBits[0] = (magnitude << 13) + (112 << 23);
  return sign * single[0]!;
}

/** `roundBits('BF16', value)`, by way of float32: only an image that is a tie needs the value itself. */
export function roundBF16(value: number): number {
  if (value !== value) return 0x7fc0;
  const image = Math.fround(value);
  single[0] = image;
  let bits = singleBits[0]!;
  if ((bits & 0xffff) === 0x8000) bits += awayFromTie(value, image);
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Below it float16 is subnormal. */
const F16_NORMAL = 2 ** -14;

/** `roundBits('F16', value)`, by way of float32 where the result is a normal number. */
export function roundF16(value: number): number {
  const image = Math.fround(value);
  if (!(Math.abs(image) >= F16_NORMAL)) return roundBits('F16', value);
  single[0] = image;
  let bits = singleBits[0]!;
  if ((bits & 0x1fff) === 0x1000) bits += awayFromTie(value, image);
  const magnitude = bits & 0x7fffffff;
  return ((bits >>> 16) & 0x8000) | Math.min(((magnitude + 0xfff + ((magnitude >>> 13) & 1)) >>> 13) - (112 << 10), 0x7c00);
}

/** The value lies beside its float32 image, which is a tie of the smaller format: one bit towards it settles the tie. */
const awayFromTie = (value: number, image: number): number => Math.sign(Math.abs(value) - Math.abs(image));
