/** @module The verbs: what people do with Temper. */
export * from './assemble.ts';
export * from './check.ts';
export * from './convert.ts';
export * from './diff.ts';
export * from './execute.ts';
export * from './inspect.ts';
export * from './merge.ts';
export * from './verb.ts';
export * from './verify.ts';
export type { PlanBody, WriteBody, WrittenFile } from './written.ts';
