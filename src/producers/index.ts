/** @module Producers: what their files are for. */
export * from './roles.ts';
export * from './kinds.ts';
export * from './tree.ts';
