/**
 * @module
 * A zip archive read strictly: records from the central directory, each checked against the header before its data,
 * every byte of the file accounted for. Nothing is unpacked.
 */
import { readBytes, readInto, type ByteSource } from '../../bytes/index.ts';
import type { Finding, Text } from '../../findings/index.ts';
import { Notes } from '../notes.ts';
import { ZIP_CRC, ZIP_DUPLICATE, ZIP_LOCAL_MISMATCH, ZIP_METHOD, ZIP_OVERLAP, ZIP_STRUCTURE } from './codes.ts';
import { crc32 } from './crc32.ts';
import { readDirectory, type ListedRecord } from './directory.ts';
import { readEnd, type ZipEnd } from './end.ts';
import { inflate } from './inflate.ts';
import { viewOf, Window } from './window.ts';
import { INFLATE_BYTES_MAX } from './limits.ts';

/** A record whose data was located. */
export interface ZipRecord extends Omit<ListedRecord, 'nameBytes'> {
  /** First byte of its data in the file; -1 when there is no header where the directory says. */
  readonly dataOffset: number;
}

/** What was found. With findings of severity `error` only a scan may go on with it. */
export interface ZipArchive {
  /** In the order of the directory. */
  readonly records: readonly ZipRecord[];
  /** Where the directory lies, and everything behind it up to the end of the archive: `[offset, length]`. */
  readonly directory: readonly [number, number] | undefined;
  /** Bytes that belong to no record, directory or end record: `[offset, length]`. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly findings: readonly Finding[];
}

const LOCAL_SIGNATURE = 0x04034b50, LOCAL_BYTES = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const FULL32 = 0xffffffff;
/** Room for the extra field that torch writes (zip64 and padding to 64) in the first read of a header. */
const EXTRA_GUESS_BYTES = 128;
/** Encrypted, patched, strongly encrypted, headers masked: nobody who loads checkpoints reads these. */
const UNREADABLE_FLAGS = 0x1 | 0x20 | 0x40 | 0x2000;

/** Reads an archive. Never throws for what is in the file, only when the source cannot be read. */
export async function readZip(source: ByteSource): Promise<ZipArchive> {
  const notes = new Notes(source.label);
  const end = await readEnd(source, notes);
  if (end === undefined) return { records: [], directory: undefined, gaps: [[0, source.size]], findings: notes.findings };
  const listed = await readDirectory(source, end, notes);
  noteDuplicates(listed, notes);
  const gaps: [number, number][] = [];
  const records = await locate(source, end, listed, gaps, notes);
  const { directoryOffset } = end;
  return { records, directory: [directoryOffset, Math.min(end.endOffset, source.size) - directoryOffset], gaps, findings: notes.findings };
}

/** Names are compared as torch's reader does: ASCII letters without case. */
export const foldName = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function noteDuplicates(listed: readonly ListedRecord[], notes: Notes): void {
  const seen = new Set<string>();
  for (const { name, headerOffset } of listed) {
    const folded = foldName(name);
    if (seen.has(folded)) notes.add(ZIP_DUPLICATE, { name }, { offset: headerOffset });
    seen.add(folded);
  }
}

/** Walks the records in the order of their bytes. */
async function locate(source: ByteSource, end: ZipEnd, listed: readonly ListedRecord[], gaps: [number, number][], notes: Notes): Promise<ZipRecord[]> {
  const dataOffsets = new Array<number>(listed.length).fill(-1);
  const order = listed.map((_, i) => i).sort((a, b) => listed[a]!.headerOffset - listed[b]!.headerOffset);
  const structure = (offset: number, problem: Text) => notes.add(ZIP_STRUCTURE, { problem }, { offset });
  const near = new Window(source);
  let covered = 0, previous: ListedRecord | undefined;
  for (const i of order) {
    const record = listed[i]!, { name, headerOffset } = record;
    noteUnreadable(record, notes);
    if (headerOffset < covered) {
      notes.add(ZIP_OVERLAP, { name, other: previous?.name ?? '' }, { offset: headerOffset });
    }
    const local = await readLocal(near, headerOffset, record.nameBytes.length, end.directoryOffset);
    if (local === undefined) {
      structure(headerOffset, { en: `there is no record ${name} where its directory says`, zh: `目录所指的位置没有记录 ${name}` });
      continue;
    }
    if (headerOffset > covered) gaps.push([covered, headerOffset - covered]);
    const dataOffset = local.dataOffset;
    // The end may be beyond anything a number holds exactly; the comparison still refuses it.
    if (!(dataOffset + record.packedBytes <= end.directoryOffset)) {
      structure(headerOffset, { en: `record ${name} of ${record.packedBytes} bytes does not fit before the directory`, zh: `记录 ${name}（${record.packedBytes} 字节）放不进目录之前的空间` });
      covered = Math.max(covered, dataOffset);
      previous = record;
      continue;
    }
    dataOffsets[i] = dataOffset;
    noteMismatch(record, local, notes);
    const dataEnd = dataOffset + record.packedBytes;
    covered = Math.max(covered, dataEnd + await descriptorBytes(near, record, dataEnd, end.directoryOffset, notes));
    previous = record;
  }
  if (covered < end.directoryOffset) gaps.push([covered, end.directoryOffset - covered]);
  for (const [offset, length] of gaps) structure(offset, { en: `${length} bytes belong to no record`, zh: `有 ${length} 字节不属于任何记录` });
  const directoryEnd = end.directoryOffset + end.directoryBytes;
  if (directoryEnd < end.recordsOffset) gaps.push([directoryEnd, end.recordsOffset - directoryEnd]);
  if (end.endOffset < source.size) gaps.push([end.endOffset, source.size - end.endOffset]);
  if (end.commentBytes > 0) gaps.push([end.endOffset - end.commentBytes, Math.min(end.commentBytes, source.size - end.endOffset + end.commentBytes)]);
  // Without the bytes of the name, which would keep the whole directory in memory.
  return listed.map(({ name, flags, method, crc32: crc, packedBytes, size, headerOffset }, i) =>
    ({ name, flags, method, crc32: crc, packedBytes, size, headerOffset, dataOffset: dataOffsets[i]! }));
}

interface LocalHeader {
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly size: number;
  readonly extra: Uint8Array;
  readonly dataOffset: number;
}

/** The header before a record's data; undefined when there is none or it does not fit. */
async function readLocal(source: Window, offset: number, nameLength: number, limit: number): Promise<LocalHeader | undefined> {
  if (!(offset + LOCAL_BYTES <= limit)) return undefined;
  let bytes = await source.bytes(offset, Math.min(LOCAL_BYTES + nameLength + EXTRA_GUESS_BYTES, limit - offset)), view = viewOf(bytes);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) return undefined;
  const names = view.getUint16(26, true), extras = view.getUint16(28, true), length = LOCAL_BYTES + names + extras;
  if (offset + length > limit) return undefined;
  if (length > bytes.length) {
    bytes = await source.bytes(offset, length);
    view = viewOf(bytes);
  }
  return {
    nameBytes: bytes.subarray(LOCAL_BYTES, LOCAL_BYTES + names), extra: bytes.subarray(LOCAL_BYTES + names, length),
    flags: view.getUint16(6, true), method: view.getUint16(8, true), crc32: view.getUint32(14, true),
    packedBytes: view.getUint32(18, true), size: view.getUint32(22, true), dataOffset: offset + length,
  };
}

/** What no loader of checkpoints can read, and sizes that contradict the method. */
function noteUnreadable(record: ListedRecord, notes: Notes): void {
  const { name } = record;
  const no = (problem: Text) => notes.add(ZIP_METHOD, { name, problem }, { offset: record.headerOffset });
  if (record.flags & UNREADABLE_FLAGS) no({ en: 'it is marked as encrypted or patched', zh: '它被标记为加密或补丁' });
  if (record.method !== 0 && record.method !== 8) no({ en: `method ${record.method} is unknown`, zh: `未知的压缩方法 ${record.method}` });
  if (record.method === 0 && record.packedBytes !== record.size) no({ en: 'it is stored, but its two sizes differ', zh: '它未压缩，但两个大小不同' });
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Differences between the two headers. Sizes and CRC of the local one are zero in torch's layout; the zip64 mark stands for any size. */
function noteMismatch(record: ListedRecord, local: LocalHeader, notes: Notes): void {
  const differs = (field: Text) => notes.add(ZIP_LOCAL_MISMATCH, { name: record.name, field }, { offset: record.headerOffset });
  if (!same(record.nameBytes, local.nameBytes)) differs({ en: 'name', zh: '名字' });
  if (record.method !== local.method) differs({ en: 'method', zh: '压缩方法' });
  if (record.flags !== local.flags) differs({ en: 'flags', zh: '标志位' });
  const fits = (small: number, full: number) => small === 0 || small === full || small === FULL32;
  if (!fits(local.packedBytes, record.packedBytes) || !fits(local.size, record.size)) differs({ en: 'size', zh: '大小' });
  if (local.crc32 !== 0 && local.crc32 !== record.crc32) {
    notes.add(ZIP_CRC, { name: record.name }, { offset: record.headerOffset + 14 });
  }
  for (let e = 0; e < local.extra.length;) {
    const length = e + 4 <= local.extra.length ? 4 + local.extra[e + 2]! + local.extra[e + 3]! * 256 : Infinity;
    e += length;
    if (e > local.extra.length) { differs({ en: 'extra field', zh: '附加字段' }); break; }
  }
}

/** Length of the data descriptor behind a record, which only bit 3 announces; its checksum is compared on the way. */
async function descriptorBytes(source: Window, record: ListedRecord, at: number, limit: number, notes: Notes): Promise<number> {
  if ((record.flags & 8) === 0 || at + 12 > limit) return 0;
  const view = viewOf(await source.bytes(at, Math.min(24, limit - at)));
  const head = view.getUint32(0, true) === DESCRIPTOR_SIGNATURE ? 4 : 0;
  const fits = (bytes: number) => head + bytes <= view.byteLength;
  const crc = view.getUint32(head, true);
  const short = fits(12) && view.getUint32(head + 4, true) === record.packedBytes && view.getUint32(head + 8, true) === record.size;
  const wide = fits(20) && Number(view.getBigUint64(head + 4, true)) === record.packedBytes && Number(view.getBigUint64(head + 12, true)) === record.size;
  // Without the signature a wrong checksum cannot be told from a missing descriptor.
  if (!short && !wide || head === 0 && crc !== record.crc32) {
    if (head !== 0) notes.add(ZIP_LOCAL_MISMATCH, { name: record.name, field: { en: 'size (descriptor)', zh: '大小（数据描述符）' } }, { offset: at });
    return head === 0 ? 0 : head + 12;
  }
  if (crc !== record.crc32) notes.add(ZIP_CRC, { name: record.name }, { offset: at });
  return head + (wide && !short ? 20 : 12);
}

/** Bytes of a record, unpacked when it is deflated. Refuses what is larger than `limit`. */
export async function recordBytes(source: ByteSource, record: ZipRecord, limit: number = INFLATE_BYTES_MAX): Promise<Uint8Array<ArrayBuffer>> {
  return record.method === 0 && record.size <= limit
    ? readBytes(source, record.dataOffset, record.size)
    : inflate(source, record, limit);
}

/** Bytes read at a time for a checksum. */
const CRC_STEP_BYTES = 256 * 1024;

/** Whether the data of a stored record has the checksum that the directory states. `sum` is a faster CRC-32, where the host has one. */
export async function checkCrc(source: ByteSource, record: ZipRecord, sum: (bytes: Uint8Array, crc: number) => number = crc32): Promise<boolean> {
  const block = new Uint8Array(Math.min(CRC_STEP_BYTES, record.packedBytes));
  let crc = 0;
  for (let at = 0; at < record.packedBytes; at += block.length) {
    const part = block.subarray(0, Math.min(block.length, record.packedBytes - at));
    await readInto(source, record.dataOffset + at, part);
    crc = sum(part, crc);
  }
  return crc === record.crc32;
}
