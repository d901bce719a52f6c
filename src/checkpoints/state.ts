/**
 * @module
 * The model in a file that may hold more: torch files wrap state dicts in keys, pickle whole modules, and keep tensors
 * that are no plain bytes; GGUF files keep tensors in blocks.
 */
import type { GgufFile } from '../containers/gguf/index.ts';
import type { OpenedFile } from '../containers/index.ts';
import type { TorchFile, TorchOther } from '../containers/torch/index.ts';
import { finding, type Finding, type Text } from '../findings/index.ts';
import { TENSOR_NOT_PLAIN, UNWRAPPED, VIEW_ONLY } from './codes.ts';

/** What a loader of models takes from a file. */
export interface FileState {
  readonly opened: OpenedFile;
  readonly findings: readonly Finding[];
  /** What stands against using it as a model. */
  readonly problems: readonly Finding[];
}

const isTorch = (opened: OpenedFile): opened is TorchFile => 'stateDict' in opened;
const isGguf = (opened: OpenedFile): opened is GgufFile => 'blocked' in opened;

const IN_BLOCKS: Text = { en: 'it is quantised in blocks', zh: '它以分块方式量化' };
const MODULE: Text = { en: 'a pickled module', zh: '序列化的整个模块' };

/** The state dict of a file. With `everything`, all tensors wherever they lie, for listings. */
export function stateOf(opened: OpenedFile, path: string, everything: boolean): FileState {
  const notPlain = (name: string, why: Text): Finding =>
    finding(TENSOR_NOT_PLAIN, { file: path, tensor: name, why }, { path, tensor: name, severity: everything ? 'info' : 'error' });
  const split = (all: readonly Finding[]) => (everything ? { findings: all, problems: [] } : { findings: [], problems: all });
  if (isGguf(opened)) return { opened, ...split(opened.blocked.map(({ name }) => notPlain(name, IN_BLOCKS))) };
  if (!isTorch(opened)) return { opened, findings: [], problems: [] };
  const of = (others: readonly TorchOther[]) => others.map(({ name, why }) => notPlain(name, why));
  if (everything) return { opened, ...split(of(opened.others)) };
  const { stateDict } = opened, problems = of(stateDict.others), findings: Finding[] = [];
  if (opened.source !== undefined) problems.push(finding(VIEW_ONLY, { file: path }, { path }));
  const key = stateDict.path.join('.');
  if (stateDict.module || key !== '') findings.push(finding(UNWRAPPED, { file: path, key: stateDict.module ? MODULE : key }, { path }));
  return { opened: { ...opened, tensors: stateDict.tensors }, findings, problems };
}
