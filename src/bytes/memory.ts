/** @module Sources and sinks in memory. */
import type { ByteSink } from './sink.ts';
import type { ByteSource } from './source.ts';

/** A source over bytes that are already here. */
export function memorySource(label: string, bytes: Uint8Array): ByteSource {
  return {
    label,
    size: bytes.length,
    read: (offset, into) => {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    close: () => {},
  };
}

/** A source over a Blob or File of a browser. */
export function blobSource(label: string, blob: Blob): ByteSource {
  return {
    label,
    size: blob.size,
    read: async (offset, into) => {
      const part = new Uint8Array(await blob.slice(offset, offset + into.length).arrayBuffer());
      into.set(part);
      return part.length;
    },
    close: () => {},
  };
}

/** A sink of fixed size in memory; `bytes` is what was written so far. */
export function memorySink(label: string, size: number): ByteSink & { readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(size);
  return { label, bytes, write: (offset, part) => { bytes.set(part, offset); }, close: () => {} };
}
