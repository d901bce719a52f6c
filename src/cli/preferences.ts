/**
 * @module
 * How to speak, known before a command line is understood: a mistake in it must already be told in the right language,
 * as text or as JSON.
 */
import type { Language } from '../findings/index.ts';
import type { Screen } from '../reports/screen.ts';
import { chooseLocale, type Locale } from './locale.ts';
import type { Environment } from './parse.ts';
import type { Host, OutputStream } from './shell.ts';

/** What holds for every command. */
export interface Preferences {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly all: boolean;
  /** What `--color` or `--no-color` said. */
  readonly color: boolean | undefined;
  readonly locale: Locale;
  /** The language that `--lang` asked for: JSON is English otherwise. */
  readonly askedLanguage: Language | undefined;
}

/** Columns of a help text or a report when nobody says how many there are. */
export const COLUMNS_USUAL = 80;
/** Lines of prose longer than this are hard to read. */
export const COLUMNS_PROSE = 100;

/** Reads them off a command line that may be wrong otherwise; the parser checks them again. */
export function readPreferences(words: readonly string[], environment: Environment, system: () => string): Preferences {
  const end = words.indexOf('--');
  const options = (end < 0 ? words : words.slice(0, end)).map((word) => (word.startsWith('--') ? word.replace(/^[^=]*/, (name) => name.replaceAll('_', '-').toLowerCase()) : word));
  const has = (...names: string[]) => options.some((word) => names.includes(word));
  const place = options.findIndex((word) => /^--lang(uage)?(=|$)/.test(word));
  const asked = place < 0 ? undefined : options[place]!.includes('=') ? options[place]!.replace(/^[^=]*=/, '') : options[place + 1];
  const locale = chooseLocale(asked === undefined ? undefined : /^(zh|中|chinese)/i.test(asked) ? 'zh' : 'en', environment, system);
  return {
    json: has('--json'), quiet: has('--quiet') || options.some((word) => /^-[a-z]*q[a-z]*$/.test(word)), all: has('--all'),
    color: has('--no-color', '--no-colour') ? false : has('--color', '--colour') ? true : undefined,
    locale, askedLanguage: asked === undefined ? undefined : locale.language,
  };
}

/** Whether to colour: what was asked, then the conventions of no-color.org and force-color.org, then whether it is a terminal. */
export function wantsColor(asked: boolean | undefined, environment: Environment, terminal: boolean): boolean {
  if (asked !== undefined) return asked;
  if (environment['NO_COLOR']) return false;
  const force = environment['FORCE_COLOR'] ?? environment['CLICOLOR_FORCE'];
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return terminal && environment['TERM'] !== 'dumb';
}

function screenFor(stream: OutputStream, environment: Environment, { color, all, locale }: Preferences): Screen {
  const stated = Number(environment['COLUMNS']);
  const columns = stream.columns ?? (stream.terminal ? COLUMNS_USUAL : Number.isInteger(stated) && stated > 0 ? stated : Infinity);
  return { language: locale.language, columns, color: wantsColor(color, environment, stream.terminal), all };
}

/** The screen of the result. */
export function screenOf(host: Host, preferences: Preferences): Screen {
  return screenFor(host.stdout, host.environment, preferences);
}

/** The screen of progress and refusals. */
export function errorScreenOf(host: Host, preferences: Preferences): Screen {
  return screenFor(host.stderr, host.environment, preferences);
}
