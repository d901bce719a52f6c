/**
 * @module
 * Why the weights are smaller or larger than before: what people wonder about when they see the new file.
 */
import { fill, printable, type Text } from '../findings/index.ts';
import type { SizeBody } from './documents.ts';
import { formatBytes } from './numbers.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { table } from './table.ts';

const TITLE: Text = { en: 'Why the weights take {after} instead of {before}', zh: '权重文件为何从 {before} 变为 {after}' };

/** Differences below this share of the input say nothing to anybody. */
const SHARE_TOLD = 0.01;

/** Lines about the sizes; none where they hardly differ. */
export function sizeLines(size: SizeBody | undefined, screen: Screen): string[] {
  if (size === undefined || Math.abs(size.output_bytes - size.input_bytes) < SHARE_TOLD * size.input_bytes) return [];
  const { language } = screen, told = size.changes.filter(({ bytes }) => Math.abs(bytes) >= SHARE_TOLD * size.input_bytes);
  const title = fill(TITLE[language], { before: formatBytes(size.input_bytes), after: formatBytes(size.output_bytes) }, language);
  const rows = told.map(({ bytes, why }) => [`${bytes < 0 ? '−' : '+'}${formatBytes(Math.abs(bytes))}`, printable(inLanguage(language, why))]);
  return rows.length === 0 ? [] : [paint(screen, 'strong', title), ...table(screen, [{ align: 'right' }, {}], rows, '  ')];
}
