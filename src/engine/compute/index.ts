/** @module Expressions compiled to programs that produce any range of a tensor's bytes. */
export * from './codes.ts';
export * from './compile.ts';
export { warmUp } from './kernels.ts';
export type { KernelChoice } from './kernels.ts';
