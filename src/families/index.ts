/** @module Architectures as data. */
export * from './conv1d.ts';
export { dequantise } from './dequantise/index.ts';
export * from './embeddings.ts';
export * from './experts.ts';
export * from './gguf.ts';
export * from './layers.ts';
export * from './module-order.ts';
export * from './layouts.ts';
export * from './llama-pth.ts';
export * from './pooling.ts';
export * from './quantized.ts';
export * from './renames.ts';
