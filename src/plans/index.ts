/** @module Plans: built from headers, complete, plain data. */
export * from './bind.ts';
export * from './companions.ts';
export * from './config.ts';
export * from './convert.ts';
export * from './costs.ts';
export * from './files.ts';
export * from './inputs.ts';
export * from './dtype-changes.ts';
export * from './merge.ts';
export * from './moves.ts';
export * from './names.ts';
export * from './ndjson.ts';
export * from './plan.ts';
export * from './read-config.ts';
export * from './state.ts';
export * from './tree.ts';
