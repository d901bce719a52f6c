/**
 * @module
 * The zip layout of `torch.save` (caffe2/serialize/inline_container.cc with its miniz), as offsets: headers and pickle
 * are known before the first byte of data, so tensors can be written at their final place in any order; checksums come
 * when the data has passed, and with them the descriptors behind every record and the central directory.
 */
import { crc32 } from '../../zip/index.ts';
import { serializationId } from './serialization-id.ts';

/** Bytes and where they go. */
export interface Segment { readonly offset: number; readonly bytes: Uint8Array }

/** A file that is laid out. */
export interface TorchZipLayout {
  /** Size of the whole file. */
  readonly size: number;
  /** Everything that is known before the data: headers, the pickle, the small records. */
  readonly segments: readonly Segment[];
  /** Where the data of every storage goes. */
  readonly storages: readonly { readonly offset: number; readonly bytes: number }[];
  /** What remains, given the CRC-32 of every storage: descriptors, the last record, the directory. */
  finish(checksums: readonly number[]): readonly Segment[];
}

const FULL32 = 0xffffffff, FULL16 = 0xffff;
/** Every record starts at a multiple of this. */
const ALIGNMENT = 64;
const LOCAL_BYTES = 30, CENTRAL_BYTES = 46;
/** UTF-8 names; and a data descriptor, which empty records do not have. */
const FLAGS_UTF8 = 0x0800, FLAGS_DESCRIPTOR = 0x0008;
const ID_DIGITS = 40;

/** Little-endian numbers one after another. */
class Bytes {
  readonly #parts: number[] = [];
  u16(...values: readonly number[]): this { for (const value of values) this.#parts.push(value & 0xff, value >>> 8); return this; }
  u32(...values: readonly number[]): this { for (const value of values) this.#parts.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24); return this; }
  u64(...values: readonly number[]): this { for (const value of values) this.u32(value % 2 ** 32, Math.floor(value / 2 ** 32)); return this; }
  raw(bytes: Iterable<number>): this { for (const byte of bytes) this.#parts.push(byte); return this; }
  get bytes(): Uint8Array { return Uint8Array.from(this.#parts); }
}

interface PlacedRecord {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly bytes: number;
  readonly headerOffset: number;
  readonly dataOffset: number;
  /** Bytes where they are known. */
  readonly data: Uint8Array | undefined;
}

const isWide = (record: PlacedRecord): boolean => record.bytes >= FULL32 || record.headerOffset >= FULL32;
const descriptorSize = (record: PlacedRecord): number => (record.bytes === 0 ? 0 : isWide(record) ? 24 : 16);

/** Lays out a file: `root` is its top directory, `pickle` its object, `storages` the sizes of `data/0`, `data/1` … */
export function layoutTorchZip(root: string, pickle: Uint8Array, storages: readonly number[]): TorchZipLayout {
  const encoder = new TextEncoder(), records: PlacedRecord[] = [];
  let cursor = 0;
  const place = (name: string, bytes: number, data?: Uint8Array) => {
    const nameBytes = encoder.encode(`${root}/${name}`), headerOffset = cursor;
    const extra = extraFields(nameBytes.length, bytes, headerOffset);
    const record = { name, nameBytes, bytes, headerOffset, dataOffset: headerOffset + LOCAL_BYTES + nameBytes.length + extra.length, data };
    records.push(record);
    cursor = record.dataOffset + bytes + descriptorSize(record);
  };
  const text = (name: string, content: string) => place(name, content.length, encoder.encode(content));
  place('data.pkl', pickle.length, pickle);
  text('.format_version', '1');
  text('.storage_alignment', String(ALIGNMENT));
  text('byteorder', 'little');
  const first = records.length;
  storages.forEach((bytes, i) => { place(`data/${i}`, bytes); });
  text('version', '3\n');
  place('.data/serialization_id', ID_DIGITS);
  const directoryOffset = cursor;
  const directoryBytes = records.reduce((sum, record) => sum + CENTRAL_BYTES + record.nameBytes.length + centralExtra(record).length, 0);
  const segments = records.flatMap((record): Segment[] => [
    { offset: record.headerOffset, bytes: localHeader(record) },
    ...(record.data === undefined ? [] : [{ offset: record.dataOffset, bytes: record.data }]),
  ]);
  return {
    size: directoryOffset + directoryBytes + endRecords(records.length, directoryOffset, directoryBytes).length,
    segments,
    storages: records.slice(first, first + storages.length).map(({ dataOffset, bytes }) => ({ offset: dataOffset, bytes })),
    finish: (checksums) => {
      const id = records.at(-1)!;
      const known = records.slice(0, -1).map((record, i) => (record.data === undefined ? checksums[i - first]! : crc32(record.data)));
      const digits = encoder.encode(serializationId(records.slice(0, -1).map(({ name }) => name), known.filter((_, i) => records[i]!.bytes > 0)));
      const sums = [...known, crc32(digits)];
      const directory = new Bytes();
      records.forEach((record, i) => { centralEntry(directory, record, sums[i]!); });
      return [
        { offset: id.dataOffset, bytes: digits },
        ...records.flatMap((record, i): Segment[] => (record.bytes === 0 ? [] : [{ offset: record.dataOffset + record.bytes, bytes: descriptor(record, sums[i]!) }])),
        { offset: directoryOffset, bytes: directory.bytes },
        { offset: directoryOffset + directoryBytes, bytes: endRecords(records.length, directoryOffset, directoryBytes) },
      ];
    },
  };
}

/**
 * Extra fields of a local header: zip64 (size, and nothing for the packed size, which is not known yet; then the header's
 * own offset), and the padding `FB` filled with `Z`.
 */
function extraFields(nameLength: number, bytes: number, headerOffset: number): Uint8Array {
  const wide = new Bytes();
  if (bytes >= FULL32) wide.u64(bytes, 0);
  if (headerOffset >= FULL32) wide.u64(headerOffset);
  const content = wide.bytes, extra = new Bytes();
  if (content.length > 0) extra.u16(1, content.length).raw(content);
  const start = headerOffset + LOCAL_BYTES + nameLength + extra.bytes.length + 4;
  const padding = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
  return extra.raw([0x46, 0x42]).u16(padding).raw(new Uint8Array(padding).fill(0x5a)).bytes;
}

function flagsOf({ bytes }: PlacedRecord): number {
  return bytes === 0 ? FLAGS_UTF8 : FLAGS_UTF8 | FLAGS_DESCRIPTOR;
}

/** Sizes and checksum stay zero: they were not known when torch wrote them. */
function localHeader(record: PlacedRecord): Uint8Array {
  const extra = extraFields(record.nameBytes.length, record.bytes, record.headerOffset);
  return new Bytes().u32(0x04034b50).u16(0, flagsOf(record), 0, 0, 0).u32(0, 0, 0).u16(record.nameBytes.length, extra.length).raw(record.nameBytes).raw(extra).bytes;
}

function descriptor(record: PlacedRecord, crc: number): Uint8Array {
  const head = new Bytes().u32(0x08074b50, crc);
  return (isWide(record) ? head.u64(record.bytes, record.bytes) : head.u32(record.bytes, record.bytes)).bytes;
}

function centralExtra({ bytes, headerOffset }: PlacedRecord): Uint8Array {
  const wide = new Bytes();
  if (bytes >= FULL32) wide.u64(bytes, bytes);
  if (headerOffset >= FULL32) wide.u64(headerOffset);
  const content = wide.bytes;
  return content.length === 0 ? content : new Bytes().u16(1, content.length).raw(content).bytes;
}

function centralEntry(directory: Bytes, record: PlacedRecord, crc: number): void {
  const size = Math.min(record.bytes, FULL32), extra = centralExtra(record);
  directory.u32(0x02014b50).u16(0, 0, flagsOf(record), 0, 0, 0).u32(crc, size, size)
    .u16(record.nameBytes.length, extra.length, 0, 0, 0).u32(0, Math.min(record.headerOffset, FULL32)).raw(record.nameBytes).raw(extra);
}

/** Zip64 end record and locator, always, and the classic end record. */
function endRecords(count: number, offset: number, bytes: number): Uint8Array {
  return new Bytes().u32(0x06064b50).u64(44).u16(0x031e, 45).u32(0, 0).u64(count, count, bytes, offset)
    .u32(0x07064b50, 0).u64(offset + bytes).u32(1)
    .u32(0x06054b50).u16(0, 0, Math.min(count, FULL16), Math.min(count, FULL16)).u32(Math.min(bytes, FULL32), Math.min(offset, FULL32)).u16(0).bytes;
}
