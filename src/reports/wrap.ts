/**
 * @module
 * Line breaking for sentences: between words, and between any two wide characters, for Chinese has no spaces. Closing
 * punctuation never begins a line, opening punctuation never ends one.
 */
import { displayWidth } from './width.ts';

/** Characters that may not begin a line. */
const NO_START = /^[，。、；：？！）】》”’…%,.;:?!)\]}]/u;
/** Characters that may not end a line. */
const NO_END = /[（【《“‘([{]$/u;
/** A run of narrow characters with the spaces after it, or one wide character. */
const PIECE = /[^\s\u2e80-\u9fff\uf900-\uffef]+\s*|[\u2e80-\u9fff\uf900-\uffef]\s*|\s+/gu;

/** Lines of `text`, each at most `columns` wide where a break is possible; a word longer than a line is kept whole. */
export function wrap(text: string, columns: number): string[] {
  if (displayWidth(text) <= columns) return [text];
  const pieces: string[] = [];
  for (const piece of text.match(PIECE) ?? []) {
    const last = pieces.at(-1);
    if (last !== undefined && (NO_START.test(piece) || NO_END.test(last)) && !/\s$/.test(last)) pieces[pieces.length - 1] = last + piece;
    else pieces.push(piece);
  }
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    if (line !== '' && displayWidth(line + piece.trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  if (line.trimEnd() !== '') lines.push(line.trimEnd());
  return lines;
}

/** `text` wrapped, its first line after `first`, the others under it. */
export function hanging(first: string, text: string, columns: number): string {
  const indent = displayWidth(first);
  const room = Math.max(20, columns - indent);
  return wrap(text, room).map((line, i) => (i === 0 ? first : ' '.repeat(indent)) + line).join('\n');
}
