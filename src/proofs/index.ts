/** @module Proofs: what a merged model really contains. */
export * from './streams.ts';
export * from './survival.ts';
export * from './task.ts';
export * from './tensor.ts';
export * from './ulp.ts';
export * from './verdict.ts';
export * from './verify.ts';
export * from './compiler.ts';
export * from './tasks.ts';
