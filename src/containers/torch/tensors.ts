/**
 * @module
 * Tensors as a pickle describes them: a view of a storage, or one of the kinds that are more than that.
 */
import type { TorchDType } from './dtypes.ts';
import type { Value } from './pickle/index.ts';
import type { Storage } from './storages.ts';

/** What a tensor is. Only `tensor` and `parameter` are plain views of bytes. */
export type TensorKind = 'tensor' | 'parameter' | 'quantized' | 'sparse' | 'meta' | 'nested' | 'wrapper_subclass' | 'device_tensor';

/** One tensor object of a file. */
export interface TorchTensor {
  readonly kind: TensorKind;
  readonly dtype: TorchDType;
  /** In torch's elements; null where the kind has none (nested). */
  readonly shape: readonly number[] | null;
  /** In elements. */
  readonly strides?: readonly number[];
  /** In elements, from the start of the storage. */
  readonly offset?: number;
  /** Absent when there are no bytes (meta), or when they are spread over `parts`. */
  readonly storage?: Storage;
  readonly requiresGrad: boolean;
  /** Lazily conjugated or negated: the bytes are not the values. */
  readonly conj: boolean;
  readonly neg: boolean;
  /** Path of the class, when the file says one. */
  readonly type?: string;
  /** Attributes that were saved with it. */
  readonly attributes?: Value;
  /** Tensors that it consists of, by label: `@indices`, `@values`, `@scales` … */
  readonly parts: readonly (readonly [label: string, value: Value])[];
  /** Layout of a sparse tensor, scheme of a quantised one. */
  readonly scheme?: string;
}

/** Whether the bytes of the tensor are its values. */
export const isDense = (tensor: TorchTensor): boolean =>
  (tensor.kind === 'tensor' || tensor.kind === 'parameter') && tensor.storage !== undefined && tensor.shape !== null;

/** Whether a view is row-major without gaps. Sides of 1 say nothing, and without elements everything is contiguous. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
