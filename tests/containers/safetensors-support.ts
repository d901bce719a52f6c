/** Safetensors files made by hand, for the tests of the reader. */
import { memorySource } from '../../src/bytes/index.ts';
import { safetensors } from '../../src/containers/safetensors/index.ts';
import { isTemperError, type Finding } from '../../src/findings/index.ts';
import type { OpenedFile } from '../../src/containers/index.ts';

/** A file with this header text and so many data bytes. */
export function fileOf(header: string | object, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** Opens bytes as a file called `x.safetensors`. */
export function openBytes(bytes: Uint8Array): Promise<OpenedFile> {
  return safetensors.open(memorySource('x.safetensors', bytes));
}

/** The first finding of the refusal, or undefined when it opens. */
export async function refusalOf(bytes: Uint8Array): Promise<Finding | undefined> {
  try {
    await openBytes(bytes);
    return undefined;
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return error.findings[0];
  }
}
