/** @module Checkpoints of torch.distributed.checkpoint: directories of parts. */
export * from './assemble.ts';
export * from './codes.ts';
export * from './hub.ts';
export * from './metadata.ts';
export * from './open.ts';
