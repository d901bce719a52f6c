/**
 * @module
 * Pieces that several reports share: headings, label–value lines, shapes, the commands worth running next.
 */
import { printable } from '../findings/index.ts';
import type { NextStep } from './documents.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { pad, displayWidth } from './width.ts';
import { word } from './words.ts';
import { hanging } from './wrap.ts';

/** Rows of a table before the rest is only counted, unless everything is asked for. */
export const ROWS_SHOWN = 40;

/** `rows` up to the limit, and the line that counts the rest. */
export function limited<Row>(rows: readonly Row[], screen: Screen, limit = ROWS_SHOWN): { shown: readonly Row[]; rest: string[] } {
  // A table one row longer costs as many lines as the remark about it.
  if (screen.all || rows.length <= limit + 1) return { shown: rows, rest: [] };
  const remark = word(screen.language, 'moreAll').replace('{n}', String(rows.length - limit));
  return { shown: rows.slice(0, limit), rest: [paint(screen, 'faint', remark)] };
}

/** Lines `  label   value`, values below each other; entries with an empty value are left out. */
export function facts(screen: Screen, entries: readonly (readonly [label: string, value: string])[]): string[] {
  const given = entries.filter(([, value]) => value !== '');
  const width = Math.max(0, ...given.map(([label]) => displayWidth(label)));
  return given.map(([label, value]) => {
    const block = hanging(`  ${pad(label, width)}  `, value, screen.columns);
    return label === '' ? block : block.replace(label, paint(screen, 'faint', label));
  });
}

/** A shape as the field writes it: `[4096, 14336]`, a scalar `[]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** The block `Next`, a command per line with its reason; nothing when there is none. */
export function nextSteps(screen: Screen, steps: readonly NextStep[] | undefined): string[] {
  if (steps === undefined || steps.length === 0) return [];
  const lines = [paint(screen, 'strong', word(screen.language, 'next'))];
  for (const { command, reason } of steps) {
    lines.push(`  ${paint(screen, 'name', printable(command))}`, hanging('    ', printable(inLanguage(screen.language, reason)), screen.columns));
  }
  return lines;
}

/** A heading over a block that may be empty: then nothing. */
export function section(screen: Screen, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', paint(screen, 'strong', title), ...lines];
}

/** Joins blocks of lines with one empty line between those that are not empty. */
export function blocks(...parts: readonly (readonly string[])[]): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const trimmed = part[0] === '' ? part.slice(1) : part;
    if (trimmed.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(...trimmed);
  }
  return lines;
}

