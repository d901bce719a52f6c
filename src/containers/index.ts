/**
 * @module
 * All containers, and the way from a file to one of them: by content.
 */
import { readBytes, type ByteSource } from '../bytes/index.ts';
import { refuse } from '../findings/index.ts';
import { UNKNOWN_FORMAT } from './codes.ts';
import { SNIFF_BYTES, type Container, type OpenedFile } from './container.ts';
import { gguf } from './gguf/index.ts';
import { lfsBytes, NOT_CONTAINERS, RECOGNISED } from './recognise.ts';
import { safetensors } from './safetensors/index.ts';
import { torchLegacy } from './torch/legacy.ts';
import { torchZip } from './torch/zip.ts';

export * from './codes.ts';
export * from './container.ts';
export * from './json.ts';

/** Every format that can be opened. The first that recognises a file opens it. */
export const CONTAINERS: readonly Container[] = [safetensors, torchZip, torchLegacy, gguf];

/** What a file is, from its first bytes and its size: a word of the contract, or `unknown`. */
export function sniffFormat(head: Uint8Array, size: number, containers: readonly Container[] = CONTAINERS): string {
  return NOT_CONTAINERS.find((row) => row.matches(head, size))?.format
    ?? containers.find((container) => container.sniff(head, size))?.format
    ?? RECOGNISED.find((row) => row.matches(head, size))?.format
    ?? 'unknown';
}

/** The bytes that a sniff may look at. */
export async function readHead(source: ByteSource): Promise<Uint8Array> {
  return readBytes(source, 0, Math.min(SNIFF_BYTES, source.size));
}

/** Bytes shown of a file that nobody knows. */
const SHOWN = 8;

/** Opens a file as what its content is, or refuses with what it is instead and the next step. */
export async function openContainer(source: ByteSource, containers: readonly Container[] = CONTAINERS): Promise<OpenedFile> {
  const head = await readHead(source), { label: file, size } = source, place = { path: file, offset: 0 };
  const other = NOT_CONTAINERS.find((row) => row.matches(head, size));
  if (other === undefined) {
    const container = containers.find((candidate) => candidate.sniff(head, size));
    if (container !== undefined) return container.open(source);
  }
  const known = other ?? RECOGNISED.find((row) => row.matches(head, size));
  if (known !== undefined) {
    const expected = known.format === 'lfs-pointer' ? lfsBytes(head) : undefined;
    const parameters = { file, name: known.name };
    refuse(known.code, parameters, { ...place, found: known.format, ...(expected === undefined ? {} : { expected }) });
  }
  // Its own reader says best what is wrong with a file that claims to be safetensors.
  if (file.endsWith('.safetensors')) return safetensors.open(source);
  const bytes = Array.from(head.subarray(0, SHOWN), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  refuse(UNKNOWN_FORMAT, { file, bytes }, place);
}
