/**
 * @module
 * How many terminal columns a text takes. Chinese, Japanese and Korean characters and emoji take two, combining marks
 * none; columns of a table only line up when that is counted (Unicode Standard Annex 11).
 */

/**
 * Ranges of East_Asian_Width W and F (EastAsianWidth.txt, Unicode 16), as first and last code point in turn. Gaps that
 * hold only unassigned code points or halves of one script are joined.
 */
const WIDE: readonly number[] = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3, 0x25fd, 0x25fe,
  0x2614, 0x2615, 0x2630, 0x2637, 0x2648, 0x2653, 0x267f, 0x267f, 0x268a, 0x268f, 0x2693, 0x2693, 0x26a1, 0x26a1,
  0x26aa, 0x26ab, 0x26bd, 0x26be, 0x26c4, 0x26c5, 0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea, 0x26f2, 0x26f3,
  0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd, 0x2705, 0x2705, 0x270a, 0x270b, 0x2728, 0x2728, 0x274c, 0x274c,
  0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797, 0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c,
  0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x303e, 0x3041, 0x3247, 0x3250, 0xa4c6, 0xa960, 0xa97c, 0xac00, 0xd7a3,
  0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6b, 0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x18d08, 0x1aff0, 0x1b2fb,
  0x1d300, 0x1d376, 0x1f004, 0x1f004, 0x1f0cf, 0x1f0cf, 0x1f18e, 0x1f18e, 0x1f191, 0x1f19a, 0x1f200, 0x1f320,
  0x1f32d, 0x1f335, 0x1f337, 0x1f37c, 0x1f37e, 0x1f393, 0x1f3a0, 0x1f3ca, 0x1f3cf, 0x1f3d3, 0x1f3e0, 0x1f3f0,
  0x1f3f4, 0x1f3f4, 0x1f3f8, 0x1f43e, 0x1f440, 0x1f440, 0x1f442, 0x1f4fc, 0x1f4ff, 0x1f53d, 0x1f54b, 0x1f54e,
  0x1f550, 0x1f567, 0x1f57a, 0x1f57a, 0x1f595, 0x1f596, 0x1f5a4, 0x1f5a4, 0x1f5fb, 0x1f64f, 0x1f680, 0x1f6c5,
  0x1f6cc, 0x1f6cc, 0x1f6d0, 0x1f6d2, 0x1f6d5, 0x1f6d7, 0x1f6dc, 0x1f6df, 0x1f6eb, 0x1f6ec, 0x1f6f4, 0x1f6fc,
  0x1f7e0, 0x1f7f0, 0x1f90c, 0x1f93a, 0x1f93c, 0x1f945, 0x1f947, 0x1f9ff, 0x1fa70, 0x1faff, 0x20000, 0x3fffd,
];

const PLAIN_ASCII = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const COLOUR = /\x1b\[[0-9;]*m/g;

/** Whether a code point takes two columns. */
function isWide(point: number): boolean {
  if (point < WIDE[0]!) return false;
  let low = 0, high = WIDE.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (point < WIDE[2 * middle]!) high = middle - 1;
    else if (point > WIDE[2 * middle + 1]!) low = middle + 1;
    else return true;
  }
  return false;
}

/** Columns of one character (a string of one code point): 0, 1 or 2. */
export function characterWidth(character: string): number {
  const point = character.codePointAt(0)!;
  if (point < 0x300) return 1;
  return ZERO.test(character) ? 0 : isWide(point) ? 2 : 1;
}

/** Columns that `text` takes on a terminal, colour sequences not counted. */
export function displayWidth(text: string): number {
  if (PLAIN_ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text.replace(COLOUR, '')) width += characterWidth(character);
  return width;
}

/** `text` filled with spaces to `columns`. Longer texts stay as they are. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'left' ? text + space : space + text;
}

/** `text` cut to `columns`, the cut marked by `…`. From the middle when `keepEnd`: both ends of a tensor name matter. */
export function truncate(text: string, columns: number, keepEnd = false): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= 1) return columns === 1 ? '…' : '';
  const characters = [...text];
  const take = (list: readonly string[], room: number): string[] => {
    const taken: string[] = [];
    for (const character of list) {
      const width = characterWidth(character);
      if (width > room) break;
      room -= width;
      taken.push(character);
    }
    return taken;
  };
  if (!keepEnd) return `${take(characters, columns - 1).join('')}…`;
  const tail = take([...characters].reverse(), Math.floor((columns - 1) * 0.6)).reverse().join('');
  return `${take(characters, columns - 1 - displayWidth(tail)).join('')}…${tail}`;
}
