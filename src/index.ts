/**
 * @module
 * The library: runs in Node and in a browser. Files, workers and the terminal are in `temper-ml/node`.
 */
export * from './bytes/index.ts';
export * from './findings/index.ts';
export * from './tensors/index.ts';
