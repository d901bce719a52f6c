/**
 * @module
 * Opens a file or a directory as one checkpoint: choose the files, open each, and hold the index against the headers.
 */
import type { ByteSource, Folder, FolderEntry } from '../bytes/index.ts';
import type { Container, OpenedFile } from '../containers/container.ts';
import { CONTAINERS, openContainer } from '../containers/index.ts';
import { finding, isTemperError, refuse, TemperError, type Finding } from '../findings/index.ts';
import type { Checkpoint, CheckpointFile, OtherTensor } from './checkpoint.ts';
import { AMBIGUOUS_WEIGHTS, INCOMPLETE_SHARDS, INDEX_NEEDED, LINKED_FILES, MISSING_SHARD, NAME_AND_CONTENT, NO_INDEX, NO_WEIGHTS, STALE_INDEX,
  TWO_WEIGHT_FILES, UNUSABLE_WEIGHTS, VARIANT_CHOSEN } from './codes.ts';
import { gather, type OpenedShard, type UsedIndex } from './gather.ts';
import { chooseWeights, INDEX_PATTERN, indexBeside, unusedWeights, type Choice, type Purpose } from './precedence.ts';
import { stateOf } from './state.ts';
import { readWeightsIndex, type WeightsIndex } from './weights-index.ts';

/** What to open, and how. */
export interface OpenOptions {
  /** A file or an index in the folder, instead of what a loader would choose. */
  readonly file?: string;
  /** Weights that come first when a folder holds a model and an adapter. */
  readonly prefer?: Purpose;
  /** Report what would be refused as findings, and open what can be opened: for checks. */
  readonly tolerant?: boolean;
  readonly containers?: readonly Container[];
  /** All tensors of a file, not only those of its state dict: for listings. */
  readonly everything?: boolean;
}

/**
 * Opens the weights of `folder`. Throws a TemperError with everything that stands against it, unless `tolerant`. The
 * caller closes the result (`closeCheckpoint`).
 */
export async function openCheckpoint(folder: Folder, options: OpenOptions = {}): Promise<Checkpoint> {
  const findings: Finding[] = [], problems: Finding[] = [], sources: ByteSource[] = [];
  try {
    const directory = options.file?.includes('/') ? options.file.slice(0, options.file.lastIndexOf('/')) : '';
    const entries = new Map((await folder.list(directory)).map((entry) => [entry.path, entry]));
    const names = [...entries.values()].filter((entry) => entry.kind === 'file').map((entry) => entry.path);
    const choice = options.file === undefined ? chooseWeights(names, options.prefer) : explicit(options.file);
    const chosen = await resolve(folder, choice, names, findings, problems);
    const shards: OpenedShard[] = [], files: CheckpointFile[] = [], others: OtherTensor[] = [];
    for (const [position, path] of chosen.paths.entries()) {
      const file = await attempt(problems, () => openFile(folder, path, entries.get(path), chosen, position, options, sources));
      if (file === undefined) continue;
      const state = stateOf(file.opened, path, options.everything ?? false);
      shards.push({ path, position, tensors: state.tensors });
      others.push(...state.others.map((other) => ({ ...other, file: files.length })));
      files.push(file.file);
      findings.push(...file.opened.findings, ...state.findings, ...nameFindings(path, file.opened.format));
      problems.push(...state.problems);
    }
    const { tensors, ...gathered } = gather(shards, chosen.index);
    findings.push(...gathered.findings, ...linkFindings(chosen.paths, entries));
    problems.push(...gathered.problems);
    if (problems.length > 0 && !options.tolerant) throw new TemperError(problems);
    const open = new Set(files.map((file) => file.raw ?? file.source));
    for (const source of sources) if (!open.has(source)) await source.close();
    const used = new Set([...chosen.paths, ...(chosen.indexPath === undefined ? [] : [chosen.indexPath])]);
    const unused = options.file === undefined ? unusedWeights(names, used) : [];
    findings.push(...besideFindings(chosen, unused));
    return {
      folder, files, tensors, others, unused,
      ...(chosen.indexPath === undefined ? {} : { index: chosen.indexPath }),
      ...(chosen.index === undefined ? {} : { indexTexts: chosen.index.content.texts }),
      findings: [...problems, ...findings],
    };
  } catch (error) {
    for (const source of sources) await source.close();
    throw error;
  }
}

/** Files to open, by path; with an index what it says. */
interface Chosen {
  readonly paths: readonly string[];
  readonly indexPath?: string;
  /** Absent when there is none or it could not be read. */
  readonly index?: UsedIndex;
}

function explicit(file: string): Choice {
  return { kind: INDEX_PATTERN.test(file) ? 'index' : 'file', path: file };
}

/** Turns a choice into files, with the findings about the choice itself. */
async function resolve(folder: Folder, choice: Choice, names: readonly string[], findings: Finding[], problems: Finding[]): Promise<Chosen> {
  const label = folder.label, place = { path: '.' };
  switch (choice.kind) {
    case 'none': problems.push(finding(NO_WEIGHTS, { folder: label }, place)); return { paths: [] };
    case 'ambiguous': problems.push(finding(AMBIGUOUS_WEIGHTS, { folder: label, names: choice.paths.join(', ') }, place)); return { paths: [] };
    case 'index-needed': problems.push(finding(INDEX_NEEDED, { folder: label, shard: choice.path }, place)); return { paths: [] };
    case 'incomplete':
      problems.push(finding(INCOMPLETE_SHARDS, { folder: label, found: choice.paths.length, expected: choice.count, shard: choice.missing }, { path: choice.missing }));
      return { paths: choice.paths };
    case 'shards':
      findings.push(finding(NO_INDEX, { folder: label, count: choice.paths.length }, place));
      return { paths: choice.paths };
    case 'file': case 'index': return resolveOne(folder, choice, names, findings, problems);
  }
}

async function resolveOne(folder: Folder, { kind, path, variant }: Extract<Choice, { readonly kind: 'file' | 'index' }>, names: readonly string[],
  findings: Finding[], problems: Finding[]): Promise<Chosen> {
  if (variant !== undefined) findings.push(finding(VARIANT_CHOSEN, { file: path, variant }, { path }));
  if (kind === 'file') {
    const { index, shard } = indexBeside(path);
    if (names.includes(index) && !names.some(shard)) findings.push(finding(STALE_INDEX, { index, file: path }, { path: index }));
    return { paths: [path] };
  }
  const content = await attempt(problems, async () => {
    const source = await folder.open(path);
    try {
      return await readWeightsIndex(source);
    } finally {
      await source.close();
    }
  });
  if (content === undefined) return { paths: [], indexPath: path };
  findings.push(...content.findings);
  const prefix = path.slice(0, path.lastIndexOf('/') + 1);
  return { paths: content.shards.map((shard) => prefix + shard), indexPath: path, index: { path, content } };
}

async function openFile(folder: Folder, path: string, entry: FolderEntry | undefined, chosen: Chosen, position: number,
  { containers = CONTAINERS }: OpenOptions, sources: ByteSource[]): Promise<{ file: CheckpointFile; opened: OpenedFile }> {
  if (entry?.kind !== 'file' && chosen.index !== undefined) refuse(MISSING_SHARD, { shard: path, count: countOf(chosen.index.content, position) }, { path });
  if (entry?.unusable !== undefined) refuse(UNUSABLE_WEIGHTS, { file: path, reason: entry.unusable }, { path });
  const source = await folder.open(path);
  sources.push(source);
  const opened = await openContainer(source, containers);
  const { format, metadata, headerRanges } = opened;
  const modified = entry?.modifiedMs === undefined ? {} : { modifiedMs: entry.modifiedMs };
  const reads = opened.source === undefined ? { source } : { source: opened.source, raw: source };
  return { opened, file: { path, bytes: source.size, format, metadata, headerRanges, ...reads, ...modified } };
}

function countOf(index: WeightsIndex, shard: number): number {
  let count = 0;
  for (const position of index.tensors.values()) if (position === shard) count++;
  return count;
}

/** Runs a step; a refusal is collected, anything else goes on up. */
async function attempt<T>(problems: Finding[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!isTemperError(error)) throw error;
    problems.push(...error.findings);
    return undefined;
  }
}

/** What loaders expect under an extension. */
const EXPECTED = new Map<string, RegExp>([['safetensors', /^safetensors$/], ['bin', /^(?:torch|pickle)/], ['pt', /^(?:torch|pickle)/], ['pth', /^(?:torch|pickle)/]]);

function nameFindings(path: string, format: string): Finding[] {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return EXPECTED.get(extension)?.test(format) === false ? [finding(NAME_AND_CONTENT, { file: path, named: extension, format }, { path, found: format })] : [];
}

/** Weights that this program could have read as well: those of other frameworks are no second choice of a torch loader. */
const READABLE = /\.(?:safetensors|bin|pth)$/;

function besideFindings({ paths, indexPath }: Chosen, unused: readonly string[]): Finding[] {
  const used = indexPath ?? paths[0], other = unused.filter((name) => READABLE.test(name));
  return used === undefined || other.length === 0 ? [] : [finding(TWO_WEIGHT_FILES, { used, unused: `${other[0]!}${other.length > 1 ? ` (+${other.length - 1})` : ''}` }, { path: other[0]! })];
}

function linkFindings(paths: readonly string[], entries: ReadonlyMap<string, FolderEntry>): Finding[] {
  const links = paths.filter((path) => entries.get(path)?.link), [file] = links;
  return file === undefined ? [] : [finding(LINKED_FILES, { count: links.length, file }, { path: file })];
}
