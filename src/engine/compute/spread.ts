/** @module Which operand of a binary kernel is one number. */

/** Which of two operands is one number for all elements. */
export const SPREAD = { none: 0, a: 1, b: 2 } as const;
