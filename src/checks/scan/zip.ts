/**
 * @module
 * Scans zip archives: every record that could be a pickle, by the central directory and, where that is not sound, by the
 * headers before the data.
 */
import { memorySource, readBytes, sliceSource, type ByteSource } from '../../bytes/index.ts';
import { isTemperError, type Text } from '../../findings/index.ts';
import { Notes } from '../../containers/notes.ts';
import { areNames, checkRecords, classify, listContents, Objects, readPickle, type PickleResult, type TorchArchive } from '../../containers/torch/index.ts';
import { ZipStorages } from '../../containers/torch/zip-storages.ts';
import { checkCrc, inflate, readZip, recordBytes, ZIP_CRC, ZIP_INFLATE, type ZipRecord } from '../../containers/zip/index.ts';
import { SCAN_HIDDEN, SCAN_OPAQUE } from './codes.ts';
import { deeper, type ScanContext } from './context.ts';
import { look } from './look.ts';
import { scanPickles } from './pickles.ts';
import { searchBytes, searchPickles } from './search.ts';

/** Checksums are computed over this many bytes; `--deep` computes all of them. */
const CRC_BYTES_MAX = 64 * 1024 * 1024;
/** Packed records that are not pickles by name are unpacked up to this size. */
const UNPACKED_MAX = 16 * 1024 * 1024;
/** Packed pickles are unpacked up to this size. */
const PICKLE_MAX = 64 * 1024 * 1024;
const LOCAL_BYTES = 30;

/** Whether bytes begin something that a scan looks into. */
const beginsPayload = (head: Uint8Array): 'pickle' | 'zip' | undefined =>
  (head[0] === 0x80 && head[1]! <= 5 ? 'pickle' : head[0] === 0x50 && head[1] === 0x4b && head[2]! <= 5 && head[3]! <= 6 ? 'zip' : undefined);

function noteHidden({ report }: ScanContext, what: Text, kind: string, offset: number): void {
  report.notes.add(SCAN_HIDDEN, { what, kind: { en: kind, zh: ` ${kind}` }, offset }, { offset });
}

/** Scans an archive. Returns what it is. */
export async function scanZip(context: ScanContext, source: ByteSource): Promise<string> {
  const { report } = context, archive = await readZip(source), torch = classify(archive);
  report.notes.take(archive.findings);
  const broken = archive.findings.some(({ severity }) => severity === 'error');
  const big = torch.kind === 'torch-zip' ? await checkRecords(source, torch, report.notes) : false;
  if (!['torch-zip', 'npz'].includes(torch.kind)) {
    report.notes.add(SCAN_OPAQUE, { kind: { en: `an archive of the kind ${torch.kind}`, zh: `类型为 ${torch.kind} 的归档` } });
  }
  for (const record of archive.records) {
    if (record.dataOffset < 0) continue;
    const read = await scanRecord(context, source, torch, record, broken);
    if (record.name === `${torch.root}/data.pkl` && torch.kind === 'torch-zip' && read?.value !== undefined) listTensors(context, source, torch, big, read);
  }
  await checkSums(context, source, archive.records);
  const known = new Set(archive.records.map(({ headerOffset, dataOffset }) => (dataOffset < 0 ? -1 : headerOffset)));
  for (const [offset, length] of broken && archive.records.length === 0 ? [[0, source.size] as const] : archive.gaps) {
    await searchRecords(context, source, offset, offset + length, known);
  }
  return torch.kind;
}

/** Checks the tensors as opening the file would. */
function listTensors({ report }: ScanContext, source: ByteSource, torch: TorchArchive, big: boolean, pickle: PickleResult): void {
  const storages = new ZipStorages(source, torch.records, torch.root, big, report.notes);
  for (const id of pickle.persistent) storages.resolve(id);
  listContents(pickle.value!, new Objects(storages, report.notes));
  storages.view(); // Notes what is compressed.
}

async function scanRecord(context: ScanContext, source: ByteSource, torch: TorchArchive, record: ZipRecord, broken: boolean): Promise<PickleResult | undefined> {
  const { report } = context, isPickle = /\.pkl$/i.test(record.name), end = record.dataOffset + record.packedBytes;
  const head = await readBytes(source, record.dataOffset, Math.min(16, record.packedBytes));
  const plain = beginsPayload(head), inner = record.name.slice(torch.root.length + 1);
  const isStorage = torch.kind === 'torch-zip' && /^data\/[^/]+$/.test(inner) || /\.storage$|^data\/weights\//.test(inner);
  if (isStorage) {
    if (plain !== undefined && record.method === 0 && (plain === 'zip' || await namesSomething(source, record))) noteHidden(context, { en: `the storage ${inner}`, zh: `存储 ${inner} ` }, plain, record.dataOffset);
    return undefined;
  }
  // What the data is, whatever the directory says: marked as packed or encrypted, it may lie there in plain.
  if (record.method !== 8 || plain !== undefined) {
    if (isPickle) {
      const [first] = await scanPickles(context, sliceSource(source, 0, end), record.dataOffset, end);
      if (first === undefined && broken) await lookBeyond(context, source, torch, record);
      return first;
    }
    if (plain !== undefined) noteHidden(context, { en: `the record ${record.name}`, zh: `记录 ${record.name} ` }, plain, record.dataOffset);
    if (plain !== undefined || beginsNpy(head)) await context.inside(deeper(context), sliceSource(source, record.dataOffset, record.packedBytes));
    return undefined;
  }
  if (!isPickle && record.size > UNPACKED_MAX) return undefined;
  try {
    const bytes = await recordBytes(source, record, isPickle ? PICKLE_MAX : UNPACKED_MAX), memory = memorySource(source.label, bytes);
    if (isPickle) return (await scanPickles(context, memory, 0, bytes.length))[0];
    if (beginsPayload(bytes) !== undefined || beginsNpy(bytes)) await context.inside(deeper(context), memory);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    report.notes.take(error.findings);
    if (isPickle) await searchPickles(context, source, record.dataOffset, end);
  }
  return undefined;
}

/** Bytes of a storage that are followed as a pickle. */
const FOLLOWED_BYTES = 1024 * 1024;

/** Whether a storage that begins as pickles do can be followed to names. One in eleven thousand begins so by chance. */
async function namesSomething(source: ByteSource, { dataOffset, packedBytes }: ZipRecord): Promise<boolean> {
  const { globals } = await readPickle(source, dataOffset, new Notes(''), { end: dataOffset + Math.min(packedBytes, FOLLOWED_BYTES) });
  return areNames(globals);
}

const beginsNpy = (head: Uint8Array): boolean => head[0] === 0x93 && head[1] === 0x4e && head[2] === 0x55;

/** A pickle that its record cuts off may go on behind it. */
async function lookBeyond(context: ScanContext, source: ByteSource, torch: TorchArchive, record: ZipRecord): Promise<void> {
  const starts = torch.archive.records.map(({ headerOffset }) => headerOffset).filter((offset) => offset > record.dataOffset);
  const end = Math.min(...starts, torch.archive.directory?.[0] ?? source.size, source.size);
  await look(context, source, await readPickle(source, record.dataOffset, new Notes(''), { end }));
}

async function checkSums(context: ScanContext, source: ByteSource, records: readonly ZipRecord[]): Promise<void> {
  let left = context.all ? Infinity : CRC_BYTES_MAX;
  for (const record of records) {
    if (record.method !== 0 || record.dataOffset < 0 || record.packedBytes > left) continue;
    left -= record.packedBytes;
    if (!await checkCrc(source, record, context.crc32)) context.report.notes.add(ZIP_CRC, { name: record.name }, { offset: record.headerOffset });
  }
}

/** Records that only their own header knows, and pickles between records. */
async function searchRecords(context: ScanContext, source: ByteSource, start: number, end: number, known: ReadonlySet<number>): Promise<void> {
  await searchBytes(context, source, start, end, (bytes, at) => bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 3 && bytes[at + 3] === 4, async (offset) => {
    if (known.has(offset) || offset + LOCAL_BYTES > source.size) return;
    const view = new DataView((await readBytes(source, offset, LOCAL_BYTES)).buffer);
    const dataOffset = offset + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
    if (dataOffset >= source.size) return;
    const head = await readBytes(source, dataOffset, Math.min(16, source.size - dataOffset)), kind = beginsPayload(head);
    if (kind !== undefined) {
      noteHidden(context, { en: 'a record that is not listed', zh: '未列出的记录' }, kind, dataOffset);
      if (kind === 'pickle') await look(context, source, await readPickle(source, dataOffset, new Notes(''), {}));
    } else if (view.getUint16(8, true) === 8) await scanPacked(context, source, dataOffset, view.getUint32(18, true), view.getUint32(22, true));
    else await look(context, source, await readPickle(source, dataOffset, new Notes(''), {})); // Protocol 0 has no mark.
  });
  await searchPickles(context, source, start, end);
}

/** A packed record without an entry in the directory, when its own header gives its sizes. */
async function scanPacked(context: ScanContext, source: ByteSource, dataOffset: number, packedBytes: number, size: number): Promise<void> {
  if (packedBytes === 0 || dataOffset + packedBytes > source.size || size > PICKLE_MAX) return;
  try {
    const bytes = await inflate(source, { name: '?', dataOffset, packedBytes, size }, PICKLE_MAX);
    if (beginsPayload(bytes) !== undefined) await context.inside(deeper(context), memorySource(source.label, bytes));
  } catch (error) {
    if (!isTemperError(error, ZIP_INFLATE.code)) throw error;
  }
}
