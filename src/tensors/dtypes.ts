/**
 * @module
 * Element types. Spelt as in safetensors; what has no word there is spelt as in torch.
 */

/** How to understand the bits of an element. */
export type Kind = 'float' | 'int' | 'uint' | 'bool' | 'complex' | 'quantized' | 'bits';

/** What is known of a dtype. */
export interface DTypeInfo {
  /** Bits of one element; 4 and 6 for the packed ones. */
  readonly bits: number;
  readonly kind: Kind;
  /** torch's name, or null where torch has none. */
  readonly torch: string | null;
  /** Whether safetensors can store it. */
  readonly safetensors: boolean;
  /** For floats: exponent and mantissa bits, largest finite value follows from them. */
  readonly exponent?: number;
  readonly mantissa?: number;
}

const row = (bits: number, kind: Kind, torch: string | null, extra: Partial<DTypeInfo> = {}): DTypeInfo => ({
  bits, kind, torch, safetensors: true, ...extra,
});
const torchOnly = (bits: number, kind: Kind, name: string): DTypeInfo => row(bits, kind, name, { safetensors: false });

/**
 * All dtypes. Those of safetensors come in its own ascending order, which decides the order of tensors in a file
 * (safetensors/src/tensor.rs, `enum Dtype`).
 */
export const DTYPES = {
  BOOL: row(8, 'bool', 'bool'),
  F4: row(4, 'float', 'float4_e2m1fn_x2', { exponent: 2, mantissa: 1 }),
  F6_E2M3: row(6, 'float', null, { exponent: 2, mantissa: 3 }),
  F6_E3M2: row(6, 'float', null, { exponent: 3, mantissa: 2 }),
  U8: row(8, 'uint', 'uint8'),
  I8: row(8, 'int', 'int8'),
  F8_E5M2: row(8, 'float', 'float8_e5m2', { exponent: 5, mantissa: 2 }),
  F8_E4M3: row(8, 'float', 'float8_e4m3fn', { exponent: 4, mantissa: 3 }),
  F8_E8M0: row(8, 'float', 'float8_e8m0fnu', { exponent: 8, mantissa: 0 }),
  F8_E4M3FNUZ: row(8, 'float', 'float8_e4m3fnuz', { exponent: 4, mantissa: 3 }),
  F8_E5M2FNUZ: row(8, 'float', 'float8_e5m2fnuz', { exponent: 5, mantissa: 2 }),
  I16: row(16, 'int', 'int16'),
  U16: row(16, 'uint', 'uint16'),
  F16: row(16, 'float', 'float16', { exponent: 5, mantissa: 10 }),
  BF16: row(16, 'float', 'bfloat16', { exponent: 8, mantissa: 7 }),
  I32: row(32, 'int', 'int32'),
  U32: row(32, 'uint', 'uint32'),
  F32: row(32, 'float', 'float32', { exponent: 8, mantissa: 23 }),
  C64: row(64, 'complex', 'complex64'),
  F64: row(64, 'float', 'float64', { exponent: 11, mantissa: 52 }),
  I64: row(64, 'int', 'int64'),
  U64: row(64, 'uint', 'uint64'),
  complex32: torchOnly(32, 'complex', 'complex32'),
  complex128: torchOnly(128, 'complex', 'complex128'),
  qint8: torchOnly(8, 'quantized', 'qint8'),
  quint8: torchOnly(8, 'quantized', 'quint8'),
  qint32: torchOnly(32, 'quantized', 'qint32'),
  quint4x2: torchOnly(8, 'quantized', 'quint4x2'),
  quint2x4: torchOnly(8, 'quantized', 'quint2x4'),
  bits8: torchOnly(8, 'bits', 'bits8'),
  bits16: torchOnly(16, 'bits', 'bits16'),
  bits1x8: torchOnly(8, 'bits', 'bits1x8'),
  bits2x4: torchOnly(8, 'bits', 'bits2x4'),
  bits4x2: torchOnly(8, 'bits', 'bits4x2'),
} as const satisfies Record<string, DTypeInfo>;

/** Name of a dtype. */
export type DType = keyof typeof DTYPES;

/** Floats that Temper computes with and rounds to. */
export type ComputeDType = 'BF16' | 'F16' | 'F32' | 'F64';

/** Position in safetensors' order; -1 for those it cannot store. */
export const SAFETENSORS_ORDER: ReadonlyMap<DType, number> = new Map(
  (Object.keys(DTYPES) as DType[]).map((name, i) => [name, DTYPES[name].safetensors ? i : -1]),
);

const BY_NAME = new Map<string, DType>();
for (const name of Object.keys(DTYPES) as DType[]) {
  const { torch } = DTYPES[name];
  BY_NAME.set(name.toLowerCase(), name);
  if (torch !== null) BY_NAME.set(torch, name);
}
for (const [alias, name] of [['half', 'F16'], ['bfloat', 'BF16'], ['float', 'F32'], ['double', 'F64'], ['fp16', 'F16'],
  ['fp32', 'F32'], ['fp64', 'F64'], ['float8_e4m3', 'F8_E4M3'], ['long', 'I64'], ['int', 'I32']] as const) BY_NAME.set(alias, name);

/** A dtype by any name people use: `BF16`, `bf16`, `bfloat16`, `torch.bfloat16`, `half` …; undefined when unknown. */
export function parseDType(text: string): DType | undefined {
  return BY_NAME.get(text.trim().toLowerCase().replace(/^torch\./, ''));
}

/** Bits of one element. */
export function bitsOf(dtype: DType): number {
  return DTYPES[dtype].bits;
}

/** Number of elements of a shape. Exact while it is a safe integer; callers check shapes from files before. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const side of shape) count *= side;
  return count;
}

/** Bytes of a tensor. Throws a RangeError when sub-byte elements do not fill whole bytes. */
export function byteCount(dtype: DType, shape: readonly number[]): number {
  const bits = elementCount(shape) * bitsOf(dtype);
  if (bits % 8 !== 0) throw new RangeError(`${dtype} [${shape}] does not fill whole bytes`);
  return bits / 8;
}

/** Whether arithmetic on this dtype means anything to Temper. */
export function isComputeDType(dtype: DType): dtype is ComputeDType {
  return dtype === 'BF16' || dtype === 'F16' || dtype === 'F32' || dtype === 'F64';
}
