/** @module Architectures as data. */
export * from './conv1d.ts';
export * from './embeddings.ts';
export * from './quantized.ts';
