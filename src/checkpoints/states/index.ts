/** @module Training states: DeepSpeed ZeRO, universal and distributed checkpoints, as checkpoints of the model in them. */
export * from './codes.ts';
export { findState, isStateFile, openModel, openState, openStateFile, statesBelow, type StatePlace } from './open.ts';
export type { StateFacts, StateOptions } from './options.ts';
export { isTag } from './names.ts';
export { isTagFolder } from './tag.ts';
export { isDataFile } from './dcp.ts';
