/** @module Reports: the same answer as text in a language, or as JSON. */
export * from './base.ts';
export * from './combine.ts';
export * from './diff.ts';
export * from './doctor.ts';
export * from './documents.ts';
export * from './explain.ts';
export * from './extract.ts';
export * from './findings.ts';
export * from './inspect.ts';
export * from './json.ts';
export * from './numbers.ts';
export * from './plan.ts';
export * from './scan.ts';
export * from './screen.ts';
export * from './suggest.ts';
export * from './verify.ts';
export * from './written.ts';
