/** @module Pickles read inertly: nothing imported, nothing called. */
export * from './codes.ts';
export * from './limits.ts';
export type { Observer } from './machine.ts';
export * from './opcodes.ts';
export * from './read.ts';
export * from './recognise.ts';
export * from './values.ts';
