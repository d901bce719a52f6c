/** @module Findings and errors: one code space for both. */
export * from './define.ts';
export * from './error.ts';
export * from './printable.ts';
export * from './render.ts';
