/** @module Cosine and sine of whole fractions of a turn, exact where they can be. */
import { cos, sin } from './functions.ts';

/** 2π. */
const TURN = 6.283185307179586;

/** Cosine and sine of j/n of a turn, j and n whole numbers: symmetric everywhere, and exact at quarters. */
export function turn(j: number, n: number): readonly [cos: number, sin: number] {
  const at = ((j % n) + n) % n, eighth = Math.floor((8 * at) / n);
  // Folded into the first eighth while they are whole numbers, or quarters of them.
  const folded = [at, n / 4 - at, at - n / 4, n / 2 - at, at - n / 2, (3 * n) / 4 - at, at - (3 * n) / 4, n - at][eighth]!;
  const angle = (TURN * folded) / n, c = cos(angle), s = sin(angle);
  const [x, y] = ([[c, s], [s, c], [-s, c], [-c, s], [-c, -s], [-s, -c], [s, -c], [c, -s]] as const)[eighth]!;
  // No minus zero.
  return [x + 0, y + 0];
}
