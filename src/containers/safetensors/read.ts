/**
 * @module
 * Opens a safetensors file: a length, a JSON header, and tensors end to end that cover the rest of the file to the last
 * byte. `validate` is the specification; its checks come in the order of the Rust reader (safetensors/src/tensor.rs).
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import { finding, refuse, type Finding, type Place } from '../../findings/index.ts';
import { bitsOf, type Stored } from '../../tensors/index.ts';
import type { Container, NamedTensor, OpenedFile } from '../container.ts';
import { SAFETENSORS_HEADER_TOO_LARGE, SAFETENSORS_MISALIGNED, SAFETENSORS_NOT_CONTIGUOUS, SAFETENSORS_PARTIAL_BYTE, SAFETENSORS_RANK,
  SAFETENSORS_SHAPE_TOO_LARGE, SAFETENSORS_SIZE_MISMATCH, SAFETENSORS_TRAILING_BYTES, SAFETENSORS_TRUNCATED } from './codes.ts';
import { readHeader } from './header.ts';

/** Bytes of the length that comes before the header. */
export const LENGTH_BYTES = 8;

/** Largest header, as in the Rust reader and writer (`MAX_HEADER_SIZE`). Hub and JavaScript readers stop at 25 000 000. */
export const HEADER_BYTES_MAX = 100_000_000;

/** Axes that torch allows (c10 `kMaxDims` of its kernels); a header can state any number. */
export const RANK_MAX = 64;

/** Sides shown of a long shape. */
const SIDES_SHOWN = 8;

const showShape = (shape: readonly number[]): string =>
  `[${shape.slice(0, SIDES_SHOWN).join(', ')}${shape.length > SIDES_SHOWN ? `, … ${shape.length} sides` : ''}]`;

/** The format, as a value. */
export const safetensors: Container = { format: 'safetensors', sniff, open };

/** A plausible length, and a brace where the header should begin. The end of the file may be missing: opening says so. */
function sniff(head: Uint8Array): boolean {
  if (head.length <= LENGTH_BYTES) return false;
  const length = headerLength(head);
  if (length < 2n || length > HEADER_BYTES_MAX) return false;
  let at = LENGTH_BYTES;
  while (at < head.length && (head[at] === 0x20 || head[at] === 0x0a || head[at] === 0x0d || head[at] === 0x09)) at++;
  return head[at] === 0x7b;
}

function headerLength(head: Uint8Array): bigint {
  return new DataView(head.buffer, head.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
}

async function open(source: ByteSource): Promise<OpenedFile> {
  const { label: file, size } = source, path = file;
  if (size < LENGTH_BYTES) refuse(SAFETENSORS_TRUNCATED, { file, expected: LENGTH_BYTES, found: size }, { path, offset: size, found: size });
  const announced = headerLength(await readBytes(source, 0, LENGTH_BYTES));
  if (announced > HEADER_BYTES_MAX) {
    refuse(SAFETENSORS_HEADER_TOO_LARGE, { file, length: String(announced), limit: HEADER_BYTES_MAX }, { path, offset: 0, found: String(announced), expected: HEADER_BYTES_MAX });
  }
  const length = Number(announced), dataStart = LENGTH_BYTES + length;
  if (dataStart > size) refuse(SAFETENSORS_TRUNCATED, { file, expected: dataStart, found: size }, { path, offset: size, found: size, expected: dataStart });
  const header = readHeader(await readBytes(source, LENGTH_BYTES, length), file, LENGTH_BYTES);
  const tensors = inDataOrder(header.tensors), findings = validate(tensors, file, dataStart, size);
  return { format: 'safetensors', tensors, metadata: header.metadata, headerRanges: [[0, dataStart]], findings: [...header.findings, ...findings] };
}

const offsetOf = (tensor: NamedTensor): number => (tensor.expression as Stored).offset;

/** By place in the data; tensors without bytes stay in the order of the header. Nearly every file is sorted already. */
function inDataOrder(tensors: NamedTensor[]): NamedTensor[] {
  const compare = (a: NamedTensor, b: NamedTensor): number => offsetOf(a) - offsetOf(b) || a.bytes - b.bytes;
  return tensors.every((tensor, i) => i === 0 || compare(tensors[i - 1]!, tensor) <= 0) ? tensors : tensors.sort(compare);
}

/** Tensors lie end to end, each has the bytes of its dtype and shape, and together they are the whole of the data. */
function validate(tensors: readonly NamedTensor[], file: string, dataStart: number, size: number): Finding[] {
  const findings: Finding[] = [];
  let previous = 0, misaligned = 0, firstMisaligned = '';
  for (const entry of tensors) {
    const { name: tensor, dtype, shape, bytes } = entry, offset = offsetOf(entry), begin = offset - dataStart, end = begin + bytes;
    const place: Place = { path: file, tensor, offset };
    if (begin !== previous || bytes < 0) refuse(SAFETENSORS_NOT_CONTIGUOUS, { file, tensor, begin, end, previous }, { ...place, found: begin, expected: previous });
    previous = end;
    const bits = bitsOfTensor(shape, bitsOf(dtype));
    if (bits === Infinity) refuse(SAFETENSORS_SHAPE_TOO_LARGE, { file, tensor, shape: showShape(shape) }, place);
    if (bits % 8 !== 0) refuse(SAFETENSORS_PARTIAL_BYTE, { file, tensor, dtype, shape: showShape(shape) }, place);
    if (bits / 8 !== bytes) {
      const expected = bits / 8, found = bytes;
      refuse(SAFETENSORS_SIZE_MISMATCH, { file, tensor, dtype, shape: showShape(shape), expected, found }, { ...place, found, expected });
    }
    if (shape.length > RANK_MAX) findings.push(finding(SAFETENSORS_RANK, { file, tensor, rank: shape.length, limit: RANK_MAX }, place));
    if (bytes > 0 && offset % Math.ceil(bitsOf(dtype) / 8) !== 0 && misaligned++ === 0) firstMisaligned = tensor;
  }
  const expected = dataStart + previous;
  if (expected > size) refuse(SAFETENSORS_TRUNCATED, { file, expected, found: size }, { path: file, offset: size, found: size, expected });
  if (expected < size) refuse(SAFETENSORS_TRAILING_BYTES, { file, extra: size - expected, offset: expected }, { path: file, offset: expected, found: size, expected });
  if (misaligned > 0) findings.push(finding(SAFETENSORS_MISALIGNED, { file, count: misaligned, tensor: firstMisaligned }, { path: file, tensor: firstMisaligned }));
  return findings;
}

const U64_MAX = 0xffffffffffffffffn;

/**
 * Bits of a tensor, multiplied from the left as Rust does: a zero first makes the rest harmless, a zero last comes after
 * the overflow. Infinity stands for an overflow of 64 bits; between 2^53 and that the result is near enough, for no file
 * has so many bytes.
 */
function bitsOfTensor(shape: readonly number[], bits: number): number {
  let count = 1;
  for (let i = 0; i < shape.length; i++) {
    count *= shape[i]!;
    if (count > Number.MAX_SAFE_INTEGER / bits) return exactBits(shape, bits);
  }
  return count * bits;
}

function exactBits(shape: readonly number[], bits: number): number {
  let count = 1n;
  for (const side of shape) {
    count *= BigInt(side);
    if (count > U64_MAX) return Infinity;
  }
  count *= BigInt(bits);
  return count > U64_MAX ? Infinity : Number(count);
}
