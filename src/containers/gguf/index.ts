/** @module GGUF: llama.cpp's format, headers only. */
import type { ByteSource } from '../../bytes/index.ts';
import { stored } from '../../tensors/index.ts';
import type { Container, NamedTensor, OpenedFile } from '../container.ts';
import { Notes } from '../notes.ts';
import { readHeader, type GgufHeader, type GgufTensor, type GgufValue } from './header.ts';
import { checkLora, isLora } from './lora.ts';

export * from './codes.ts';
export * from './header.ts';
export { GGML_TYPES, type GgmlType } from './types.ts';

/** What a GGUF file has beyond any container. */
export interface GgufFile extends OpenedFile {
  readonly header: GgufHeader;
  /** Tensors in blocks (Q8_0, Q4_K …), whose elements do not stand alone. */
  readonly blocked: readonly GgufTensor[];
}

/** A container that opens into GGUF files. */
export interface GgufContainer extends Container { open(source: ByteSource): Promise<GgufFile> }

const textOf = (value: GgufValue): string =>
  (typeof value === 'object' ? `[${value.items.map(String).join(', ')}${value.count > value.items.length ? `, … ${value.count} in all` : ''}]` : String(value));

async function open(source: ByteSource): Promise<GgufFile> {
  const notes = new Notes(source.label), header = await readHeader(source, notes);
  if (isLora(header)) checkLora(header, notes);
  const tensors: NamedTensor[] = [], blocked: GgufTensor[] = [];
  for (const tensor of header.tensors) {
    const { name, shape, bytes, offset, type: { dtype } } = tensor;
    if (dtype === undefined) blocked.push(tensor);
    else tensors.push({ name, dtype, shape, bytes, expression: stored(0, offset, dtype, shape) });
  }
  return {
    format: 'gguf', tensors, blocked, header, metadata: new Map([...header.values].map(([key, value]) => [key, textOf(value)])),
    headerRanges: [[0, header.headerBytes]], findings: notes.findings,
  };
}

/** llama.cpp's files. */
export const gguf: GgufContainer = {
  format: 'gguf',
  sniff: (head) => head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46,
  open,
};
