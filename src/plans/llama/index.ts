/** @module LLaMA in Meta's layout, both ways. */
export * from './export.ts';
export * from './import.ts';
export { pythonFloat } from './params.ts';
