/** @module The safetensors format: reader, writer, codes. */
export * from './codes.ts';
export * from './read.ts';
export * from './write.ts';
