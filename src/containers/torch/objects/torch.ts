/** @module Constructors of torch's small objects. Tensors and storages are in `rebuild.ts`. */
import { itemsOf } from '../dict.ts';
import type { Constructor } from './known.ts';

const size: Constructor = ({ arguments: [dims, ...rest] }) => {
  const items = dims === undefined ? [] : itemsOf(dims);
  return items && rest.length === 0 && items.every((side) => typeof side === 'number' || typeof side === 'bigint') ? { is: 'size', dims: items } : undefined;
};

/** Device indices are signed bytes in torch. */
const DEVICE_INDEX_MAX = 127;

const device: Constructor = ({ arguments: [text, index, ...rest] }) => {
  const parts = typeof text === 'string' ? /^([a-z]\w*)(?::(\d{1,3}))?$/.exec(text) : null;
  if (!parts || rest.length > 0 || (parts[2] !== undefined && index !== undefined)) return undefined;
  const number = index ?? (parts[2] === undefined ? null : Number(parts[2]));
  if (number !== null && !(typeof number === 'number' && number >= 0 && number <= DEVICE_INDEX_MAX)) return undefined;
  return { is: 'device', type: parts[1]!, index: number };
};

/** Layouts there are (torch/serialization.py, `_get_layout`). */
const LAYOUTS = new Set(['strided', 'sparse_coo', 'sparse_csr', 'sparse_csc', 'sparse_bsr', 'sparse_bsc', '_mkldnn', 'jagged'].map((name) => `torch.${name}`));

const layout: Constructor = ({ arguments: [name, ...rest] }) =>
  (typeof name === 'string' && LAYOUTS.has(name) && rest.length === 0 ? { is: 'layout', name } : undefined);

/** By path. */
export const TORCH_OBJECTS: readonly (readonly [string, Constructor])[] = [
  ['torch.Size', size], ['torch.device', device], ['torch.serialization._get_layout', layout],
];
