/** @module Limits of what is read out of a zip archive, each with its reason. */

/** Entries read. The largest checkpoints have some 100 000 storages; a million empty entries are a trap (104 MB of nothing). */
export const ENTRIES_MAX: number = 2 ** 19;

/** Bytes of the central directory. Half a million entries with names of 100 bytes take 76 MB. */
export const DIRECTORY_BYTES_MAX: number = 96 * 1024 * 1024;

/** How far from the end the end record is looked for: the longest comment (64 KiB) and the record, as miniz and torch do. */
export const END_SEARCH_BYTES: number = 65_535 + 22;

/** Longest record name that is not remarkable. torch's own are `<file name>/data/<number>`. */
export const NAME_BYTES_USUAL: number = 1024;

/**
 * Bytes that a packed record may unpack to while opening. Pickles of the largest checkpoints are below it;
 * 32 MiB of no-ops pack into 32 KiB.
 */
export const INFLATE_BYTES_MAX: number = 256 * 1024 * 1024;
