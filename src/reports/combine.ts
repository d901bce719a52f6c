/**
 * @module
 * `temper combine` for people: how the adapters were put together, and how far that is from their plain sum.
 */
import { fill, printable, type Text } from '../findings/index.ts';
import type { CombineBody } from './documents.ts';
import { formatNumber } from './numbers.ts';
import { blocks } from './parts.ts';
import { paint, type Screen } from './screen.ts';
import { wrap } from './wrap.ts';
import { renderWritten } from './written.ts';

const TEXTS = {
  how: { en: 'Combined by {method} with weights {weights}', zh: '以 {method} 组合，权重 {weights}' },
  rank: { en: ': rank {rank}', zh: '：秩 {rank}' },
  exact: { en: 'The weighted sum of the adapters, exactly.', zh: '恰好等于各适配器的加权和。' },
  away: { en: 'It is {distance} of the weighted sum of the adapters away from that sum.', zh: '与各适配器的加权和相差其大小的 {distance}。' },
  nothing: { en: 'The weighted sum of the adapters is zero.', zh: '各适配器的加权和为零。' },
} as const satisfies Record<string, Text>;

/** The report. `seconds`: how long it took. */
export function renderCombine(body: CombineBody, screen: Screen, seconds?: number): string[] {
  const { language } = screen, { distance } = body.combined;
  const second = distance === null ? TEXTS.nothing[language] : distance === 0 ? TEXTS.exact[language] : fill(TEXTS.away[language], { distance: `${formatNumber(100 * distance, 3)}%` }, language);
  return blocks(renderWritten(body, screen, seconds), [paint(screen, 'strong', howLine(body, screen)), ...wrap(second, screen.columns)]);
}

function howLine({ combined: { method, weights, rank } }: CombineBody, { language }: Screen): string {
  return fill(TEXTS.how[language], { method, weights: weights.map((weight) => formatNumber(weight, 4)).join(', ') }, language) + (rank === null ? '' : fill(TEXTS.rank[language], { rank }, language));
}

/** The output's path and how, for `--quiet`. */
export function combineInOneLine(body: CombineBody, screen: Screen): string {
  return `${printable(body.output)}: ${howLine(body, screen)}`;
}
