/**
 * @module
 * The torch files of a training state: opened one after the other, each kept open for the bytes of its tensors while the
 * objects of its pickle are let go.
 */
import { readBytes, type ByteSource, type Folder, type FolderEntry } from '../../bytes/index.ts';
import { openContainer } from '../../containers/index.ts';
import { entriesOf, item, itemsOf, PyCall, PyFloat, type TorchFile, type TorchNamed, type Value } from '../../containers/torch/index.ts';
import { refuse, type Finding, type Text } from '../../findings/index.ts';
import { rebind, type Expression, type Shape } from '../../tensors/index.ts';
import type { CheckpointFile } from '../checkpoint.ts';
import { STATE_STRUCTURE } from './codes.ts';

/** A tensor with its expression over the files of the state. */
export interface StateTensor { readonly dtype: Expression['dtype']; readonly shape: Shape; readonly expression: Expression; readonly bytes: number }

/** One opened file, as far as somebody still looks at it. */
export interface StateFile {
  readonly path: string;
  readonly root: Value;
  /** The name that it was saved under, without its extension, where a zip remembers it: its top directory. */
  readonly savedAs: string | undefined;
  /** Findings of its reader; errors were thrown. */
  readonly findings: readonly Finding[];
  /** The tensor at these keys. */
  tensor(...keys: readonly (string | number)[]): StateTensor | undefined;
  /** Tensors below these keys, by the next key, in order. */
  below(...keys: readonly string[]): ReadonlyMap<string, StateTensor>;
  /** A number of rows that two names may share: equal for the same view of the same storage. */
  place(...keys: readonly (string | number)[]): string | undefined;
  /** A shape, as a tuple, a list or a torch.Size. */
  shape(value: Value | undefined): number[] | undefined;
  /** Tensors that are no plain bytes, by the keys that lead to them. */
  readonly others: readonly { readonly path: readonly (string | number)[]; readonly why: Text }[];
  /** Every tensor, with the keys that lead to it. */
  all(): Iterable<readonly [keys: readonly (string | number)[], tensor: StateTensor]>;
}

const idOf = (keys: readonly (string | number)[]): string => keys.join('\n');

/** The files of one state, in the order in which they were opened. Expressions read them by index. */
export class StateFiles {
  readonly folder: Folder;
  readonly #files: CheckpointFile[] = [];
  readonly #entries = new Map<string, FolderEntry>();

  constructor(folder: Folder) {
    this.folder = folder;
  }

  get files(): readonly CheckpointFile[] { return this.#files; }

  /** Files of a directory inside, by base name. */
  async names(directory: string): Promise<string[]> {
    const entries = (await this.folder.list(directory)).filter((entry) => entry.kind === 'file');
    for (const entry of entries) this.#entries.set(entry.path, entry);
    return entries.map((entry) => entry.path.slice(directory === '' ? 0 : directory.length + 1));
  }

  /** Opens a torch file; whatever is wrong with it is thrown. */
  async open(path: string): Promise<StateFile> {
    const source = await this.folder.open(path);
    try {
      const opened = await openContainer(source);
      if (!('stateDict' in opened)) refuse(STATE_STRUCTURE, { file: path, problem: { en: `it is a file of the kind ${opened.format}`, zh: `它是 ${opened.format} 文件` } }, { path, found: opened.format });
      const torch = opened as TorchFile, index = this.#add(path, source, torch);
      return view(path, torch, index, torch.format === 'torch-zip' ? await topDirectory(source) : undefined);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** When a file that was listed was changed. */
  time(path: string): { readonly modifiedMs?: number } {
    const modifiedMs = this.#entries.get(path)?.modifiedMs;
    return modifiedMs === undefined ? {} : { modifiedMs };
  }

  #add(path: string, source: ByteSource, { format, metadata, headerRanges, source: own }: TorchFile): number {
    return this.#files.push({
      path, bytes: source.size, format, metadata, headerRanges, ...(own === undefined ? { source } : { source: own, raw: source }),
      ...this.time(path),
    }) - 1;
  }

  /** Adds a file that somebody else opened. */
  addOpened(file: CheckpointFile): number { return this.#files.push(file) - 1; }

  async close(): Promise<void> { for (const file of this.#files) await file.source.close(); }
}

/** Longest name of a first record that is looked at. */
const NAME_BYTES_MAX = 256;

/** Top directory of a zip: torch names it after the file that it writes. */
async function topDirectory(source: ByteSource): Promise<string | undefined> {
  const head = await readBytes(source, 0, Math.min(source.size, 30 + NAME_BYTES_MAX)), length = (head[26] ?? 0) + (head[27] ?? 0) * 256;
  return /^([^/]+)\//.exec(new TextDecoder().decode(head.subarray(30, 30 + length)))?.[1];
}

function view(path: string, torch: TorchFile, index: number, savedAs: string | undefined): StateFile {
  const byKeys = new Map<string, TorchNamed>();
  for (const tensor of torch.tensors) if (!byKeys.has(idOf(tensor.path))) byKeys.set(idOf(tensor.path), tensor);
  const placed = ({ dtype, shape, expression, bytes }: TorchNamed): StateTensor => ({ dtype, shape, bytes, expression: index === 0 ? expression : rebind(expression, () => index) });
  return {
    path, savedAs, root: torch.root, findings: torch.findings,
    tensor: (...keys) => { const found = byKeys.get(idOf(keys)); return found && placed(found); },
    below: (...keys) => {
      const found = new Map<string, StateTensor>();
      for (const tensor of torch.tensors) {
        if (tensor.path.length === keys.length + 1 && keys.every((key, i) => tensor.path[i] === key)) found.set(String(tensor.path.at(-1)), placed(tensor));
      }
      return found;
    },
    place: (...keys) => {
      const { tensor } = byKeys.get(idOf(keys)) ?? {};
      return tensor?.storage === undefined || tensor.shape?.includes(0) !== false ? undefined : [tensor.storage.key, tensor.offset, tensor.shape, tensor.strides].join(':');
    },
    shape: (value) => {
      const size = torch.objects.known(value), sides = itemsOf(value) ?? (size?.is === 'size' ? size.dims : undefined);
      return sides?.every((side) => typeof side === 'number' && side >= 0) ? sides as number[] : undefined;
    },
    others: torch.others.map(({ path: keys, why }) => ({ path: keys, why })),
    all: function* () { for (const tensor of torch.tensors) yield [tensor.path, placed(tensor)] as const; },
  };
}

/** A whole number, an enum that stands for one, or undefined. */
export function wholeNumber(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof PyFloat) return Number.isInteger(value.value) ? value.value : undefined;
  const argument = value instanceof PyCall ? value.arguments[0] : undefined;
  return typeof argument === 'number' ? argument : undefined;
}

/** Text, or undefined. */
export const textOf = (value: Value | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

/** The value at some keys. */
export const valueAt = (value: Value | undefined, ...keys: readonly string[]): Value | undefined => keys.reduce((at, key) => item(at, key), value);

/** Pairs of texts of a dict, or of a list of pairs, as some versions have it. */
export function textPairs(value: Value | undefined): Map<string, string> {
  const entries = entriesOf(value) ?? (itemsOf(value) ?? []).map((pair) => itemsOf(pair) ?? []);
  return new Map(entries.filter((pair): pair is [string, string] => typeof pair[0] === 'string' && typeof pair[1] === 'string'));
}
