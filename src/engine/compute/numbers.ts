/**
 * @module
 * Elements of a lane as float64 and back. The common dtypes have loops of their own; the meaning is that of
 * tensors/rounding.ts, which does the others.
 */
import { decodeElements, encodeElements, roundBits, valueTable, type DType } from '../../tensors/index.ts';
import type { Lane } from './lane.ts';

const single = new Float32Array(1), singleBits = new Uint32Array(single.buffer);

/** `count` elements at `from` as float64 at `to`. */
export function decode(lane: Lane, dtype: DType, from: number, to: number, count: number): void {
  const out = lane.f64.subarray(to / 8, to / 8 + count);
  switch (dtype) {
    case 'F64': out.set(lane.f64.subarray(from / 8, from / 8 + count)); return;
    case 'F32': out.set(lane.f32.subarray(from / 4, from / 4 + count)); return;
    case 'BF16': {
      const halves = lane.u16.subarray(from / 2, from / 2 + count);
      for (let i = 0; i < count; i++) { singleBits[0] = halves[i]! << 16; out[i] = single[0]!; }
      return;
    }
    case 'F16': {
      const halves = lane.u16.subarray(from / 2, from / 2 + count), table = valueTable('F16');
      for (let i = 0; i < count; i++) out[i] = table[halves[i]!]!;
      return;
    }
    default: decodeElements(dtype, lane.u8.subarray(from), out, count);
  }
}

/** `count` float64 at `from` rounded to `dtype` at `to`. */
export function encode(lane: Lane, dtype: DType, from: number, to: number, count: number): void {
  const values = lane.f64.subarray(from / 8, from / 8 + count);
  switch (dtype) {
    case 'F32': {
      const out = lane.f32.subarray(to / 4, to / 4 + count), bits = lane.u32.subarray(to / 4, to / 4 + count);
      out.set(values);
      for (let i = 0; i < count; i++) if (out[i] !== out[i]) bits[i] = 0x7fc00000;
      return;
    }
    case 'BF16': {
      const out = lane.u16.subarray(to / 2, to / 2 + count);
      for (let i = 0; i < count; i++) out[i] = roundBF16(values[i]!);
      return;
    }
    case 'F16': {
      const out = lane.u16.subarray(to / 2, to / 2 + count);
      for (let i = 0; i < count; i++) out[i] = roundF16(values[i]!);
      return;
    }
    default: encodeElements(dtype, values, lane.u8.subarray(to), count);
  }
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
