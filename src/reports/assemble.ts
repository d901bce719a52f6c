/**
 * @module
 * `temper assemble` for people: what became of every part, and what was written.
 */
import { printable, type Text } from '../findings/index.ts';
import type { WrittenBody } from './documents.ts';
import { blocks } from './parts.ts';
import { paint, type Screen } from './screen.ts';
import { table, type Cell } from './table.ts';
import { renderWritten } from './written.ts';

/** What `assemble` answers beside what every verb that writes does. */
export interface AssembledBody extends WrittenBody {
  readonly parts: readonly { readonly part: string; readonly how: 'merged' | 'carried-over' | 'base'; readonly to: string }[];
}

const HOW: Readonly<Record<AssembledBody['parts'][number]['how'], Text>> = {
  merged: { en: 'merged into its base', zh: '已合并进基座' },
  'carried-over': { en: 'carried over as it is', zh: '原样带入' },
  base: { en: 'taken from the base given', zh: '取自给出的基座' },
};

const TEXTS = {
  title: { en: 'Parts', zh: '组成部分' }, part: { en: 'Part', zh: '部分' }, how: { en: 'What became of it', zh: '处理方式' }, to: { en: 'Where it is', zh: '所在位置' },
} as const satisfies Record<string, Text>;

/** The report. */
export function renderAssembled(body: AssembledBody, screen: Screen, seconds?: number): string[] {
  const { language } = screen;
  const rows = body.parts.map(({ part, how, to }): Cell[] => [printable(part), HOW[how][language], printable(to)]);
  return blocks(
    [paint(screen, 'strong', TEXTS.title[language])],
    table(screen, [{ title: TEXTS.part[language] }, { title: TEXTS.how[language] }, { title: TEXTS.to[language] }], rows),
    renderWritten(body, screen, seconds),
  );
}
