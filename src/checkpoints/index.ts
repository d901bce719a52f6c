/** @module A file or a directory as one checkpoint. */
export * from './checkpoint.ts';
export * from './codes.ts';
export * from './digests.ts';
export * from './fingerprint.ts';
export * from './open.ts';
export * from './precedence.ts';
export * from './shards.ts';
export { findState, isDataFile, isStateFile, isTag, isTagFolder, openModel, openState, openStateFile, statesBelow, type StateFacts, type StateOptions, type StatePlace } from './states/index.ts';
export * from './values.ts';
export * from './weights-index.ts';
