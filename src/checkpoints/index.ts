/** @module A file or a directory as one checkpoint. */
export * from './checkpoint.ts';
export * from './codes.ts';
export * from './digests.ts';
export * from './open.ts';
export * from './precedence.ts';
export * from './shards.ts';
export * from './values.ts';
export * from './weights-index.ts';
