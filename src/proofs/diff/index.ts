/** @module Two checkpoints, tensor by tensor. */
export * from './compare.ts';
export * from './pair.ts';
export * from './rank.ts';
