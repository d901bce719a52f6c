/**
 * @module
 * Digests that tell whether a file is still the one a plan was made from, without reading all of it.
 */
import { readBytes, readInto, type ByteSource } from '../bytes/index.ts';

/** SHA-256 of `bytes` in lower-case hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The parts of an opened file that a header digest needs. */
export interface Described {
  readonly source: ByteSource;
  /** `[offset, length]`. */
  readonly headerRanges: readonly (readonly [number, number])[];
}

/** SHA-256 over the ranges that describe a file's tensors, one after another. Equal digests: equal names, dtypes, shapes, places. */
export async function headerDigest({ source, headerRanges }: Described): Promise<string> {
  const all = new Uint8Array(headerRanges.reduce((sum, [, length]) => sum + length, 0));
  let at = 0;
  for (const [offset, length] of headerRanges) {
    await readInto(source, offset, all.subarray(at, at + length));
    at += length;
  }
  return sha256(all);
}

/** Blocks of a sample. */
export const SAMPLE_BLOCKS = 64;
/** Bytes of one block: a page, the least that a disk reads anyway. 64 of them are 256 KiB, a millisecond even of a cold disk. */
export const SAMPLE_BLOCK_BYTES = 4096;

/**
 * SHA-256 over the size (u64, little-endian) and a fixed sample of the content: all of it up to 256 KiB, else 64 blocks of
 * 4 KiB at `floor(i · (size − 4096) / 63)`, so the first and the last bytes are always among them. Two fine-tunes of one
 * model differ in nearly every matrix, so a sample tells them apart; it does not prove that files are equal.
 */
export async function sampledDigest(source: ByteSource): Promise<string> {
  const { size } = source, whole = size <= SAMPLE_BLOCKS * SAMPLE_BLOCK_BYTES;
  const sample = new Uint8Array(8 + (whole ? size : SAMPLE_BLOCKS * SAMPLE_BLOCK_BYTES));
  new DataView(sample.buffer).setBigUint64(0, BigInt(size), true);
  if (whole) sample.set(await readBytes(source, 0, size), 8);
  else {
    for (let i = 0; i < SAMPLE_BLOCKS; i++) {
      const at = 8 + i * SAMPLE_BLOCK_BYTES;
      await readInto(source, sampleOffset(i, size), sample.subarray(at, at + SAMPLE_BLOCK_BYTES));
    }
  }
  return sha256(sample);
}

/** In integers, exactly: the digest must be the same wherever it is computed. */
function sampleOffset(i: number, size: number): number {
  return Number(BigInt(i) * BigInt(size - SAMPLE_BLOCK_BYTES) / BigInt(SAMPLE_BLOCKS - 1));
}
