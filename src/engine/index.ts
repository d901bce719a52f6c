/** @module The engine: lanes, tiles, journal, atomic output. */
export * from './compute/index.ts';
export * from './lane.ts';
export * from './local.ts';
export * from './manifest.ts';
export * from './orders.ts';
export * from './program.ts';
export * from './run.ts';
export * from './schedule.ts';
export * from './workspace.ts';
export * from './host.ts';
