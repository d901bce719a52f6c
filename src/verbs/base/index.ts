/** @module base …: which model an adapter belongs to. */
export * from './audit.ts';
export * from './fit.ts';
export * from './match.ts';
export * from './record.ts';
export * from './set.ts';
export * from './show.ts';
