/**
 * @module
 * What becomes of the tensors, in a line, and what is left out and why. The same for a plan and for a run.
 */
import { printable, type Text } from '../findings/index.ts';
import type { WrittenBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { group } from './group.ts';
import { limited } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { table } from './table.ts';
import { counted, joined } from './words.ts';
import { hanging } from './wrap.ts';

const LEFT_OUT: Text = { en: 'Left out', zh: '未写入' };

/** `291 tensors: 224 computed, 67 copied byte for byte; 4 left out` */
export function tensorLine(body: WrittenBody, screen: Screen): string {
  const { language } = screen;
  const { copied, computed, renamed, dropped } = body.tensors;
  const parts = ([['computed', computed], ['copied', copied], ['renamed', renamed]] as const).filter(([, n]) => n > 0).map(([key, n]) => counted(language, key, n));
  const line = counted(language, 'tensor', copied + computed) + (parts.length === 0 ? '' : (language === 'zh' ? '：' : ': ') + joined(language, parts));
  return dropped.length === 0 ? line : line + (language === 'zh' ? '；' : '; ') + counted(language, 'dropped', dropped.length);
}

/** What is left out, under its reason. */
export function droppedTable(body: WrittenBody, screen: Screen): string[] {
  const { language } = screen;
  const byReason = group(body.tensors.dropped, (one) => inLanguage(language, one.why));
  const lines: string[] = [];
  for (const [why, dropped] of byReason) {
    const folds = screen.all ? dropped.map((one) => ({ name: one.name, entries: [one] })) : foldByName(dropped, (one) => one.name);
    const { shown, rest } = limited(folds, screen);
    lines.push(hanging('  ', printable(why), screen.columns), ...table(screen, [{ cut: 'middle' }, { align: 'right' }], shown.map(({ name, entries }) => [
      { text: printable(name), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`,
    ]), '    '), ...rest.map((line) => `    ${line}`));
  }
  return lines.length === 0 ? [] : [paint(screen, 'strong', LEFT_OUT[language]), ...lines];
}
