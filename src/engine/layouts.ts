/**
 * @module
 * Weight files laid out before the first byte of data: every container gives the places of its tensors and everything
 * that can be written beforehand.
 */
import { layoutGguf } from '../containers/gguf/write.ts';
import { layoutSafetensors } from '../containers/safetensors/write.ts';
import { storageClassOf, TORCH_DTYPES, type TorchDType } from '../containers/torch/dtypes.ts';
import { layoutTorchZip } from '../containers/torch/write/layout.ts';
import { layoutLegacy } from '../containers/torch/write/legacy.ts';
import { pickleStateDict, type SavedStateDict } from '../containers/torch/write/state-dict.ts';
import { refuse } from '../findings/index.ts';
import type { PlannedTensor, WeightsFile } from '../plans/plan.ts';
import { byteCount, DTYPES } from '../tensors/index.ts';
import { DTYPE_NOT_IN_LEGACY, DTYPE_NOT_IN_TORCH } from './codes.ts';
import type { Segment } from './workspace.ts';

/** Where everything in a weights file goes. */
export interface FileLayout {
  /** Size of the whole file. */
  readonly bytes: number;
  /** What is known before the data, in its places; written when the file is created. */
  readonly known: readonly Segment[];
  /** Byte ranges of the tensors, in file order. */
  readonly ranges: readonly (readonly [number, number])[];
  /** What is only known when the data is there: ranges to sum up, and what follows from their CRC-32. */
  readonly seal?: { readonly ranges: readonly (readonly [number, number])[]; finish(checksums: readonly number[]): readonly Segment[] };
}

/** By container. */
export const LAYOUTS: Readonly<Record<WeightsFile['container'], (file: WeightsFile) => FileLayout>> = {
  safetensors: (file) => {
    const { header, dataStart, offsets, fileBytes } = layoutSafetensors(file.tensors, new Map(Object.entries(file.metadata)));
    return {
      bytes: fileBytes, known: [{ offset: 0, bytes: header }],
      ranges: file.tensors.map((tensor, i) => [dataStart + offsets[i]!, byteCount(tensor.dtype, tensor.shape)] as const),
    };
  },
  'torch-zip': (file) => {
    const { state, storageOf } = stateOf(file);
    const { pickle, order } = pickleStateDict(state);
    // The top directory is called like the file, without its extension.
    const root = file.path.slice(file.path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
    const layout = layoutTorchZip(root, pickle, order.map((storage) => state.storages[storage]!.bytes));
    const places = new Map(order.map((storage, key) => [storage, layout.storages[key]!]));
    return {
      bytes: layout.size, known: layout.segments,
      ranges: storageOf.map((storage) => [places.get(storage)!.offset, places.get(storage)!.bytes] as const),
      seal: { ranges: layout.storages.map(({ offset, bytes }) => [offset, bytes] as const), finish: layout.finish },
    };
  },
  'torch-legacy': (file) => {
    for (const tensor of file.tensors) {
      const { name, dtype } = tensor;
      if (storageClassOf(inTorch(tensor).dtype) === undefined) refuse(DTYPE_NOT_IN_LEGACY, { tensor: name, dtype }, { tensor: name, found: dtype });
    }
    const { state, storageOf } = stateOf(file), { size, segments, storages } = layoutLegacy(state);
    return { bytes: size, known: segments, ranges: storageOf.map((storage) => [storages[storage]!.offset, storages[storage]!.bytes] as const) };
  },
  gguf: (file) => {
    const { header, offsets, fileBytes } = layoutGguf(file.tensors, Object.entries(file.metadata));
    return { bytes: fileBytes, known: [{ offset: 0, bytes: header }], ranges: file.tensors.map((tensor, i) => [offsets[i]!, byteCount(tensor.dtype, tensor.shape)] as const) };
  },
  verbatim: (file) => {
    const bytes = file.tensors.reduce((sum, { dtype, shape }) => sum + byteCount(dtype, shape), 0);
    return { bytes, known: [], ranges: [[0, bytes]] };
  },
};

/** A state dict of these tensors, and the storage of each: one of its own, or that of the one it shares with. */
function stateOf(file: WeightsFile): { state: SavedStateDict; storageOf: readonly number[] } {
  const places = new Map(file.tensors.map(({ name }, i) => [name, i])), storages: { bytes: number }[] = [], storageOf: number[] = [];
  const tensors = file.tensors.map((tensor, i) => {
    const { name, shares } = tensor, other = shares === undefined ? undefined : places.get(shares.name)!;
    storageOf[i] = other === undefined ? storages.push({ bytes: byteCount(tensor.dtype, tensor.shape) }) - 1 : storageOf[other]!;
    return { name, ...inTorch(tensor), storage: storageOf[i], ...(shares?.object ? { sameAs: other! } : {}) };
  });
  return { state: { container: 'dict', storages, tensors }, storageOf };
}

/** dtype and shape as torch counts them: two 4-bit elements are one of torch's. */
function inTorch({ name, dtype, shape }: PlannedTensor): { dtype: TorchDType; shape: readonly number[] } {
  const torch = DTYPES[dtype].torch, known = torch === null ? undefined : TORCH_DTYPES.get(torch);
  if (known === undefined) refuse(DTYPE_NOT_IN_TORCH, { tensor: name, dtype }, { tensor: name, found: dtype });
  return { dtype: known, shape: dtype === 'F4' ? [...shape.slice(0, -1), shape.at(-1)! / 2] : shape };
}
