/**
 * @module
 * Elements as float64 and back: decoding is exact, encoding rounds once to nearest, ties to even.
 *
 * One NaN: encoding writes the positive quiet NaN without payload, so results do not depend on how a host handles NaN.
 */
import { DTYPES, elementCount, type DType } from './dtypes.ts';

const f32 = new Float32Array(1), u32 = new Uint32Array(f32.buffer);
const f64 = new Float64Array(1), u64 = new Uint32Array(f64.buffer);

/** Floats with an infinity and IEEE rules that can be rounded to by `roundBits`. */
const IEEE = { BF16: { mantissa: 7, exponent: 8 }, F16: { mantissa: 10, exponent: 5 }, F8_E5M2: { mantissa: 2, exponent: 5 } } as const;

/** Bit pattern of the value of a small IEEE float nearest to `value`, ties to even. */
export function roundBits(dtype: keyof typeof IEEE, value: number): number {
  const { mantissa, exponent } = IEEE[dtype];
  const top = ((1 << exponent) - 1) << mantissa; // infinity
  f64[0] = value;
  const sign = (u64[1]! >>> 31) << (mantissa + exponent);
  if (value !== value) return top | (1 << (mantissa - 1));
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign | top;
  const lowest = 2 - (1 << (exponent - 1)); // exponent of the smallest normal number
  const e = Math.max(((u64[1]! >>> 20) & 0x7ff) - 1023, lowest);
  // One unit in the last place becomes 1; adding 2^52 then rounds to an integer, ties to even.
  const units = magnitude / 2 ** (e - mantissa) + 2 ** 52 - 2 ** 52;
  // Carries into the exponent by itself.
  return sign | Math.min((e - lowest) * 2 ** mantissa + units, top);
}

function small(dtype: DType, bits: number): number {
  const { exponent = 0, mantissa = 0 } = DTYPES[dtype] as { exponent?: number; mantissa?: number };
  const fnuz = dtype.endsWith('FNUZ');
  const sign = (bits >> (exponent + mantissa)) & 1 ? -1 : 1;
  const e = (bits >> mantissa) & ((1 << exponent) - 1), m = bits & ((1 << mantissa) - 1);
  if (dtype === 'F8_E8M0') return bits === 255 ? NaN : 2 ** (bits - 127);
  if (fnuz && sign < 0 && e === 0 && m === 0) return NaN;
  const top = (1 << exponent) - 1;
  if (e === top) {
    if (dtype === 'F8_E5M2' || dtype === 'F16' || dtype === 'BF16') return m === 0 ? sign * Infinity : NaN;
    if (dtype === 'F8_E4M3' && m === 7) return NaN; // "fn": finite, one NaN per sign
  }
  const bias = (1 << (exponent - 1)) - (fnuz ? 0 : 1);
  return sign * (e === 0 ? m * 2 ** (1 - bias - mantissa) : (1 + m / (1 << mantissa)) * 2 ** (e - bias));
}

const tables = new Map<DType, Float64Array>();

/** Value of every bit pattern of a float of 8 or 16 bits. */
export function valueTable(dtype: DType): Float64Array {
  let table = tables.get(dtype);
  if (table === undefined) {
    table = Float64Array.from({ length: 1 << DTYPES[dtype].bits }, (_, bits) => small(dtype, bits));
    tables.set(dtype, table);
  }
  return table;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Elements `0 … count` of `bytes` as float64. Exact for floats, and for integers up to 2^53. */
export function decodeElements(dtype: DType, bytes: Uint8Array, into: Float64Array, count: number = into.length): void {
  const data = view(bytes);
  switch (dtype) {
    case 'F64': for (let i = 0; i < count; i++) into[i] = data.getFloat64(i * 8, true); return;
    case 'F32': for (let i = 0; i < count; i++) into[i] = data.getFloat32(i * 4, true); return;
    case 'BF16': for (let i = 0; i < count; i++) { u32[0] = data.getUint16(i * 2, true) << 16; into[i] = f32[0]!; } return;
    case 'F16': { const table = valueTable(dtype); for (let i = 0; i < count; i++) into[i] = table[data.getUint16(i * 2, true)]!; return; }
    case 'F8_E4M3': case 'F8_E5M2': case 'F8_E8M0': case 'F8_E4M3FNUZ': case 'F8_E5M2FNUZ': {
      const table = valueTable(dtype);
      for (let i = 0; i < count; i++) into[i] = table[bytes[i]!]!;
      return;
    }
    case 'I8': for (let i = 0; i < count; i++) into[i] = data.getInt8(i); return;
    case 'U8': case 'BOOL': for (let i = 0; i < count; i++) into[i] = bytes[i]!; return;
    case 'I16': for (let i = 0; i < count; i++) into[i] = data.getInt16(i * 2, true); return;
    case 'U16': for (let i = 0; i < count; i++) into[i] = data.getUint16(i * 2, true); return;
    case 'I32': for (let i = 0; i < count; i++) into[i] = data.getInt32(i * 4, true); return;
    case 'U32': for (let i = 0; i < count; i++) into[i] = data.getUint32(i * 4, true); return;
    case 'I64': for (let i = 0; i < count; i++) into[i] = Number(data.getBigInt64(i * 8, true)); return;
    case 'U64': for (let i = 0; i < count; i++) into[i] = Number(data.getBigUint64(i * 8, true)); return;
    default: throw new RangeError(`no arithmetic on ${dtype}`);
  }
}

/** Dtypes that values can be rounded to. */
export const ENCODABLE: ReadonlySet<DType> = new Set<DType>(['F64', 'F32', 'BF16', 'F16', 'F8_E5M2']);

/** Rounds values into `bytes`. The dtype must be one of `ENCODABLE`. */
export function encodeElements(dtype: DType, values: Float64Array, bytes: Uint8Array, count: number = values.length): void {
  const data = view(bytes);
  switch (dtype) {
    case 'F64': for (let i = 0; i < count; i++) { const v = values[i]!; if (v !== v) data.setBigUint64(i * 8, 0x7ff8000000000000n, true); else data.setFloat64(i * 8, v, true); } return;
    case 'F32': for (let i = 0; i < count; i++) { const v = values[i]!; if (v !== v) data.setUint32(i * 4, 0x7fc00000, true); else data.setFloat32(i * 4, v, true); } return;
    case 'BF16': case 'F16': for (let i = 0; i < count; i++) data.setUint16(i * 2, roundBits(dtype, values[i]!), true); return;
    case 'F8_E5M2': for (let i = 0; i < count; i++) bytes[i] = roundBits(dtype, values[i]!); return;
    default: throw new RangeError(`cannot round to ${dtype}`);
  }
}

/** A whole tensor as float64. */
export function decodeTensor(dtype: DType, shape: readonly number[], bytes: Uint8Array): Float64Array {
  const values = new Float64Array(elementCount(shape));
  decodeElements(dtype, bytes, values);
  return values;
}
