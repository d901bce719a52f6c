/**
 * @module
 * `temper convert` and `temper merge` for people: what was written, from what, and what to run next.
 */
import { printable, type Text } from '../findings/index.ts';
import type { WrittenBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { formatBytes } from './numbers.ts';
import { blocks, limited, nextSteps } from './parts.ts';
import { renderPlan } from './plan.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { survivalLines } from './survival.ts';
import { table, type Cell } from './table.ts';
import { counted, joined, word } from './words.ts';

const TEXTS = {
  title: { en: 'Written to {output}', zh: '已写入 {output}' },
  why: { en: 'Where it comes from', zh: '来源' },
  dropped: { en: 'Left out', zh: '未写入' },
} as const satisfies Record<string, Text>;

/** The report of a run, or of its plan with `--dry-run`. */
export function renderWritten(body: WrittenBody, screen: Screen): string[] {
  if (body.plan !== undefined) return renderPlan(body.plan, body, screen);
  const { language } = screen;
  return blocks(
    [paint(screen, 'strong', TEXTS.title[language].replace('{output}', () => printable(body.output))), `  ${tensorLine(body, screen)}`],
    writtenTable(body, screen),
    droppedTable(body, screen),
    survivalLines(body.survival, screen),
    nextSteps(screen, body.next),
  );
}

/** The output's path, for `--quiet`. */
export function writtenInOneLine(body: WrittenBody): string {
  return printable(body.output);
}

/** `291 tensors: 224 computed, 67 copied byte for byte` */
export function tensorLine(body: WrittenBody, screen: Screen): string {
  const { language } = screen;
  const { copied, computed, renamed, dropped } = body.tensors;
  const parts = ([['computed', computed], ['copied', copied], ['renamed', renamed], ['dropped', dropped.length]] as const)
    .filter(([, n]) => n > 0).map(([key, n]) => counted(language, key, n));
  return counted(language, 'tensor', copied + computed) + (language === 'zh' ? '：' : ': ') + joined(language, parts);
}

function writtenTable(body: WrittenBody, screen: Screen): string[] {
  const { language } = screen;
  const { shown, rest } = limited(body.files, screen);
  const digests = body.files.some((file) => file.sha256 !== undefined);
  const total = body.files.reduce((sum, file) => sum + file.bytes, 0);
  const rows = shown.map((file): Cell[] => [printable(file.path), formatBytes(file.bytes),
    ...(digests ? [file.sha256 ?? ''] : []), { text: file.why === undefined ? '' : printable(inLanguage(language, file.why)), style: 'faint' }]);
  if (body.files.length > 1) rows.push([{ text: counted(language, 'file', body.files.length), style: 'strong' }, formatBytes(total)]);
  const explained = body.files.some((file) => file.why !== undefined);
  return [...table(screen, [
    { title: word(language, 'file'), cut: 'middle' }, { title: word(language, 'size'), align: 'right' },
    ...(digests ? [{ title: 'SHA-256' }] : []), ...(explained ? [{ title: TEXTS.why[language], cut: 'end' as const }] : []),
  ], rows), ...rest];
}

/** Also used by the plan: names that differ only in numbers and share a reason are one row. */
export function droppedTable(body: WrittenBody, screen: Screen): string[] {
  const { language } = screen;
  const folds = foldByName(body.tensors.dropped, (one) => one.name, (one) => inLanguage('en', one.why));
  const { shown, rest } = limited(folds, screen);
  const lines = table(screen, [{ cut: 'middle' }, { align: 'right' }, { cut: 'end' }], shown.map(({ name, entries }) => [
    { text: printable(name), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, printable(inLanguage(language, entries[0]!.why)),
  ]), '  ');
  return lines.length === 0 ? [] : [paint(screen, 'strong', TEXTS.dropped[language]), ...lines, ...rest];
}
