/**
 * @module
 * torch's element types and storage classes as they are named in pickles.
 */
import { DTYPES, bitsOf, type DType } from '../../tensors/index.ts';

/** A torch dtype. */
export interface TorchDType {
  /** torch's name, without `torch.`. */
  readonly name: string;
  /** Ours; undefined for those that nothing but torch knows (`uint4`). */
  readonly dtype: DType | undefined;
  /** Bytes of one torch element. Packed types count what torch counts: `float4_e2m1fn_x2` is one byte. */
  readonly bytes: number;
  /** Bytes that are swapped as one when the byte order is another: a complex number has two parts. */
  readonly unit: number;
}

/** Sub-byte integers: torch has the names, each element takes a whole byte. */
const SUB_BYTE = [1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`uint${bits}`, `int${bits}`]);

/** By torch's name. */
export const TORCH_DTYPES: ReadonlyMap<string, TorchDType> = /* @__PURE__ */ new Map([
  ...(Object.keys(DTYPES) as DType[]).flatMap((dtype): [string, TorchDType][] => {
    const { torch: name, kind } = DTYPES[dtype];
    const bytes = Math.max(8, bitsOf(dtype)) / 8;
    return name === null ? [] : [[name, { name, dtype, bytes, unit: kind === 'complex' ? bytes / 2 : bytes }]];
  }),
  ...SUB_BYTE.map((name): [string, TorchDType] => [name, { name, dtype: undefined, bytes: 1, unit: 1 }]),
]);

/** dtypes of storage classes, by class name. All lie in `torch` and, for CUDA, in `torch.cuda`. */
const STORAGE_CLASSES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['DoubleStorage', 'float64'], ['FloatStorage', 'float32'], ['HalfStorage', 'float16'], ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'], ['IntStorage', 'int32'], ['ShortStorage', 'int16'], ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'], ['BoolStorage', 'bool'], ['ComplexDoubleStorage', 'complex128'], ['ComplexFloatStorage', 'complex64'],
  ['QInt8Storage', 'qint8'], ['QUInt8Storage', 'quint8'], ['QInt32Storage', 'qint32'], ['QUInt4x2Storage', 'quint4x2'],
  ['QUInt2x4Storage', 'quint2x4'],
]);

/** What a storage class holds; `untyped` storages count bytes. */
export type StorageClass = { readonly name: string; readonly untyped: true } | { readonly name: string; readonly untyped: false; readonly dtype: TorchDType };

/** The storage class of a global's path, or undefined. */
export function storageClass(path: string): StorageClass | undefined {
  if (path === 'torch.storage.UntypedStorage' || path === 'torch.UntypedStorage') return { name: 'UntypedStorage', untyped: true };
  const name = /^torch\.(?:cuda\.)?(\w+)$/.exec(path)?.[1], dtype = name === undefined ? undefined : STORAGE_CLASSES.get(name);
  return dtype === undefined ? undefined : { name: name!, untyped: false, dtype: TORCH_DTYPES.get(dtype)! };
}

/** The dtype that a global names (`torch.float32`), or undefined. */
export function dtypeOf(path: string): TorchDType | undefined {
  return path.startsWith('torch.') ? TORCH_DTYPES.get(path.slice(6)) : undefined;
}

const CLASS_OF: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([...STORAGE_CLASSES].map(([name, dtype]) => [dtype, name]));

/** Name of the storage class that holds a dtype (in `torch`); undefined for those that untyped storages hold. */
export const storageClassOf = (dtype: TorchDType): string | undefined => CLASS_OF.get(dtype.name);
