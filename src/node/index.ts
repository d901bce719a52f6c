/**
 * @module
 * Temper on a machine with files: the verbs over paths. `import { mergePaths } from 'temper-ml/node'`.
 */
export * from './check.ts';
export * from './assemble.ts';
export * from './base.ts';
export * from './combine.ts';
export * from './diff.ts';
export * from './extract.ts';
export * from './files.ts';
export * from './folder.ts';
export * from './host.ts';
export * from './hub-cache.ts';
export * from './verbs.ts';
