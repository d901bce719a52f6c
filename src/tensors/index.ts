/** @module Dtypes, rounding, the expression algebra and its reference evaluator. */
export * from './dtypes.ts';
export * from './expression.ts';
export { FUNCTIONS, isFunction } from './functions.ts';
export * from './reference.ts';
export * from './rounding.ts';
export * from './rebind.ts';
export { triangleSide, WHOLE_FUNCTIONS, type WholeFunction, type WholeName } from './whole.ts';
