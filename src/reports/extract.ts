/**
 * @module
 * `temper extract` for people: how much of the change is in the adapter, as one sentence; then what holds least of it.
 */
import { fill, printable, type Text } from '../findings/index.ts';
import type { ExtractBody } from './documents.ts';
import { foldByName, ranges } from './fold.ts';
import { formatNumber } from './numbers.ts';
import { blocks, limited } from './parts.ts';
import { paint, type Screen } from './screen.ts';
import { table, type Row } from './table.ts';
import { counted } from './words.ts';
import { renderWritten } from './written.ts';
import { wrap } from './wrap.ts';

const TEXTS = {
  kept: {
    en: 'The adapter holds {share} of the change of the linear weights ({n}).', zh: '适配器保留了线性权重（{n}）的改变中的 {share}。',
  },
  full: { en: 'Carried whole: {n}.', zh: '完整携带：{n}。' },
  nothing: { en: 'No linear weight changed.', zh: '没有线性权重发生改变。' },
  module: { en: 'Module', zh: '模块' }, rank: { en: 'Rank', zh: '秩' }, energy: { en: 'Kept', zh: '保留' }, error: { en: 'Relative error', zh: '相对误差' },
} as const satisfies Record<string, Text>;

/** A share of the squared norm. Nearly all is not all. */
function percent(share: number): string {
  if (share > 0.9999 && share < 1) return '>99.99%';
  return `${Number((100 * share).toPrecision(4))}%`;
}

/** The report. `seconds`: how long it took. */
export function renderExtract(body: ExtractBody, screen: Screen, seconds?: number): string[] {
  const { language } = screen, { modules } = body.extracted;
  const folds = (screen.all ? modules.map((one) => ({ name: one.module, entries: [one] })) : foldByName(modules, (one) => one.module))
    .map(({ name, entries }) => ({ name, entries, worst: entries.reduce((a, b) => (b.relative_error > a.relative_error ? b : a)) }))
    .sort((a, b) => b.worst.relative_error - a.worst.relative_error);
  const { shown, rest } = limited(folds, screen);
  const rows = shown.map(({ name, entries, worst }): Row => [
    { text: printable(name), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, ranges(new Set(entries.map(({ rank }) => rank))), percent(worst.energy_kept), formatNumber(worst.relative_error, 3),
  ]);
  return blocks(
    renderWritten(body, screen, seconds),
    wrap(extractSentence(body, screen), screen.columns).map((line) => paint(screen, 'strong', line)),
    [...table(screen, [
      { title: TEXTS.module[language], cut: 'middle' }, { align: 'right' }, { title: TEXTS.rank[language], align: 'right' }, { title: TEXTS.energy[language], align: 'right' }, { title: TEXTS.error[language], align: 'right' },
    ], rows), ...rest],
  );
}

/** The one sentence. */
export function extractSentence({ extracted: { modules, energy_kept: share, full_tensors: full } }: ExtractBody, { language }: Screen): string {
  const say = (text: Text, values: Record<string, string>) => fill(text[language], values, language);
  return [
    modules.length === 0 ? TEXTS.nothing[language] : say(TEXTS.kept, { share: percent(share), n: counted(language, 'tensor', modules.length) }),
    ...(full.length === 0 ? [] : [say(TEXTS.full, { n: counted(language, 'tensor', full.length) })]),
  ].join(language === 'zh' ? '' : ' ');
}

/** The output's path and the sentence, for `--quiet`. */
export function extractInOneLine(body: ExtractBody, screen: Screen): string {
  return `${printable(body.output)}: ${extractSentence(body, screen)}`;
}
