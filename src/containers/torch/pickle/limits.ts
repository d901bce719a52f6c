/** @module Limits of the pickle machine, each with its reason. */

/** Memory that the values of a pickle may take, estimated, however short it is. */
export const HEAP_BASE_BYTES: number = 64 * 1024 * 1024;

/**
 * Memory that they may take beyond that for every byte of the stream. A state dict takes about five; opcodes of one
 * byte that build objects of a hundred are a trap.
 */
export const HEAP_PER_STREAM_BYTE: number = 8;

/** Opcode bytes of one pickle. 100 000 tensors take 15 MB; strings of bytes that are only located do not count. */
export const STREAM_BYTES_MAX: number = 256 * 1024 * 1024;

/** Values on the stack at once. Python's pickler empties it every 1000 items; only tuples are built whole. */
export const STACK_MAX: number = 4_000_000;

/** Open MARKs. One for every level of nesting. */
export const MARKS_MAX: number = 1_000_000;

/** Memo entries beside a run 0, 1, 2 … from the start, which every pickler writes. */
export const SPARSE_MEMO_MAX: number = 1_000_000;

/** Different names. The largest training state seen names about a hundred. */
export const GLOBALS_MAX: number = 65_536;

/** A line of text (protocols 0 and 1): a name, a number, a string. */
export const LINE_BYTES_MAX: number = 1024 * 1024;

/** One string. Names and configurations are shorter; the longest met are random states of 5 KB as Latin-1 text. */
export const STRING_BYTES_MAX: number = 64 * 1024 * 1024;

/** bytes up to this length are kept; longer ones are only located. */
export const BYTES_KEPT_MAX: number = 1024 * 1024;

/** Digits of a decimal integer: CPython's own limit (sys.int_info.default_max_str_digits), for the same quadratic reason. */
export const INT_DIGITS_MAX: number = 4300;

/** Bytes of a binary integer. The largest that checkpoints hold are 128-bit random states. */
export const LONG_BYTES_MAX: number = 64 * 1024;
