/**
 * @module
 * `temper diff` for people: one sentence, the counts, then what changed, kinds of tensors that repeat per layer as one row.
 */
import { fill, printable, type Text } from '../findings/index.ts';
import type { DiffBody, DiffedTensor, DiffStatus } from './documents.ts';
import { foldByName } from './fold.ts';
import { formatCount, formatNumber, formatShare } from './numbers.ts';
import { blocks, limited, shapeText } from './parts.ts';
import { inLanguage, paint, type Screen, type Style } from './screen.ts';
import { table, type Row } from './table.ts';
import { word } from './words.ts';
import { wrap } from './wrap.ts';

const TEXTS = {
  same: { en: 'The same: all {all} tensors have equal values.', zh: '相同：全部 {all} 个张量的数值相等。' },
  dtype: { en: 'The same values in another dtype: {n} of {all} tensors are stored in another one, and nothing else differs.', zh: '数值相同，精度不同：{all} 个张量中有 {n} 个以另一种精度存储，此外没有差异。' },
  rounding: {
    en: '{n} of {all} tensors differ, by rounding only: no element is more than one step of its dtype off.',
    zh: '{all} 个张量中有 {n} 个不同，但只是舍入差异：没有元素相差超过其精度的一步。',
  },
  roundingOnly: { en: 'another rounding of the same numbers: at most one step of the dtype', zh: '同一数值的另一种舍入：最多相差该精度的一步' },
  differ: { en: '{n} of {all} tensors differ.', zh: '{all} 个张量中有 {n} 个不同。' },
  lowRank: {
    en: 'The matrices changed by at most rank {rank}, as after a merge of an adapter.',
    zh: '各矩阵的改变秩不超过 {rank}，与合并过适配器的情形一致。',
  },
  status: { en: 'Status', zh: '状态' }, tensors: { en: 'Tensors', zh: '张量数' },
  maxAbs: { en: 'Largest change', zh: '最大改变' }, relative: { en: 'Relative', zh: '相对改变' },
  differing: { en: 'Elements', zh: '元素' }, rank: { en: 'Rank', zh: '秩' },
  rows: { en: '{n} rows', zh: '{n} 行' },
  notFinite: { en: '{n} elements are NaN or infinite on one side only', zh: '{n} 个元素仅在一侧为 NaN 或无穷大' },
  shapes: { en: '{a} in A, {b} in B', zh: 'A 中为 {a}，B 中为 {b}' },
} as const satisfies Record<string, Text>;

/** What every status means, in the order in which they are shown. */
const STATUSES: Readonly<Record<DiffStatus, Text & { readonly style: Style }>> = {
  changed: { en: 'other values', zh: '数值不同', style: 'warning' },
  shape_changed: { en: 'another shape', zh: '形状不同', style: 'warning' },
  dtype_changed: { en: 'the same values in another dtype, up to its rounding', zh: '数值相同，只有精度及其舍入不同', style: 'info' },
  added: { en: 'only in B', zh: '只在 B 中', style: 'warning' },
  removed: { en: 'only in A', zh: '只在 A 中', style: 'warning' },
  same: { en: 'equal values', zh: '数值相等', style: 'good' },
};

/** The report. */
export function renderDiff(body: DiffBody, screen: Screen): string[] {
  const { language } = screen;
  return blocks(
    wrap(diffSentence(body, screen), screen.columns).map((line) => paint(screen, body.summary.same === body.tensors.length ? 'good' : 'strong', line)),
    table(screen, [{ title: TEXTS.status[language] }, { title: TEXTS.tensors[language], align: 'right' }, { title: word(language, 'meaning'), cut: 'end' }],
      (Object.keys(STATUSES) as DiffStatus[]).filter((status) => body.summary[status] > 0).map((status) => [
        { text: status, style: STATUSES[status].style }, formatCount(body.summary[status]), STATUSES[status][language] + (status === 'dtype_changed' ? dtypes(body, screen) : ''),
      ])),
    differences(body, screen),
  );
}

/** The one sentence, for `--quiet` too. */
export function diffSentence({ summary, tensors }: DiffBody, { language }: Screen): string {
  const all = formatCount(tensors.length), differ = tensors.length - summary.same;
  const say = (text: Text, values: Record<string, string | number>) => fill(text[language], values, language);
  if (differ === 0) return say(TEXTS.same, { all });
  if (differ === summary.dtype_changed) return say(TEXTS.dtype, { n: formatCount(differ), all });
  if (differ === summary.dtype_changed + tensors.filter((one) => one.rounding_only).length) return say(TEXTS.rounding, { n: formatCount(differ), all });
  const sentence = say(TEXTS.differ, { n: formatCount(differ), all }), rank = commonRank(tensors);
  return rank === undefined ? sentence : `${sentence}${language === 'zh' ? '' : ' '}${say(TEXTS.lowRank, { rank })}`;
}

/** `: BF16 → F32`, every pair once. */
function dtypes({ tensors }: DiffBody, { language }: Screen): string {
  const pairs = new Set(tensors.filter(({ status }) => status === 'dtype_changed').map(({ dtype_a: a, dtype_b: b }) => `${a} → ${b}`));
  return `${language === 'zh' ? '：' : ': '}${[...pairs].join(language === 'zh' ? '、' : ', ')}`;
}

/** Relative to the weights, no training changes so little: a hundred roundings of float32. */
const TRACES = 1e-5;

/** The largest rank of the changes, when all matrices have one that an adapter could have. */
export function commonRank(tensors: readonly DiffedTensor[]): number | undefined {
  const ranked = tensors.filter(({ status, effective_rank }) => status === 'changed' && effective_rank !== undefined);
  // Sums in another order leave traces of some rank too.
  if (ranked.every((one) => (one.relative_norm ?? Infinity) < TRACES)) return undefined;
  if (ranked.length === 0 || ranked.some((one) => one.effective_rank_is_at_least)) return undefined;
  const rank = ranked.reduce((most, one) => Math.max(most, one.effective_rank!), 0);
  // A matrix of few rows or columns has a low rank whatever happened to it: the factors of an adapter, a small head.
  const telling = ranked.filter((one) => (one.full_rank ?? 0) >= 2 * rank).length;
  return rank > 0 && 2 * telling >= ranked.length ? rank : undefined;
}

function differences({ tensors }: DiffBody, screen: Screen): string[] {
  const { language } = screen;
  // What is only stored in another dtype is told in one line above.
  const differing = tensors.filter(({ status, differing: n }) => status !== 'same' && (screen.all || status !== 'dtype_changed' || n > 0));
  const size = (one: DiffedTensor) => (one.status === 'changed' ? one.relative_norm ?? Infinity : one.status === 'dtype_changed' ? -1 : Infinity);
  const rankOf = (one: DiffedTensor) => (one.changed_rows !== undefined && one.status !== 'dtype_changed' ? fill(TEXTS.rows[language], { n: formatCount(one.changed_rows) }, language)
    : one.effective_rank === undefined ? '' : `${one.effective_rank_is_at_least ? '≥' : ''}${one.effective_rank}`);
  // Of tensors in one row the numbers are those of the one that changed most.
  const folds = (screen.all ? differing.map((one) => ({ name: one.name, entries: [one] })) : foldByName(differing, (one) => one.name, (one) => `${one.status}${one.note === undefined ? '' : ' noted'}`))
    .map(({ name, entries }) => ({ name, entries, most: entries.reduce((a, b) => (size(b) > size(a) ? b : a)), ranks: rankRange(entries) }))
    .sort((a, b) => size(b.most) - size(a.most));
  const { shown, rest } = limited(folds, screen);
  const rows = shown.flatMap(({ name, entries, most, ranks }): Row[] => [
    [
      { text: printable(name), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, { text: most.status, style: STATUSES[most.status].style },
      most.max_abs === null ? '' : formatNumber(most.max_abs, 3), most.relative_norm === null || most.max_abs === null ? '' : formatNumber(most.relative_norm, 3),
      most.max_abs === null ? '' : formatShare(most.differing, most.elements), entries.length === 1 ? rankOf(most) : ranks ?? rankOf(most),
    ],
    ...remarks(most, screen).map((text): Row => ({ span: [{ text: `  ${text}`, style: 'faint' }] })),
  ]);
  return [...table(screen, [
    { title: word(language, 'tensor'), cut: 'middle' }, { align: 'right' }, { title: TEXTS.status[language] }, { title: TEXTS.maxAbs[language], align: 'right' },
    { title: TEXTS.relative[language], align: 'right' }, { title: TEXTS.differing[language], align: 'right' }, { title: TEXTS.rank[language], align: 'right' },
  ], rows), ...rest];
}

/** `8`, `3–8`, `≥64`; undefined when there is none. */
function rankRange(entries: readonly DiffedTensor[]): string | undefined {
  const ranks = entries.flatMap((one) => one.effective_rank ?? []);
  if (ranks.length === 0) return undefined;
  const low = Math.min(...ranks), high = Math.max(...ranks), least = entries.some((one) => one.effective_rank_is_at_least);
  return low === high ? `${least ? '≥' : ''}${low}` : `${low}–${least ? '≥' : ''}${high}`;
}

function remarks(one: DiffedTensor, { language }: Screen): string[] {
  const say = (text: Text, values: Record<string, string | number>) => fill(text[language], values, language);
  const sides = (a: string | undefined, b: string | undefined) => (a === undefined || b === undefined ? [] : [say(TEXTS.shapes, { a, b })]);
  return [
    ...(one.dtype_a === undefined || one.dtype_b === undefined ? [] : [`${one.dtype_a} → ${one.dtype_b}`]), ...sides(one.shape_a && shapeText(one.shape_a), one.shape_b && shapeText(one.shape_b)),
    ...(one.note === undefined ? [] : [printable(inLanguage(language, one.note))]),
    ...(one.rounding_only ? [TEXTS.roundingOnly[language]] : []),
    ...(one.not_finite === undefined ? [] : [say(TEXTS.notFinite, { n: formatCount(one.not_finite) })]),
  ];
}
