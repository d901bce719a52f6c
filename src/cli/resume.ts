/**
 * @module
 * After an interruption: the exact command that goes on. The finding itself says how to take back.
 */
import type { Finding, Text } from '../findings/index.ts';
import { printable } from '../findings/index.ts';
import { paint, type Screen } from '../reports/screen.ts';

const TEXTS = {
  resume: { en: 'To continue', zh: '继续' },
} as const satisfies Record<string, Text>;

/** A word as a POSIX shell reads it; PowerShell too, unless there is a quote in it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./~\\-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Lines for an interrupted run that can be resumed; none for anything else. */
export function resumeLines(findings: readonly Finding[], words: readonly string[], screen: Screen): string[] {
  const interrupted = findings.find((one) => one.code === 'interrupted');
  if (interrupted === undefined) return [];
  const command = ['temper', ...words, ...(words.includes('--resume') ? [] : ['--resume'])].map((word) => quoteWord(printable(word))).join(' ');
  return ['', `${TEXTS.resume[screen.language]}:`, `  ${paint(screen, 'name', command)}`];
}
