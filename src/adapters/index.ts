/** @module Adapters: config, key grammar, mapping onto a base, and the methods. */
export * from './adapter.ts';
export * from './apply.ts';
export type { Rounding } from './changes.ts';
export * from './config.ts';
export * from './lora-facts.ts';
export * from './health.ts';
export * from './model.ts';
export * from './patterns.ts';
export * from './targets.ts';
export * from './ties.ts';
export * from './types.ts';
