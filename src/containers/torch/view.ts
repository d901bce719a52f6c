/**
 * @module
 * A file as its tensors should be read: deflated records unpacked (behind the end of the file), storages of big-endian
 * machines swapped. Both are rare; files without them are read directly.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import { inflate, type Packed } from '../zip/index.ts';

/** A part of the file whose elements are swapped. */
export interface Swapped { readonly offset: number; readonly length: number; readonly unit: number }
/** A packed record and where its content appears: at or behind the size of the file. */
export interface Unpacked extends Packed { readonly at: number }

/** Reverses every `unit` bytes. */
function swap(bytes: Uint8Array, unit: number): void {
  for (let at = 0; at + unit <= bytes.length; at += unit) bytes.subarray(at, at + unit).reverse();
}

/** Index of the last part that begins at or before `offset`, or -1. */
function lastBefore(starts: readonly number[], offset: number): number {
  let low = 0, high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** `source` with some parts shown differently. Parts must not overlap; the view ends behind the last unpacked record. */
export function viewOf(source: ByteSource, swapped: readonly Swapped[], unpacked: readonly Unpacked[]): ByteSource {
  const swaps = [...swapped].filter(({ unit, length }) => unit > 1 && length > 0).sort((a, b) => a.offset - b.offset);
  const swapStarts = swaps.map(({ offset }) => offset);
  const records = [...unpacked].sort((a, b) => a.at - b.at), recordStarts = records.map(({ at }) => at);
  const last = records.at(-1), size = last === undefined ? source.size : last.at + last.size;
  // Tensors are read one after another, so the record at hand is enough.
  let held: { record: Unpacked; bytes: Promise<Uint8Array> } | undefined;

  const readUnpacked = async (offset: number, into: Uint8Array): Promise<number> => {
    const record = records[lastBefore(recordStarts, offset)];
    if (record === undefined) return 0;
    if (held?.record !== record) held = { record, bytes: inflate(source, record) };
    const bytes = await held.bytes, part = bytes.subarray(offset - record.at, offset - record.at + into.length);
    into.set(part);
    return part.length;
  };

  const readSwapped = async ({ offset: start, length, unit }: Swapped, offset: number, into: Uint8Array): Promise<number> => {
    const from = offset - start, to = Math.min(from + into.length, length);
    const first = Math.floor(from / unit) * unit, behind = Math.min(Math.ceil(to / unit) * unit, length);
    const bytes = await readBytes(source, start + first, behind - first);
    swap(bytes, unit);
    into.set(bytes.subarray(from - first, to - first));
    return to - from;
  };

  return {
    label: source.label,
    size,
    read: (offset, into) => {
      if (offset >= source.size) return readUnpacked(offset, into);
      const place = lastBefore(swapStarts, offset), inside = swaps[place], next = swaps[place + 1];
      if (inside !== undefined && offset < inside.offset + inside.length) return readSwapped(inside, offset, into);
      const left = Math.min(next?.offset ?? source.size, source.size) - offset;
      return source.read(offset, into.length > left ? into.subarray(0, left) : into);
    },
    close: () => source.close(),
  };
}
