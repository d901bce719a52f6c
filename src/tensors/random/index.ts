/** @module Generators of torch and numpy, replayed number for number. */
export * from './mt19937.ts';
export * from './pcg64.ts';
export * from './torch.ts';
