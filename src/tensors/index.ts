/** @module Dtypes, rounding, the expression algebra and its reference evaluator. */
export * from './dtypes.ts';
export * from './expression.ts';
export * from './reference.ts';
export * from './rounding.ts';
export * from './rebind.ts';
