/**
 * @module
 * A folder as producers see it: its files with their formats, its sub-folders, and what is inside the small ones, read on
 * demand and once.
 */
import { compareNames, readBytes, type ByteSource, type Folder } from '../bytes/index.ts';
import { INDEX_BYTES_MAX, readWeightsIndex } from '../checkpoints/weights-index.ts';
import { DCP_METADATA_NAME, readDcpMetadata } from '../containers/dcp/index.ts';
import { openContainer, parseJson, type JsonValue } from '../containers/index.ts';
import { Notes } from '../containers/notes.ts';
import { entriesOf, item, PyCall, PyGlobal, torchLegacy, torchZip, type TorchFile, type Value } from '../containers/torch/index.ts';
import { isTemperError } from '../findings/index.ts';

/** A file, before anybody said what it is for. */
export interface FileView { readonly name: string; readonly path: string; readonly bytes: number; readonly format: string }

/** A JSON object. */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Largest configuration that is read as values; the largest known (a tokenizer_config with 50 000 added tokens) has 12 MB. */
export const CONFIG_BYTES_MAX: number = 16 * 1024 * 1024;
/** Largest text of which the whole is looked at: cards, logs, dumped configurations. */
export const TEXT_BYTES_MAX: number = 256 * 1024;
/** So much of a safetensors header is enough to see what its tensors are called. */
export const NAMES_BYTES: number = 256 * 1024;

/** What the names in a file of tensors tell. */
export interface Names {
  /** Some names or all, in file order. */
  readonly names: readonly string[];
  /** Whether there is a tensor with elements among them. */
  readonly filled: boolean;
}

/** A folder. */
export class FolderView {
  readonly path: string;
  readonly name: string;
  readonly parent: FolderView | undefined;
  readonly files: readonly FileView[];
  /** Set while the tree is walked. */
  readonly folders: FolderView[] = [];
  /** What it is, found so far. Sub-folders come first, so theirs is complete. */
  readonly kinds = new Set<string>();
  readonly #root: Folder;
  readonly #byName: ReadonlyMap<string, FileView>;
  readonly #read = new Map<string, Promise<unknown>>();

  constructor(root: Folder, path: string, parent: FolderView | undefined, files: readonly FileView[]) {
    this.#root = root;
    this.path = path;
    this.parent = parent;
    // The folder that was given is called what its caller calls it.
    this.name = path === '' ? root.label.replace(/[/\\]+$/, '').replace(/^.*[/\\]/, '') : path.slice(path.lastIndexOf('/') + 1);
    this.files = files;
    this.#byName = new Map(files.map((file) => [file.name, file]));
  }

  /** A file by its base name. */
  file(name: string): FileView | undefined { return this.#byName.get(name); }
  /** Whether there is such a file. */
  has(name: string): boolean { return this.#byName.has(name); }
  /** Files whose names match. */
  matching(pattern: RegExp): FileView[] { return this.files.filter(({ name }) => pattern.test(name)); }
  /** This folder and all below it, depth first. */
  * all(): Generator<FolderView> {
    yield this;
    for (const folder of this.folders) yield* folder.all();
  }

  /** A JSON object; undefined when the file is absent, too large, or anything else. */
  json(name: string): Promise<JsonObject | undefined> {
    return this.#once(`json ${name}`, name, (file) => file.format === 'json' && file.bytes <= CONFIG_BYTES_MAX, async (source) => {
      const value = parseJson(await readBytes(source, 0, source.size), source.label, { python: true });
      return value instanceof Map ? value : undefined;
    });
  }

  /** The beginning of a text. */
  async text(name: string): Promise<string> {
    return await this.#once(`text ${name}`, name, () => true, async (source) =>
      new TextDecoder().decode(await readBytes(source, 0, Math.min(source.size, TEXT_BYTES_MAX)))) ?? '';
  }

  /** A torch file, read inertly; undefined when it is none or cannot be opened. */
  torch(name: string): Promise<TorchFile | undefined> {
    return this.#once(`torch ${name}`, name, (file) => file.format === 'torch-zip' || file.format === 'torch-legacy', (source, file) =>
      (file.format === 'torch-zip' ? torchZip : torchLegacy).open(source));
  }

  /** Names of the tensors of a file: of safetensors the first ones, of a torch file those of its state dict. */
  tensorNames(name: string): Promise<Names | undefined> {
    return this.#once(`names ${name}`, name, () => true, async (source, file) => {
      if (file.format === 'safetensors') return headerNames(source);
      if (file.format === 'gguf') return { names: (await openContainer(source)).tensors.map((tensor) => tensor.name), filled: true };
      const torch = await this.torch(name);
      if (torch === undefined) return undefined;
      const { tensors } = torch.stateDict;
      return { names: tensors.map((tensor) => tensor.name), filled: tensors.some((tensor) => !tensor.shape.includes(0)) };
    });
  }

  /** The shards of an index, in the order in which they are read; undefined when it cannot be read. */
  shards(name: string): Promise<readonly string[] | undefined> {
    return this.#once(`shards ${name}`, name, (file) => file.bytes <= INDEX_BYTES_MAX, async (source) =>
      (source.size <= INDEX_PARSED_BYTES ? (await readWeightsIndex(source)).shards : shardNames(source)));
  }

  /** Names in the metadata of a distributed checkpoint. */
  dcpNames(): Promise<readonly string[] | undefined> {
    return this.#once('dcp', DCP_METADATA_NAME, () => true, async (source) => {
      const metadata = await readDcpMetadata(source, new Notes(source.label));
      return metadata === undefined ? undefined : [...metadata.tensors, ...metadata.objects].map((one) => one.name);
    });
  }

  #once<T>(key: string, name: string, fits: (file: FileView) => boolean, read: (source: ByteSource, file: FileView) => Promise<T>): Promise<T | undefined> {
    const file = this.file(name);
    if (file === undefined || file.format === 'unusable' || !fits(file)) return Promise.resolve(undefined);
    const known = this.#read.get(key) as Promise<T | undefined> | undefined;
    if (known !== undefined) return known;
    const reading = (async () => {
      const source = await this.#root.open(file.path);
      try {
        return await read(source, file);
      } catch (error) {
        // What is wrong with a file is said by who opens it to use it; here it only tells nothing.
        if (!isTemperError(error)) throw error;
        return undefined;
      } finally {
        await source.close();
      }
    })();
    this.#read.set(key, reading);
    return reading;
  }
}

/** Larger indexes are searched for names of files, and not parsed: half a million tensors make 60 MB. */
export const INDEX_PARSED_BYTES: number = 8 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024, NAME_BYTES_MAX = 1024;

/** Distinct names of shards in an index, in order. Every value that is a text is one. */
async function shardNames(source: ByteSource): Promise<string[]> {
  const found = new Set<string>(), decoder = new TextDecoder('latin1');
  // Pieces overlap by more than a name, so that none is cut.
  for (let at = 0; at < source.size; at += PIECE_BYTES) {
    const text = decoder.decode(await readBytes(source, at, Math.min(PIECE_BYTES + NAME_BYTES_MAX, source.size - at)));
    for (const [, name] of text.matchAll(/":\s*"([\w.-]{1,240}\.(?:safetensors|bin|pth?))"/g)) found.add(name!);
  }
  return [...found].sort(compareNames);
}

async function headerNames(source: ByteSource): Promise<Names> {
  const text = new TextDecoder().decode(await readBytes(source, 8, Math.min(source.size - 8, NAMES_BYTES)));
  const names: string[] = [];
  let filled = false;
  for (const [, name, shape] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:\s*\{\s*"dtype"\s*:\s*"\w+"\s*,\s*"shape"\s*:\s*\[([\d\s,]*)\]/g)) {
    names.push(name!);
    if (!shape!.split(',').some((side) => side.trim() === '0')) filled = true;
  }
  return { names, filled };
}

/** Keys at the top of what a torch file holds. */
export function topKeys(file: TorchFile | undefined): string[] {
  return (entriesOf(file?.root) ?? []).flatMap(([key]) => (typeof key === 'string' ? [key] : []));
}

/** A member of a pickled object or dict, as text. */
export function textMember(value: Value | undefined, key: string): string | undefined {
  const inner = item(value instanceof PyCall ? value.state : value, key);
  return typeof inner === 'string' ? inner : undefined;
}

/** Path of the class of a pickled object. */
export const classOf = (value: Value | undefined): string | undefined => (value instanceof PyCall ? value.path : value instanceof PyGlobal ? value.path : undefined);

/** A text member of a JSON object. */
export const textIn = (object: JsonObject | undefined, key: string): string | undefined => {
  const value = object?.get(key);
  return typeof value === 'string' ? value : undefined;
};
