/** @module What loading a file would do, without doing it. */
export * from './codes.ts';
export * from './file.ts';
export { judge, type Level } from './judge.ts';
export { VERDICTS, worst, type Verdict } from './report.ts';
export * from './folder.ts';
