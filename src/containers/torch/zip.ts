/**
 * @module
 * The torch zip: what torch.save has written since 1.6. Opened strictly; a scan uses the parts and goes on.
 */
import { sliceSource, memorySource, type ByteSource } from '../../bytes/index.ts';
import { isTemperError, type Text } from '../../findings/index.ts';
import { Notes } from '../notes.ts';
import { readZip, recordBytes, ZIP_NAME, type ZipArchive, type ZipRecord } from '../zip/index.ts';
import { TORCH_BIG_ENDIAN, TORCH_RECORDS } from './codes.ts';
import { listContents, type TorchContainer, type TorchFile } from './file.ts';
import { PICKLE_ODD, readPickle, STREAM_BYTES_MAX, type Observer, type PickleResult } from './pickle/index.ts';
import { Objects } from './rebuild.ts';
import { ZipStorages } from './zip-storages.ts';

/** Longest text record (`version`, `byteorder`) that is read. */
const TEXT_BYTES_MAX = 64;

/** What kind of archive the records make. */
export type ZipKind = 'torch-zip' | 'torchscript' | 'torch.package' | 'torch.export' | 'npz' | 'keras' | 'zip';

/** A torch archive by its records. */
export interface TorchArchive {
  readonly kind: ZipKind;
  /** Top directory of everything. */
  readonly root: string;
  readonly archive: ZipArchive;
  readonly records: ReadonlyMap<string, ZipRecord>;
}

/** Top directory of the first record, as torch takes it; '' when there is none. */
function rootOf(records: readonly ZipRecord[]): string {
  const name = records[0]?.name ?? '', slash = name.indexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** Names what an archive is, by the records it has. */
export function classify(archive: ZipArchive): TorchArchive {
  const records = new Map<string, ZipRecord>();
  for (const record of archive.records) if (!records.has(record.name)) records.set(record.name, record);
  const root = rootOf(archive.records), has = (name: string) => records.has(`${root}/${name}`);
  const names = [...records.keys()];
  const kind = ((): ZipKind => {
    if (has('archive_format') || (has('archive_version') && names.some((name) => name.startsWith(`${root}/models/`)))) return 'torch.export';
    if (has('.data/extern_modules') || has('.data/python_version') && has('.data/version') && !has('data.pkl')) return 'torch.package';
    if (has('constants.pkl') || has('model.json') || names.some((name) => name.startsWith(`${root}/code/`))) return 'torchscript';
    if (names.some((name) => name.toLowerCase() === `${root}/data.pkl`.toLowerCase())) return 'torch-zip';
    if (records.has('metadata.json') && records.has('config.json')) return 'keras';
    return names.length > 0 && names.every((name) => name.endsWith('.npy')) ? 'npz' : 'zip';
  })();
  return { kind, root, archive, records };
}

/** The pickle of a record, read wherever it lies: stored ones from the file, deflated ones unpacked in memory. */
export async function readRecordPickle(source: ByteSource, record: ZipRecord, notes: Notes, observe?: Observer): Promise<PickleResult | undefined> {
  const options = observe === undefined ? {} : { observe };
  if (record.method === 0) return readPickle(sliceSource(source, 0, record.dataOffset + record.size), record.dataOffset, notes, options);
  try {
    const bytes = await recordBytes(source, record, STREAM_BYTES_MAX);
    return await readPickle(memorySource(source.label, bytes), 0, notes, options);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    notes.take(error.findings);
    return undefined;
  }
}

/** Text of a small record; undefined when there is none, or (with findings) when it cannot be unpacked. */
async function readText(source: ByteSource, archive: TorchArchive, name: string, notes: Notes): Promise<string | undefined> {
  const record = archive.records.get(`${archive.root}/${name}`);
  if (record === undefined || record.dataOffset < 0 || record.size > TEXT_BYTES_MAX) return undefined;
  try {
    return new TextDecoder().decode(await recordBytes(source, record, TEXT_BYTES_MAX));
  } catch (error) {
    if (!isTemperError(error)) throw error;
    notes.take(error.findings);
    return undefined;
  }
}

/** torch reads versions 1 to 10 (caffe2/serialize/versions.h). */
const VERSION_MAX = 10;

/** Checks the records that torch checks. Returns whether the storages are big-endian. */
export async function checkRecords(source: ByteSource, torch: TorchArchive, notes: Notes): Promise<boolean> {
  const bad = (problem: Text) => notes.add(TORCH_RECORDS, { problem });
  const { root, records } = torch;
  for (const [name, record] of records) {
    if (root === '' || !name.startsWith(`${root}/`)) {
      notes.add(ZIP_NAME, { name, problem: { en: `is not inside the top directory ${root}`, zh: `不在顶层目录 ${root} 之内` } }, { offset: record.headerOffset });
    }
  }
  const pickle = records.get(`${root}/data.pkl`);
  if (pickle === undefined) bad({ en: 'there is no data.pkl', zh: '没有 data.pkl' });
  else if (pickle.method !== 0) {
    notes.add(TORCH_RECORDS, { problem: { en: 'its data.pkl is compressed, which torch never does', zh: '其 data.pkl 被压缩，而 torch 从不这样做' } }, { offset: pickle.headerOffset, severity: 'warning' });
  }
  const version = await readText(source, torch, 'version', notes) ?? await readText(source, torch, '.data/version', notes);
  if (version === undefined) bad({ en: 'there is no version record', zh: '没有 version 记录' });
  else {
    const number = /^\d+/.exec(version)?.[0];
    if (number === undefined || Number(number) < 1 || Number(number) > VERSION_MAX) bad({ en: `its version is ${JSON.stringify(version)}`, zh: `其版本为 ${JSON.stringify(version)}` });
  }
  const order = records.has(`${root}/byteorder`) ? await readText(source, torch, 'byteorder', notes) : 'little';
  if (order !== 'little' && order !== 'big') bad({ en: `its byte order is ${JSON.stringify(order ?? '?')}`, zh: `其字节序为 ${JSON.stringify(order ?? '?')}` });
  if (order === 'big') notes.add(TORCH_BIG_ENDIAN, {});
  return order === 'big';
}

/** Whether the first record of a zip lies in a directory, as all of torch's do and those of Keras and numpy do not. */
function beginsInDirectory(head: Uint8Array): boolean {
  if (head[0] !== 0x50 || head[1] !== 0x4b || head[2] !== 3 || head[3] !== 4) return false;
  const name = head.subarray(30, 30 + (head[26] ?? 0) + (head[27] ?? 0) * 256);
  return name.includes(0x2f) || name.length > head.length - 30;
}

/** Opens an archive whose kind is known. Throws when anything is wrong with it. */
async function open(source: ByteSource): Promise<TorchFile> {
  const notes = new Notes(source.label);
  const archive = await readZip(source), torch = classify(archive);
  notes.take(archive.findings);
  // What lacks every record needs no list of those it lacks.
  if (archive.records.length === 0) notes.refuseErrors();
  if (torch.kind !== 'torch-zip') notes.add(TORCH_RECORDS, { problem: { en: `it is of the kind ${torch.kind}`, zh: `其类型为 ${torch.kind}` } });
  const big = await checkRecords(source, torch, notes);
  notes.refuseErrors();
  const record = torch.records.get(`${torch.root}/data.pkl`)!;
  const pickle = await readRecordPickle(source, record, notes);
  if (pickle !== undefined && pickle.end < (record.method === 0 ? record.dataOffset + record.size : record.size)) {
    notes.add(PICKLE_ODD, { opcode: 'STOP', offset: pickle.end, problem: { en: 'is followed by more bytes', zh: '之后还有其他字节' } }, { offset: pickle.end });
  }
  notes.refuseErrors();
  const storages = new ZipStorages(source, torch.records, torch.root, big, notes);
  for (const id of pickle!.persistent) storages.resolve(id); // torch resolves them all, whether they are used or not.
  const contents = listContents(pickle!.value!, new Objects(storages, notes));
  notes.refuseErrors();
  const view = storages.view();
  return {
    format: 'torch-zip', ...contents, metadata: new Map(), globals: pickle!.globals,
    headerRanges: [[record.dataOffset, record.packedBytes], ...(archive.directory ? [archive.directory] : [])],
    ...(view === undefined ? {} : { source: view }), findings: notes.findings,
  };
}

/** torch.save files since torch 1.6. */
export const torchZip: TorchContainer = {
  format: 'torch-zip',
  sniff: beginsInDirectory,
  open,
};
