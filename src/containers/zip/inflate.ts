/**
 * @module
 * Deflated records. The platform unpacks; here we only make sure that it never gives more than the record declared,
 * and that a declaration alone never allocates.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import { refuse, isTemperError, type Text } from '../../findings/index.ts';
import { ZIP_INFLATE } from './codes.ts';
import { INFLATE_BYTES_MAX } from './limits.ts';

/** What one packed record is. */
export interface Packed {
  readonly name: string;
  readonly dataOffset: number;
  /** Bytes in the file. */
  readonly packedBytes: number;
  /** Bytes it declares to unpack to; more is an error, at once. */
  readonly size: number;
}

/** Packed bytes handed to the platform at a time: deflate grows at most 1032 times, so this bounds what one step gives. */
const STEP_BYTES = 16 * 1024;

/** Unpacks a raw deflate stream. Refuses broken data, output beyond or below the declared size, and sizes above `limit`. */
export async function inflate(source: ByteSource, packed: Packed, limit: number = INFLATE_BYTES_MAX): Promise<Uint8Array<ArrayBuffer>> {
  const { name, size } = packed;
  const no = (problem: Text): never => refuse(ZIP_INFLATE, { file: source.label, name, problem }, { path: source.label, offset: packed.dataOffset });
  if (size > limit) no({ en: `declares ${size} bytes; at most ${limit} are unpacked`, zh: `声明解压后有 ${size} 字节；最多解压 ${limit} 字节` });
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter(), reader = stream.readable.getReader();
  const feed = (async () => {
    for (let at = 0; at < packed.packedBytes; at += STEP_BYTES) {
      await writer.ready;
      await writer.write(await readBytes(source, packed.dataOffset + at, Math.min(STEP_BYTES, packed.packedBytes - at)));
    }
    await writer.close();
  })();
  feed.catch(() => {}); // The reading side reports it.
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      total += value.length;
      if (total > size) no({ en: `unpacks to more than the ${size} bytes it declares`, zh: `解压后超过其声明的 ${size} 字节` });
      parts.push(value);
    }
    await feed;
  } catch (error) {
    await reader.cancel().catch(() => {});
    await writer.abort().catch(() => {});
    if (isTemperError(error)) throw error;
    no({ en: 'is no valid deflate stream', zh: '不是有效的 deflate 数据' });
  }
  if (total !== size) no({ en: `unpacks to ${total} bytes, not to the ${size} it declares`, zh: `解压后为 ${total} 字节，而不是其声明的 ${size} 字节` });
  const out = new Uint8Array(total);
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
}
