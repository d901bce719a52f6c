/**
 * @module
 * The model in a file that may hold more: torch files wrap state dicts in keys, pickle whole modules, and keep tensors
 * that are no plain bytes; GGUF files keep tensors in blocks.
 */
import type { GgufFile } from '../containers/gguf/index.ts';
import type { NamedTensor, OpenedFile } from '../containers/index.ts';
import { item, pairsOf, partOf, type TorchFile, type TorchNamed, type TorchOther } from '../containers/torch/index.ts';
import { finding, type Finding, type Text } from '../findings/index.ts';
import { elementCount } from '../tensors/index.ts';
import type { OtherTensor } from './checkpoint.ts';
import { ENTRIES_LEFT_OUT, SAME_TENSORS, TENSOR_NOT_PLAIN, UNWRAPPED } from './codes.ts';

/** What a loader of models takes from a file, or what a listing shows of it. */
export interface FileState {
  readonly tensors: readonly NamedTensor[];
  /** Tensors whose bytes are not their values. */
  readonly others: readonly Omit<OtherTensor, 'file'>[];
  readonly findings: readonly Finding[];
  /** What stands against using it as a model. */
  readonly problems: readonly Finding[];
}

const isTorch = (opened: OpenedFile): opened is TorchFile => 'stateDict' in opened;
const isGguf = (opened: OpenedFile): opened is GgufFile => 'blocked' in opened;

const IN_BLOCKS: Text = { en: 'it is quantised in blocks', zh: '它以分块方式量化' };
const MODULE: Text = { en: 'a pickled module', zh: '序列化的整个模块' };

/** The state dict of a file. With `everything`, all tensors wherever they lie, every object once: for listings. */
export function stateOf(opened: OpenedFile, path: string, everything: boolean): FileState {
  const { tensors, others, findings } = contentOf(opened, path, everything);
  const notPlain = others.map(({ name, why }) =>
    finding(TENSOR_NOT_PLAIN, { file: path, tensor: name, why }, { path, tensor: name, severity: everything ? 'info' : 'error' }));
  return { tensors, others, findings: everything ? [...findings, ...notPlain] : findings, problems: everything ? [] : notPlain };
}

function contentOf(opened: OpenedFile, path: string, everything: boolean): Omit<FileState, 'problems'> {
  if (isGguf(opened)) return { tensors: opened.tensors, others: opened.blocked.map(({ name, shape, bytes, type }) => ({ name, shape, bytes, dtype: type.name, why: IN_BLOCKS })), findings: [] };
  if (!isTorch(opened)) return { tensors: opened.tensors, others: [], findings: [] };
  const others = (everything ? opened.others : opened.stateDict.others).map(otherOf);
  if (everything) return { tensors: opened.tensors.filter(({ sameAs }) => sameAs === undefined), others, findings: sameFindings(opened.tensors, path) };
  const { stateDict } = opened, key = stateDict.module ? MODULE : stateDict.path.join('.');
  return { tensors: stateDict.tensors, others, findings: [...key === '' ? [] : [finding(UNWRAPPED, { file: path, key }, { path })], ...entryFindings(opened, path)] };
}

/** Entries of the state dict in which no tensor was found: a step, a configuration. */
function entryFindings({ root, stateDict }: TorchFile, path: string): Finding[] {
  const dict = stateDict.path.reduce<ReturnType<typeof item>>((value, part) => item(value, String(part)), root), pairs = stateDict.module ? undefined : pairsOf(dict);
  const held = new Set([...stateDict.tensors, ...stateDict.others].map((one) => one.path[0]));
  if (pairs === undefined || pairs.keys.length === held.size) return [];
  const names = [...new Set(pairs.keys.map(partOf).filter((key) => !held.has(key)))], shown = names.slice(0, NAMES_MAX).join(', ');
  return names.length === 0 ? [] : [finding(ENTRIES_LEFT_OUT, { file: path, count: names.length, names: names.length > NAMES_MAX ? `${shown} …` : shown }, { path })];
}

function otherOf({ name, why, tensor: { dtype, shape, storage } }: TorchOther): Omit<OtherTensor, 'file'> {
  return { name, dtype: dtype.dtype ?? dtype.name, shape, bytes: storage === undefined ? 0 : elementCount(shape ?? []) * dtype.bytes, why };
}

/** Names that one finding spells out. */
const NAMES_MAX = 20;

function sameFindings(tensors: readonly TorchNamed[], path: string): Finding[] {
  const again = tensors.filter(({ sameAs }) => sameAs !== undefined), names = again.slice(0, NAMES_MAX).map(({ name, sameAs }) => `${name} = ${sameAs}`);
  return again.length === 0 ? [] : [finding(SAME_TENSORS, { file: path, count: again.length, names: [...names, ...again.length > NAMES_MAX ? ['…'] : []].join(', ') }, { path })];
}
