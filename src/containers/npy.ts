/** @module numpy's `.npy`: enough of its header to tell arrays of numbers from arrays of pickled objects. */
import { readBytes, type ByteSource } from '../bytes/index.ts';

/** Longest header that is read; structured types of real files stay below 1 KB. */
const HEADER_BYTES_MAX = 64 * 1024;

/** What the header says. */
export interface NpyHeader {
  /** First byte of the data, which for objects is a pickle. */
  readonly dataOffset: number;
  readonly holdsObjects: boolean;
}

/** Reads the header of a file that begins with the magic; undefined when it is cut off. */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader | undefined> {
  const head = await readBytes(source, 0, Math.min(HEADER_BYTES_MAX, source.size)), view = new DataView(head.buffer);
  const isWide = (head[6] ?? 0) >= 2, at = isWide ? 12 : 10;
  if (head.length < at) return undefined;
  const length = isWide ? view.getUint32(8, true) : view.getUint16(8, true);
  const text = new TextDecoder().decode(head.subarray(at, at + length));
  return { dataOffset: Math.min(at + length, source.size), holdsObjects: /'descr'\s*:\s*(?:'[|<>=]?O|\[[^\]]*'[|<>=]?O)/.test(text) };
}
