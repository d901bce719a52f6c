/** @module Bytes in and out. */
export * from './codes.ts';
export * from './folder.ts';
export * from './http.ts';
export * from './memory.ts';
export * from './names.ts';
export * from './scratch.ts';
export * from './sink.ts';
export * from './source.ts';
