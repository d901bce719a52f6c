/** @module Producers: what their files are for, what a directory is. */
export * from './roles.ts';
export * from './kinds.ts';
export * from './survey.ts';
export * from './tree.ts';
