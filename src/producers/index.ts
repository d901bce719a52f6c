/** @module Producers: what their files are for, what a directory is. */
export * from './advice.ts';
export * from './base-value.ts';
export * from './result.ts';
export * from './roles.ts';
export * from './sizes.ts';
export * from './survey.ts';
export * from './training.ts';
export * from './tree.ts';
export * from './vocabulary.ts';
export { FolderView } from './view.ts';
