/**
 * @module
 * What the rules look at: a surveyed tree, and everything in it opened once, however many rules ask.
 */
import { readBytes, subFolder, type ByteSource, type Folder } from '../bytes/index.ts';
import { closeCheckpoint, openCheckpoint, openState, type Purpose } from '../checkpoints/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { openContainer, readJson, type JsonValue, type OpenedFile } from '../containers/index.ts';
import { isTemperError, type Finding } from '../findings/index.ts';
import type { Tree, TreeDirectory } from '../producers/index.ts';
import type { Members } from './members.ts';
import { join } from './paths.ts';
import type { Profile } from './profiles.ts';

/** A running SHA-256. */
export interface RunningHash { update(bytes: Uint8Array): void; hex(): string }

/** What the machine around a check can say, where there is one. */
export interface CheckHost {
  /** Whether a path exists, as seen from a folder of the tree. */
  readonly exists?: (from: string, path: string) => boolean;
  readonly sha256?: () => RunningHash;
}

/** What a check was asked. */
export interface CheckOptions {
  readonly profiles: ReadonlySet<Profile>;
  /** The one file that is asked about, instead of what a loader would choose in its folder. */
  readonly file?: string;
  /** Modules that must have been updated by training. */
  readonly updated?: readonly string[];
  /** The base that the user names. */
  readonly base?: Folder;
  readonly host?: CheckHost;
  readonly signal?: AbortSignal;
  /** Told while values are read. */
  readonly onBytes?: (bytes: number, current: string) => void;
}

/** A container that opened, or what stood against it. */
export type Opened = { readonly opened: OpenedFile; readonly source: ByteSource } | { readonly findings: readonly Finding[] };

/** A directory of weights for one purpose. */
export interface Weights {
  readonly directory: TreeDirectory;
  readonly purpose: Purpose;
  readonly checkpoint: Checkpoint;
  /** Whether every chosen file opened and is where the index says. */
  readonly whole: boolean;
}

/** Text files are configurations and code: nothing larger is read. */
const TEXT_BYTES_MAX: number = 16 * 1024 * 1024;

const WEIGHT_ROLES: ReadonlySet<string> = new Set(['weights', 'weights-index', 'adapter-weights']);

/** The tree, and its files as they are asked for. */
export class CheckContext {
  readonly folder: Folder;
  readonly tree: Tree;
  readonly options: CheckOptions;
  readonly #cache = new Map<string, unknown>();
  readonly #closing: (() => unknown)[] = [];

  constructor(folder: Folder, tree: Tree, options: CheckOptions) {
    this.folder = folder;
    this.tree = tree;
    this.options = options;
  }

  /** Whether a purpose was asked for. */
  asks(profile: Profile): boolean { return this.options.profiles.has(profile); }

  /** Folders, the root first, with one of these kinds; all without. */
  directories(...kinds: readonly string[]): TreeDirectory[] {
    return [...this.tree.directories.values()].filter((directory) => kinds.length === 0 || kinds.some((kind) => directory.kinds.includes(kind)));
  }

  /** Whether a folder holds a file of this name. */
  has(directory: TreeDirectory, name: string): boolean { return this.tree.files.has(join(directory.path, name)); }

  /** Where a finding about a folder belongs: readers name a file by its place in the folder, or by the label it was opened under. */
  placeOf(directory: TreeDirectory, path: string | undefined): string {
    if (path === undefined || path === '.' || path === '') return directory.path;
    return directory.path !== '' && path.startsWith(`${directory.path}/`) ? path : join(directory.path, path);
  }

  /** A file as an object of JSON; undefined when it is absent, broken or something else. */
  async object(path: string): Promise<Members | undefined> {
    const value = await this.json(path);
    return value instanceof Map ? value : undefined;
  }

  /** A file as JSON, in Python's dialect. */
  async json(path: string): Promise<JsonValue | undefined> {
    if (!this.tree.files.has(path)) return undefined;
    return this.once(`json ${path}`, () => this.#reading(path, async (source) => (await readJson(source, { python: true })).value));
  }

  /** A file as text. */
  async text(path: string): Promise<string | undefined> {
    if (!this.tree.files.has(path)) return undefined;
    return this.once(`text ${path}`, () => this.#reading(path, async (source) => (source.size > TEXT_BYTES_MAX ? undefined : new TextDecoder().decode(await readBytes(source, 0, source.size)))));
  }

  /** A file as bytes, unless it is longer than `limit`. */
  async bytes(path: string, limit: number): Promise<Uint8Array | undefined> {
    if (!this.tree.files.has(path)) return undefined;
    return this.#reading(path, async (source) => (source.size > limit ? undefined : readBytes(source, 0, source.size)));
  }

  /** A single file as the container that its content is. */
  async container(path: string): Promise<Opened> {
    return this.once(`container ${path}`, async () => {
      try {
        const source = await this.folder.open(path);
        this.#closing.push(() => source.close());
        const opened = await openContainer(source);
        return { opened, source: opened.source ?? source };
      } catch (error) {
        if (!isTemperError(error)) throw error;
        return { findings: error.findings };
      }
    });
  }

  /** The weights of every folder that has some, one entry per purpose. Llama's own `.pth` are parts, not weights. */
  async weights(): Promise<readonly Weights[]> {
    const all: Weights[] = [];
    for (const directory of this.directories()) {
      for (const purpose of purposesOf(directory)) {
        const one = await this.weightsOf(directory, purpose);
        if (one !== undefined) all.push(one);
      }
    }
    return all;
  }

  /** The weights of one folder, opened with everything that is wrong with them as findings. */
  async weightsOf(directory: TreeDirectory, purpose: Purpose = 'model'): Promise<Weights | undefined> {
    return this.once(`weights ${purpose} ${directory.path}`, async () => {
      try {
        const { file } = this.options;
        const checkpoint = await openCheckpoint(this.inside(directory), { prefer: purpose, tolerant: true, ...(file === undefined ? {} : { file }) });
        this.#closing.push(() => closeCheckpoint(checkpoint));
        return { directory, purpose, checkpoint, whole: !checkpoint.findings.some(({ severity }) => severity === 'error') };
      } catch (error) {
        if (!isTemperError(error)) throw error;
        return undefined;
      }
    });
  }

  /** Training states of folders, as the models in them; those that cannot be put together are left to their own rules. */
  async states(): Promise<readonly Weights[]> {
    const all: Weights[] = [];
    for (const directory of this.directories()) {
      // The folder above a tag is the checkpoint: it knows which tag counts.
      if (!directory.folders.some((name) => /^global_step\d+$/.test(name)) && !directory.files.some(({ name }) => name === 'latest')) continue;
      const checkpoint = await this.once(`state ${directory.path}`, async () => {
        try {
          const opened = await openState(this.inside(directory));
          if (opened !== undefined) this.#closing.push(() => closeCheckpoint(opened));
          return opened;
        } catch (error) {
          if (!isTemperError(error)) throw error;
          return undefined;
        }
      });
      if (checkpoint !== undefined) all.push({ directory, purpose: [...checkpoint.tensors.keys()].some((name) => name.includes('base_model.model.')) ? 'adapter' : 'model', checkpoint, whole: true });
    }
    return all;
  }

  /** One file as a checkpoint; undefined when it cannot be opened. */
  async fileOf(path: string): Promise<Checkpoint | undefined> {
    return this.once(`file ${path}`, async () => {
      try {
        const checkpoint = await openCheckpoint(this.folder, { file: path, tolerant: true });
        this.#closing.push(() => closeCheckpoint(checkpoint));
        return checkpoint;
      } catch (error) {
        if (!isTemperError(error)) throw error;
        return undefined;
      }
    });
  }

  /** The base that the user names, opened. */
  async givenBase(): Promise<Checkpoint | undefined> {
    const { base } = this.options;
    if (base === undefined) return undefined;
    return this.once('base', async () => {
      const checkpoint = await openCheckpoint(base, { prefer: 'model' });
      this.#closing.push(() => closeCheckpoint(checkpoint));
      return checkpoint;
    });
  }

  /** A folder of the tree as a folder of its own. */
  inside(directory: TreeDirectory): Folder { return directory.path === '' ? this.folder : subFolder(this.folder, directory.path); }

  /** Does something once and remembers what came of it. */
  async once<T>(key: string, make: () => Promise<T>): Promise<T> {
    this.options.signal?.throwIfAborted();
    const known = this.#cache.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#cache.set(key, made);
    return made;
  }

  /** Lets go of every file. */
  async close(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
  }

  /** Keeps something to be closed with the rest. */
  closing(close: () => unknown): void { this.#closing.push(close); }

  async #reading<T>(path: string, read: (source: ByteSource) => Promise<T>): Promise<T | undefined> {
    try {
      const source = await this.folder.open(path);
      try { return await read(source); } finally { await source.close(); }
    } catch (error) {
      if (!isTemperError(error)) throw error;
      return undefined;
    }
  }
}

/** For what a folder holds weights. */
export function purposesOf({ files, kinds, weights }: TreeDirectory): Purpose[] {
  if (kinds.includes('llama-pth') || !files.some(({ role }) => WEIGHT_ROLES.has(role))) return [];
  const adapter = kinds.includes('adapter') || files.some(({ name }) => /^adapter_model\b/.test(name));
  const model = kinds.includes('full-model') || !adapter && weights !== undefined;
  return [...adapter ? ['adapter' as const] : [], ...model || !adapter ? ['model' as const] : []];
}
