/** @module Zip archives: strict reading, bounded unpacking, checksums. */
export * from './archive.ts';
export * from './codes.ts';
export * from './crc32.ts';
export * from './inflate.ts';
export * from './limits.ts';
