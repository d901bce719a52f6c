/**
 * @module
 * Which language to speak: what was asked for, else what the system speaks.
 */
import type { Language } from '../findings/index.ts';
import type { Environment } from './parse.ts';

/** A language and where it was found. */
export interface Locale { readonly language: Language; readonly locale: string; readonly from: string }

/** In the order of POSIX, after our own. */
const VARIABLES = ['TEMPER_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'] as const;

/** The language: `asked`, else the first variable that is set, else `system` (what Intl says). Chinese for `zh*`, else English. */
export function chooseLocale(asked: string | undefined, environment: Environment, system: () => string): Locale {
  const languageOf = (locale: string): Language => (/^zh/i.test(locale) ? 'zh' : 'en');
  if (asked !== undefined) return { language: languageOf(asked), locale: asked, from: '--lang' };
  for (const variable of VARIABLES) {
    const value = environment[variable];
    if (value !== undefined && value !== '') return { language: languageOf(value), locale: value, from: variable };
  }
  // Asked last: Intl takes 10 ms to wake up.
  const locale = system();
  return { language: languageOf(locale), locale, from: '' };
}

/** What the runtime says of the system's locale. */
export function systemLocale(): string {
  return Intl.DateTimeFormat().resolvedOptions().locale;
}
