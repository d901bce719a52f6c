/**
 * @module
 * The order of names. Upstream sorts by UTF-8 bytes; JavaScript's `<` compares UTF-16 units, which differs for
 * astral characters against U+E000–U+FFFF.
 */

/** Compares as UTF-8 bytes would. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    // A surrogate stands for a code point above U+FFFF, hence above every other unit.
    const high = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
    return high(x) - high(y);
  }
  return a.length - b.length;
}
