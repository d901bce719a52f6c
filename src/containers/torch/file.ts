/**
 * @module
 * A torch file that was opened: its tensors by name, what they share, and where its state dict is.
 */
import type { ByteSource } from '../../bytes/index.ts';
import type { Container, OpenedFile } from '../container.ts';
import { TORCH_NAME_TWICE } from './codes.ts';
import { sortOut, type TorchNamed, type TorchOther } from './listing.ts';
import type { PyGlobal, Value } from './pickle/index.ts';
import type { Objects } from './rebuild.ts';
import { findStateDict, type StateDict } from './state-dict.ts';
import type { TorchTensor } from './tensors.ts';
import { findTensors, type Found } from './walk.ts';

/** What a torch file has beyond any container. */
export interface TorchFile extends OpenedFile {
  /** Every plain tensor wherever it lies, under the joined keys. The state dict is in `stateDict`. */
  readonly tensors: readonly TorchNamed[];
  readonly others: readonly TorchOther[];
  readonly stateDict: StateDict;
  /** Names that use one storage, for storages with more than one tensor object. */
  readonly shared: readonly (readonly string[])[];
  /** Classes and functions that are named. */
  readonly globals: readonly PyGlobal[];
  readonly root: Value;
  readonly objects: Objects;
}

/** A container that opens into torch files. */
export interface TorchContainer extends Container { open(source: ByteSource): Promise<TorchFile> }

/** Groups of names on one storage. The same object under two names counts once, under its first. */
function sharedNames(found: readonly Found[]): string[][] {
  // Nearly every storage has one tensor; only the others need a group.
  const first = new Map<string, Found>(), groups = new Map<string, Map<TorchTensor, string>>();
  for (const one of found) {
    const { tensor, name } = one;
    if (tensor.storage === undefined) continue;
    const { key } = tensor.storage, before = first.get(key);
    if (before === undefined) { first.set(key, one); continue; }
    const group = groups.get(key) ?? new Map([[before.tensor, before.name]]);
    if (!group.has(tensor)) group.set(tensor, name);
    groups.set(key, group);
  }
  return [...groups.values()].filter((group) => group.size > 1).map((group) => [...group.values()]);
}

/** What the object of a file holds. */
export type Contents = Pick<TorchFile, 'tensors' | 'others' | 'stateDict' | 'shared' | 'root' | 'objects'>;

/** Lists the tensors of a file. Names that collide are an error. */
export function listContents(root: Value, objects: Objects): Contents {
  const found = findTensors(root, objects);
  const { tensors, others } = sortOut(found, ({ name }) => name);
  const seen = new Set<string>();
  for (const { name } of found) {
    if (seen.has(name)) objects.notes.add(TORCH_NAME_TWICE, { tensor: name }, { tensor: name });
    seen.add(name);
  }
  return { tensors, others, stateDict: findStateDict(root, objects, { tensors, others }), shared: sharedNames(found), root, objects };
}
