/** @module Two texts side by side in a terminal, where a Chinese character is two columns wide. */

/** Wide characters of the texts that are shown here: CJK and full-width forms. */
const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/u;

const widthOf = (text) => [...text].reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);

/** Lines of `left` and `right` in two columns; the first line of each is its heading. */
export function beside(left, right) {
  const widths = [left, right].map((lines) => Math.max(...lines.map(widthOf)));
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    [left[i] ?? '', right[i] ?? ''].map((cell, column) => cell + ' '.repeat(widths[column] - widthOf(cell))).join(' │ ').trimEnd());
  return [rows[0], widths.map((width) => '─'.repeat(width)).join('─┼─'), ...rows.slice(1)];
}
