/**
 * @module
 * The end of a zip archive: end record, zip64 locator and zip64 end record. Says where the central directory is and how
 * many entries it has, and everything about it that does not add up.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import type { Severity } from '../../findings/index.ts';
import type { Notes } from '../notes.ts';
import { ZIP_STRUCTURE } from './codes.ts';
import { END_SEARCH_BYTES } from './limits.ts';

/** What the end records say. */
export interface ZipEnd {
  readonly entries: number;
  readonly directoryOffset: number;
  readonly directoryBytes: number;
  /** Where the end records begin: the first byte behind the central directory of a sound archive. */
  readonly recordsOffset: number;
  /** First byte behind the archive, its comment included. */
  readonly endOffset: number;
  readonly commentBytes: number;
}

const END_SIGNATURE = 0x06054b50, END_BYTES = 22;
const LOCATOR_SIGNATURE = 0x07064b50, LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50, END64_BYTES = 56;
const FULL16 = 0xffff, FULL32 = 0xffffffff;

/** An unsigned 64-bit number. Beyond 2^53 it is rounded, and thereby still larger than any file. */
export const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** Adds a structure finding. */
function note(notes: Notes, offset: number, en: string, zh: string, severity: Severity = 'error'): void {
  notes.add(ZIP_STRUCTURE, { problem: { en, zh } }, { offset, severity });
}

/** Finds the end records; undefined (with a finding) when there are none. */
export async function readEnd(source: ByteSource, notes: Notes): Promise<ZipEnd | undefined> {
  const tailStart = Math.max(0, source.size - END_SEARCH_BYTES);
  const tail = await readBytes(source, tailStart, source.size - tailStart);
  const view = new DataView(tail.buffer);
  let at = tail.length - END_BYTES;
  while (at >= 0 && view.getUint32(at, true) !== END_SIGNATURE) at--;
  if (at < 0) {
    note(notes, tailStart, 'there is no end record; the file is cut off', '没有结束记录；文件被截断');
    return undefined;
  }
  const endAt = tailStart + at;
  const commentBytes = view.getUint16(at + 20, true), endOffset = endAt + END_BYTES + commentBytes;
  if (endOffset > source.size) note(notes, endAt, 'its comment ends outside of the file', '注释超出了文件末尾');
  else if (endOffset < source.size) {
    note(notes, endOffset, `${source.size - endOffset} bytes follow its end`, `结尾之后还有 ${source.size - endOffset} 字节`, 'warning');
  }
  if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0) {
    note(notes, endAt + 4, 'it claims to be spread over several disks', '它声称分布在多张磁盘上');
  }
  let entries = view.getUint16(at + 10, true), recordsOffset = endAt;
  let directoryBytes = view.getUint32(at + 12, true), directoryOffset = view.getUint32(at + 16, true);
  if (view.getUint16(at + 8, true) !== entries) note(notes, endAt + 8, 'its end record gives two different numbers of entries', '结束记录给出了两个不同的条目数');

  const end64 = await readEnd64(source, endAt, notes);
  if (end64 !== undefined) {
    const agree = (classic: number, full: number, wide: number) => classic === full || classic === wide;
    if (!agree(entries, FULL16, end64.entries) || !agree(directoryBytes, FULL32, end64.directoryBytes)
      || !agree(directoryOffset, FULL32, end64.directoryOffset)) {
      note(notes, end64.recordsOffset, 'its zip64 record and its end record disagree', 'zip64 记录与结束记录不一致');
    }
    ({ entries, directoryBytes, directoryOffset, recordsOffset } = end64);
  } else if (directoryBytes === FULL32 || directoryOffset === FULL32) {
    note(notes, endAt, 'its zip64 record is missing', '缺少 zip64 记录');
    return undefined;
  }
  if (!(directoryOffset + directoryBytes <= recordsOffset)) {
    note(notes, endAt, `its directory (${directoryBytes} bytes at ${directoryOffset}) does not lie before the end record`,
      `目录（位于 ${directoryOffset}，${directoryBytes} 字节）不在结束记录之前`);
    return undefined;
  }
  if (directoryOffset + directoryBytes < recordsOffset) {
    note(notes, directoryOffset + directoryBytes, 'there are bytes between its directory and the end record', '目录与结束记录之间还有其他字节');
  }
  return { entries, directoryOffset, directoryBytes, recordsOffset, endOffset, commentBytes };
}

/** The zip64 end record that belongs to the end record at `endAt`, when there is a locator right before it. */
async function readEnd64(source: ByteSource, endAt: number, notes: Notes):
Promise<{ entries: number; directoryBytes: number; directoryOffset: number; recordsOffset: number } | undefined> {
  const locatorAt = endAt - LOCATOR_BYTES;
  if (locatorAt < 0) return undefined;
  const locator = new DataView((await readBytes(source, locatorAt, LOCATOR_BYTES)).buffer);
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return undefined;
  const at = u64(locator, 8);
  const view = at + END64_BYTES <= locatorAt ? new DataView((await readBytes(source, at, END64_BYTES)).buffer) : undefined;
  if (view === undefined || view.getUint32(0, true) !== END64_SIGNATURE) {
    note(notes, locatorAt, 'its zip64 locator points to something else', 'zip64 定位记录指向了别的内容');
    return undefined;
  }
  if (at + 12 + u64(view, 4) !== locatorAt) note(notes, at, 'its zip64 record does not end at the locator', 'zip64 记录没有在定位记录处结束');
  if (locator.getUint32(4, true) !== 0 || view.getUint32(16, true) !== 0 || view.getUint32(20, true) !== 0 || locator.getUint32(16, true) > 1) {
    note(notes, at, 'it claims to be spread over several disks', '它声称分布在多张磁盘上');
  }
  if (u64(view, 24) !== u64(view, 32)) note(notes, at, 'its zip64 record gives two different numbers of entries', 'zip64 记录给出了两个不同的条目数');
  return { entries: u64(view, 32), directoryBytes: u64(view, 40), directoryOffset: u64(view, 48), recordsOffset: at };
}
