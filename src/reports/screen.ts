/**
 * @module
 * What a report is drawn on: a language, a width, and whether there is colour. Renderers return strings; nothing here
 * writes anywhere or asks the environment.
 */
import type { Language, Text } from '../findings/index.ts';

/** Where and how a text report is shown. */
export interface Screen {
  readonly language: Language;
  /** Columns to stay within; Infinity when nothing is cut or wrapped (output into a file or a pipe). */
  readonly columns: number;
  readonly color: boolean;
  /** Show every row and every finding instead of the first ones and a count. */
  readonly all: boolean;
}

/** A screen without limits or colour, for files and tests. */
export const PLAIN: Screen = { language: 'en', columns: Infinity, color: false, all: false };

/** What a piece of text is, which decides its colour. */
export type Style = 'error' | 'warning' | 'info' | 'good' | 'strong' | 'faint' | 'name';

const ANSI: Readonly<Record<Style, string>> = {
  error: '1;31', warning: '1;33', info: '36', good: '1;32', strong: '1', faint: '2', name: '36',
};

/** `text` in the colour of `style`, or as it is on a screen without colour. */
export function paint(screen: Screen, style: Style | undefined, text: string): string {
  return screen.color && style !== undefined && text !== '' ? `\x1b[${ANSI[style]}m${text}\x1b[0m` : text;
}

/** A text that may already be a plain string (names, formulas) or exist in every language. */
export type Words = string | Text;

/** The screen's language of `words`. */
export function inLanguage(language: Language, words: Words): string {
  return typeof words === 'string' ? words : words[language];
}
