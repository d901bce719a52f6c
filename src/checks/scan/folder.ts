/**
 * @module
 * Scans a directory: every file by its content, and what only shows from several of them: indexes, distributed
 * checkpoints. The worst file decides.
 */
import { listRecursively, sliceSource, subFolder, type Folder, type FolderEntry } from '../../bytes/index.ts';
import { closeCheckpoint, openCheckpoint } from '../../checkpoints/index.ts';
import { DCP_METADATA_NAME, isPartFile, openDcp, openSharded, type DcpCheckpoint, type DcpSlice } from '../../containers/dcp/index.ts';
import { Notes } from '../../containers/notes.ts';
import { finding, isTemperError, type Finding } from '../../findings/index.ts';
import { checkLatest, checkZeroTag, isZeroTag, LATEST_NAME, readLatest } from '../../producers/zero.ts';
import { SCAN_UNUSABLE } from './codes.ts';
import { isConfig, scanConfig } from './configs.ts';
import { scanFile, type FileScan } from './file.ts';
import { worst, type Verdict } from './report.ts';

/** What a scan says about one file of a directory. */
export interface ScannedFile extends Omit<FileScan, 'findings'> { readonly path: string }

/** What a scan says about a directory. */
export interface FolderScan {
  readonly verdict: Verdict;
  readonly files: readonly ScannedFile[];
  readonly findings: readonly Finding[];
}

/** How to scan. */
export interface ScanOptions {
  /** Search and check everything, however large. */
  readonly all?: boolean;
  /** CRC-32 of the host, where it has a faster one. */
  readonly crc32?: (bytes: Uint8Array, crc: number) => number;
  /** Told before every file. */
  readonly onFile?: (path: string, bytes: number) => void;
}

const parentOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const INDEX = /\.index(?:\.[\w-]+)?\.json$/;
const DATA_FILE = /\.distcp$/;

/** Verdict of findings without a file: errors refuse, warnings are to be mentioned. */
function verdictOf(findings: readonly Finding[]): Verdict {
  return findings.some(({ severity }) => severity === 'error') ? 'refuse' : findings.some(({ severity }) => severity === 'warning') ? 'finding' : 'data-only';
}

/** Scans all of a folder. */
export async function scanFolder(folder: Folder, options: ScanOptions = {}): Promise<FolderScan> {
  const files: ScannedFile[] = [], findings: Finding[] = [];
  const entries = await listRecursively(folder), isDistributed = new Set(entries.filter(({ path }) => nameOf(path) === DCP_METADATA_NAME || DATA_FILE.test(path)).map(({ path }) => parentOf(path)));
  for (const entry of entries) {
    if (entry.unusable !== undefined) findings.push(finding(SCAN_UNUSABLE, { file: entry.path, reason: entry.unusable }, { path: entry.path }));
    else if (entry.kind === 'file' && !(DATA_FILE.test(entry.path) && isDistributed.has(parentOf(entry.path)))) await scanEntry(folder, entry, options, files, findings);
  }
  for (const path of isDistributed) await scanDistributed(folder, path, options, files, findings);
  for (const path of new Set(entries.filter(({ kind }) => kind === 'file').map(({ path: file }) => parentOf(file)))) {
    const names = entries.filter((entry) => entry.kind === 'file' && entry.unusable === undefined && parentOf(entry.path) === path).map((entry) => nameOf(entry.path));
    findings.push(...await aboutFolder(path === '' ? folder : subFolder(folder, path), names, path));
    if (isZeroTag(names)) findings.push(...await checkZeroTag(folder, path));
    const folders = entries.filter((entry) => entry.kind === 'folder' && parentOf(entry.path) === path), latest = path === '' ? LATEST_NAME : `${path}/${LATEST_NAME}`;
    // Other programs have files of that name; only beside tags is it DeepSpeed's.
    const tags = folders.filter((tag) => isZeroTag(entries.filter((entry) => parentOf(entry.path) === tag.path).map((entry) => nameOf(entry.path))));
    if (names.includes(LATEST_NAME) && tags.length > 0) findings.push(...checkLatest(await readLatest(folder, latest), folders.map((entry) => nameOf(entry.path)), latest));
  }
  return { verdict: worst([...files.map(({ verdict }) => verdict), verdictOf(findings)]), files, findings };
}

/** Scans one file of a folder, with what its name adds: an index is held against its shards, a configuration against its rules. */
export async function scanOne(folder: Folder, path: string, options: ScanOptions = {}): Promise<FolderScan> {
  const files: ScannedFile[] = [], findings: Finding[] = [];
  await scanEntry(folder, { path, kind: 'file', bytes: 0 }, options, files, findings);
  if (INDEX.test(path)) findings.push(...await aboutIndex(folder, path));
  return { verdict: worst([...files.map(({ verdict }) => verdict), verdictOf(INDEX.test(path) ? findings : [])]), files, findings };
}

async function scanEntry(folder: Folder, { path, bytes }: FolderEntry, options: ScanOptions, files: ScannedFile[], findings: Finding[]): Promise<void> {
  options.onFile?.(path, bytes);
  const source = await folder.open(path);
  try {
    const { findings: found, ...scan } = await scanFile(source, options), notes = new Notes(path);
    if (isConfig(nameOf(path))) await scanConfig(nameOf(path), source, notes);
    files.push({ path, ...scan, verdict: worst([scan.verdict, verdictOf(notes.findings)]) });
    findings.push(...found, ...notes.findings);
  } finally {
    await source.close();
  }
}

/** What only several files together show. */
async function aboutFolder(folder: Folder, names: readonly string[], path: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const index of names.filter((name) => INDEX.test(name))) findings.push(...await aboutIndex(folder, index));
  const parts: string[] = [];
  for (const name of names) if (name.endsWith('.safetensors') && await isPartFile(folder, name)) parts.push(name);
  if (parts.length > 0) findings.push(...await refusalOf(async () => (await openSharded(folder, parts)).close()));
  return path === '' ? findings : findings.map((one) => ({ ...one, path: one.path === undefined || one.path === '.' ? path : `${path}/${one.path}` }));
}

/** An index: names, shards, and whether they agree. */
export async function aboutIndex(folder: Folder, index: string): Promise<readonly Finding[]> {
  // What is wrong with a shard itself was said when it was scanned.
  return refusalOf(async () => {
    const checkpoint = await openCheckpoint(folder, { file: index, tolerant: true });
    await closeCheckpoint(checkpoint);
    return checkpoint.findings;
  });
}

async function refusalOf(look: () => Promise<readonly Finding[] | void>): Promise<readonly Finding[]> {
  try { return await look() ?? []; } catch (error) {
    if (!isTemperError(error)) throw error;
    return error.findings;
  }
}

/** A distributed checkpoint: its data files are torch files laid end to end, found by `.metadata`. */
export async function scanDistributed(folder: Folder, path: string, options: ScanOptions, files: ScannedFile[], findings: Finding[]): Promise<void> {
  const inner = path === '' ? folder : subFolder(folder, path), place = (name: string) => (path === '' ? name : `${path}/${name}`);
  let opened: DcpCheckpoint | undefined;
  findings.push(...await refusalOf(async () => { opened = await openDcp(inner); return opened.findings; }));
  const done = new Set<string>();
  if (opened !== undefined) {
    const checkpoint = opened;
    for (const described of checkpoint.tensors) findings.push(...await refusalOf(async () => { await checkpoint.tensor(described); }));
    for (const { path: name, source } of checkpoint.files) {
      options.onFile?.(place(name), source.size);
      const scans: FileScan[] = [];
      for (const { offset, length } of slicesOf(checkpoint, name)) scans.push(await scanFile(sliceSource(source, offset, length, place(name)), options));
      files.push({ path: place(name), format: 'distcp', verdict: worst(scans.map(({ verdict }) => verdict)), globals: [...new Set(scans.flatMap(({ globals }) => globals))] });
      findings.push(...scans.flatMap((scan) => scan.findings));
      done.add(name);
    }
    await checkpoint.close();
  }
  for (const entry of await inner.list()) {
    if (entry.kind === 'file' && DATA_FILE.test(entry.path) && !done.has(entry.path)) await scanEntry(folder, { ...entry, path: place(entry.path) }, options, files, findings);
  }
}

function slicesOf({ metadata }: DcpCheckpoint, file: string): DcpSlice[] {
  const slices = new Map<number, DcpSlice>();
  for (const slice of [...metadata.tensors.flatMap(({ chunks }) => chunks.map((chunk) => chunk.slice)), ...metadata.objects.map(({ slice: one }) => one)]) {
    if (slice.path === file && slice.length > 0) slices.set(slice.offset, slice);
  }
  return [...slices.values()].sort((a, b) => a.offset - b.offset);
}
