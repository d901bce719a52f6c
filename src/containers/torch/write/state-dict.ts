/**
 * @module
 * A state dict as `torch.save` pickles it (torch/_tensor.py, `__reduce_ex__`; torch/serialization.py, `persistent_id`).
 */
import { storageClassOf, type TorchDType } from '../dtypes.ts';
import { Pickler } from './pickler.ts';

/** A storage to write. */
export interface SavedStorage { readonly bytes: number }

/** A tensor to write: a view of a storage. */
export interface SavedTensor {
  readonly name: string;
  readonly dtype: TorchDType;
  /** In torch's elements. */
  readonly shape: readonly number[];
  /** In elements; row-major when absent. */
  readonly strides?: readonly number[];
  /** In elements; 0 when absent. */
  readonly offset?: number;
  /** Index of its storage. */
  readonly storage: number;
  readonly requiresGrad?: boolean;
  /** A torch.nn.Parameter. */
  readonly parameter?: boolean;
  /** Index of the entry that is the very same object. */
  readonly sameAs?: number;
}

/** What to pickle. */
export interface SavedStateDict {
  /** `OrderedDict` is what `state_dict()` returns. */
  readonly container: 'dict' | 'OrderedDict';
  readonly tensors: readonly SavedTensor[];
  readonly storages: readonly SavedStorage[];
  /** `_metadata` of a module's state dict: version by module name. */
  readonly metadata?: readonly (readonly [module: string, version: number])[];
}

/** Row-major strides. A side of 0 counts as 1, as in torch. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let next = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = next;
    next *= Math.max(1, shape[axis]!);
  }
  return strides;
}

/** Pickles a state dict; `legacy` ids have a sixth part, for views of storages. Storage keys are given in order of first use: `order[key]` is the index of the storage. */
export function pickleStateDict(state: SavedStateDict, legacy = false): { pickle: Uint8Array; order: readonly number[] } {
  const pickler = new Pickler(), order: number[] = [], keys = new Map<number, object>();
  const ints = (values: readonly number[]) => () => pickler.tuple(values.map((value) => () => pickler.int(value)));
  const hooks = () => pickler.orderedDict(0, () => {});

  const storage = (tensor: SavedTensor) => () => {
    let key = keys.get(tensor.storage);
    if (key === undefined) {
      keys.set(tensor.storage, key = { key: String(order.length) });
      order.push(tensor.storage);
    }
    const type = storageClassOf(tensor.dtype), { bytes } = state.storages[tensor.storage]!;
    pickler.persistent([
      () => pickler.string('storage', 'storage'),
      () => pickler.global(type === undefined ? 'torch.storage' : 'torch', type ?? 'UntypedStorage'),
      () => pickler.string((key as { key: string }).key, key),
      () => pickler.string('cpu', 'cpu'),
      () => pickler.int(type === undefined ? bytes : bytes / tensor.dtype.bytes),
      ...(legacy ? [() => pickler.none()] : []),
    ]);
  };
  const view = (tensor: SavedTensor, key: unknown) => {
    const typed = storageClassOf(tensor.dtype) !== undefined;
    pickler.reduce('torch._utils', typed ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3', [
      storage(tensor), () => pickler.int(tensor.offset ?? 0), ints(tensor.shape), ints(tensor.strides ?? rowMajor(tensor.shape)),
      () => pickler.bool(!tensor.parameter && (tensor.requiresGrad ?? false)), hooks,
      ...(typed ? [] : [() => pickler.global('torch', tensor.dtype.name)]),
    ], key);
  };
  const entry = (i: number) => {
    const tensor = state.tensors[i]!, key = state.tensors[tensor.sameAs ?? i]!;
    pickler.string(tensor.name);
    if (!tensor.parameter) view(tensor, key);
    else pickler.reduce('torch._utils', '_rebuild_parameter', [() => view(tensor, undefined), () => pickler.bool(tensor.requiresGrad ?? false), hooks], key);
  };
  const { metadata } = state;
  const attributes = metadata && (() => pickler.dict(1, () => {
    pickler.string('_metadata');
    pickler.orderedDict(metadata.length, (i) => {
      pickler.string(metadata[i]![0]);
      pickler.dict(1, () => {
        pickler.string('version', 'version');
        pickler.int(metadata[i]![1]);
      });
    });
  }));

  if (state.container === 'dict') pickler.dict(state.tensors.length, entry);
  else pickler.orderedDict(state.tensors.length, entry, attributes);
  return { pickle: pickler.finish(), order };
}
