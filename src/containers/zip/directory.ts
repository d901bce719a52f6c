/**
 * @module
 * The central directory: what is in the archive according to the list that torch believes.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import type { Text } from '../../findings/index.ts';
import type { Notes } from '../notes.ts';
import { ZIP_NAME, ZIP_STRUCTURE, ZIP_TOO_MANY } from './codes.ts';
import { u64, type ZipEnd } from './end.ts';
import { DIRECTORY_BYTES_MAX, ENTRIES_MAX, NAME_BYTES_USUAL } from './limits.ts';

/** One record as the central directory lists it. */
export interface ListedRecord {
  /** Decoded as UTF-8; bytes that are none come as U+FFFD (and a finding). */
  readonly name: string;
  /** As written. */
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly size: number;
  readonly headerOffset: number;
}

const ENTRY_SIGNATURE = 0x02014b50, ENTRY_BYTES = 46;
const FULL32 = 0xffffffff;
const UTF8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true });
const UTF8_LOOSE = /* @__PURE__ */ new TextDecoder();

/** Lists the records. Problems become findings; what comes after an unreadable entry is lost (and said). */
export async function readDirectory(source: ByteSource, end: ZipEnd, notes: Notes): Promise<ListedRecord[]> {
  const { directoryOffset: start, directoryBytes: length } = end;
  const structure = (offset: number, problem: Text) => notes.add(ZIP_STRUCTURE, { problem }, { offset });
  if (end.entries > ENTRIES_MAX || length > DIRECTORY_BYTES_MAX) {
    notes.add(ZIP_TOO_MANY, { count: end.entries, limit: ENTRIES_MAX }, { offset: start });
    return [];
  }
  const bytes = await readBytes(source, start, length);
  const view = new DataView(bytes.buffer);
  const listed: ListedRecord[] = [];
  let at = 0;
  // By size, not by the number of entries that the end record gives: that number may hide some.
  while (at < length && listed.length < ENTRIES_MAX) {
    if (at + ENTRY_BYTES > length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      structure(start + at, { en: 'its directory is garbled', zh: '目录已损坏' });
      return listed;
    }
    const nameLength = view.getUint16(at + 28, true), extraLength = view.getUint16(at + 30, true), commentLength = view.getUint16(at + 32, true);
    const extraAt = at + ENTRY_BYTES + nameLength, next = extraAt + extraLength + commentLength;
    if (next > length) {
      structure(start + at, { en: 'an entry of its directory ends outside of it', zh: '目录中有条目超出了目录末尾' });
      return listed;
    }
    const nameBytes = bytes.subarray(at + ENTRY_BYTES, extraAt);
    const wide = widen(view, at, extraAt, extraLength);
    if (wide === undefined) structure(start + at, { en: 'an entry lacks the zip64 sizes it announces', zh: '有条目缺少其声明的 zip64 大小' });
    if (view.getUint16(at + 34, true) !== 0) structure(start + at, { en: 'an entry claims to be on another disk', zh: '有条目声称位于另一张磁盘' });
    listed.push({
      name: nameOf(nameBytes, start + at, notes), nameBytes,
      flags: view.getUint16(at + 8, true), method: view.getUint16(at + 10, true), crc32: view.getUint32(at + 16, true),
      size: wide?.size ?? view.getUint32(at + 24, true),
      packedBytes: wide?.packedBytes ?? view.getUint32(at + 20, true),
      headerOffset: wide?.headerOffset ?? view.getUint32(at + 42, true),
    });
    at = next;
  }
  if (listed.length !== end.entries) {
    structure(end.recordsOffset, { en: `its directory has ${listed.length} entries, its end record says ${end.entries}`, zh: `目录有 ${listed.length} 个条目，结束记录却写着 ${end.entries}` });
  }
  return listed;
}

/** Sizes and offset with their zip64 values, which replace exactly the fields that are full; undefined when one is missing. */
function widen(view: DataView, at: number, extraAt: number, extraLength: number): { size: number; packedBytes: number; headerOffset: number } | undefined {
  let size = view.getUint32(at + 24, true), packedBytes = view.getUint32(at + 20, true), headerOffset = view.getUint32(at + 42, true);
  const needed = (size === FULL32 ? 8 : 0) + (packedBytes === FULL32 ? 8 : 0) + (headerOffset === FULL32 ? 8 : 0);
  if (needed === 0) return { size, packedBytes, headerOffset };
  for (let e = extraAt; e + 4 <= extraAt + extraLength;) {
    const id = view.getUint16(e, true), bytes = view.getUint16(e + 2, true);
    let field = e + 4;
    if (id === 1) {
      if (bytes < needed || field + bytes > extraAt + extraLength) return undefined;
      if (size === FULL32) { size = u64(view, field); field += 8; }
      if (packedBytes === FULL32) { packedBytes = u64(view, field); field += 8; }
      if (headerOffset === FULL32) headerOffset = u64(view, field);
      return { size, packedBytes, headerOffset };
    }
    e = field + bytes;
  }
  return undefined;
}

/** Decodes a record's name and says what is odd about it. Names are only ever compared and shown. */
function nameOf(bytes: Uint8Array, offset: number, notes: Notes): string {
  const odd = (name: string, problem: Text, severity: 'error' | 'warning') =>
    notes.add(ZIP_NAME, { name: name.length > 200 ? `${name.slice(0, 200)}…` : name, problem }, { offset, severity });
  let name: string;
  try { name = UTF8.decode(bytes); } catch {
    name = UTF8_LOOSE.decode(bytes);
    odd(name, { en: 'is not UTF-8', zh: '不是 UTF-8' }, 'error');
  }
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) odd(name, { en: 'is an absolute path', zh: '是绝对路径' }, 'error');
  else if (name.includes('\\')) odd(name, { en: 'has a backslash', zh: '含有反斜杠' }, 'error');
  else if (name.split('/').includes('..')) odd(name, { en: 'climbs out of its directory', zh: '跳出了所在目录' }, 'warning');
  else if (name === '') odd(name, { en: 'is empty', zh: '为空' }, 'error');
  else if (name.endsWith('/')) odd(name, { en: 'is a directory', zh: '是目录' }, 'warning');
  if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(name)) odd(name, { en: 'has control characters', zh: '含有控制字符' }, 'warning');
  if (bytes.length > NAME_BYTES_USUAL) odd(name, { en: `is ${bytes.length} bytes long`, zh: `长达 ${bytes.length} 字节` }, 'warning');
  return name;
}
