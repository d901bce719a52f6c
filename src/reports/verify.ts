/**
 * @module
 * `temper verify` for people: the answer first, then the counts behind it, then the tensors that are wrong.
 */
import { fill, printable, type Language, type Text } from '../findings/index.ts';
import type { TensorVerdict, VerifiedTensor, VerifyBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { formatCount, formatNumber, formatShare } from './numbers.ts';
import { blocks, limited } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { survivalLines } from './survival.ts';
import { table, type Row } from './table.ts';
import { MERGE_VERDICTS, TENSOR_VERDICTS } from './verdicts.ts';
import { counted, word } from './words.ts';
import { wrap } from './wrap.ts';

const TEXTS = {
  wrong: { en: 'Tensors to look at', zh: '需要注意的张量' },
  ulp: { en: 'How far the elements are from the exact value, in steps of the dtype (ulp)', zh: '各元素与精确值的距离，以该精度的步长（ulp）计' },
  beyond: { en: 'more than {low}', zh: '大于 {low}' },
  between: { en: '{low} to {high}', zh: '{low} 至 {high}' },
  tensors: { en: 'Tensors', zh: '张量数' },
} as const satisfies Record<string, Text>;

/** Verdicts of tensors that the adapter changes and that are right. */
const RIGHT: readonly TensorVerdict[] = ['exact', 'rounding', 'replaced', 'no-effect'];
/** Verdicts of tensors that the adapter changes. */
const TOUCHED: readonly TensorVerdict[] = [...RIGHT, 'base', 'twice', 'scaled', 'transposed', 'partial', 'other'];

/** The report. */
export function renderVerify(body: VerifyBody, screen: Screen): string[] {
  const verdict = MERGE_VERDICTS[body.verdict];
  const sentence = verdictSentence(body, screen);
  return blocks(
    wrap(sentence, screen.columns).map((line) => paint(screen, verdict.good ? 'good' : 'error', line)),
    verdictTable(body, screen),
    wrongTensors(body, screen),
    ulpHistogram(body, screen),
    // What is left of a delta that was never added, or added wrongly, is no question of rounding.
    verdict.good || body.verdict === 'altered' || body.verdict === 'no-effect' ? survivalLines(body.survival, screen) : [],
  );
}

/** The one sentence, for `--quiet` too. */
export function verdictSentence(body: VerifyBody, screen: Screen): string {
  const count = (verdicts: readonly TensorVerdict[]) => verdicts.reduce((sum, one) => sum + (body.counts[one] ?? 0), 0);
  return fill(MERGE_VERDICTS[body.verdict][screen.language], {
    touched: formatCount(count(TOUCHED)), right: formatCount(count(RIGHT)), k: factorText(body),
    changed: formatCount(count(['changed'])), missing: formatCount(count(['missing'])),
  }, screen.language);
}

/** The factor of the scaled tensors: one number when they agree within a percent, else the range. */
function factorText(body: VerifyBody): string {
  const factors = body.tensors.flatMap((one) => (one.verdict === 'scaled' && one.scale !== undefined ? [one.scale] : [])).sort((a, b) => a - b);
  if (factors.length === 0) return '?';
  const low = factors[0]!, high = factors.at(-1)!, middle = factors[factors.length >> 1]!;
  return high - low <= 0.01 * Math.abs(middle) ? formatNumber(middle, 3) : `${formatNumber(low, 3)}…${formatNumber(high, 3)}`;
}

function verdictTable(body: VerifyBody, screen: Screen): string[] {
  const { language } = screen;
  const rows = (Object.keys(TENSOR_VERDICTS) as TensorVerdict[]).filter((one) => (body.counts[one] ?? 0) > 0).map((one) => [
    { text: one, style: TENSOR_VERDICTS[one].good ? 'good' as const : 'error' as const }, formatCount(body.counts[one]!), TENSOR_VERDICTS[one][language] + (one === 'rounding' ? roundingNames(body, language) : ''),
  ]);
  return table(screen, [{ title: word(language, 'verdict') }, { title: TEXTS.tensors[language], align: 'right' }, { title: word(language, 'meaning'), cut: 'end' }], rows);
}

/** The known roundings that were found, in brackets: `(peft-safe)`. */
function roundingNames(body: VerifyBody, language: Language): string {
  const names = new Set(body.tensors.flatMap((one) => (one.verdict === 'rounding' && one.note !== undefined ? [printable(inLanguage(language, one.note))] : [])));
  return names.size === 0 || names.size > 2 ? '' : language === 'zh' ? `（${[...names].join('；')}）` : ` (${[...names].join('; ')})`;
}

/** Wrong ones, those with the largest share of differing elements first; alike ones of several layers in one row. */
function wrongTensors(body: VerifyBody, screen: Screen): string[] {
  const { language } = screen;
  const wrong = body.tensors.filter((one) => !TENSOR_VERDICTS[one.verdict].good || one.verdict === 'extra');
  const share = (one: VerifiedTensor) => (one.verdict === 'extra' ? -1 : one.elements ? (one.differing ?? 0) / one.elements : 1);
  wrong.sort((a, b) => share(b) - share(a));
  const alike = (one: VerifiedTensor) => JSON.stringify([one.verdict, one.scale === undefined ? '' : one.scale.toPrecision(2), one.note]);
  const folds = screen.all ? wrong.map((one) => ({ name: one.name, entries: [one] })) : foldByName(wrong, (one) => one.name, alike);
  const { shown, rest } = limited(folds, screen, 20);
  const scaled = wrong.some((one) => one.scale !== undefined);
  const rows = shown.flatMap(({ name, entries }): Row[] => {
    const first = entries[0]!;
    const row = [
      { text: printable(name), style: 'name' as const }, entries.length === 1 ? '' : `×${entries.length}`, first.verdict,
      first.elements === undefined ? '' : formatShare(first.differing ?? 0, first.elements),
      ...(scaled ? [first.scale === undefined ? '' : formatNumber(first.scale, 3)] : []),
    ];
    return first.note === undefined ? [row] : [row, { span: [{ text: `  ${printable(inLanguage(language, first.note))}`, style: 'faint' }] }];
  });
  const lines = table(screen, [
    { title: word(language, 'tensor'), cut: 'middle' }, { align: 'right' }, { title: word(language, 'verdict') }, { title: word(language, 'differing'), align: 'right' },
    ...(scaled ? [{ title: 'k', align: 'right' as const }] : []),
  ], rows, '  ');
  return lines.length === 0 ? [] : [paint(screen, 'strong', TEXTS.wrong[language]), ...lines, ...rest.map((line) => `  ${line}`)];
}

/** Distances beyond this bucket (64 steps) are one line: between numbers near zero the steps are countless and mean nothing. */
const LAST_BUCKET = 7;
/** Longest bar, and what the rest of its line takes. */
const BAR_COLUMNS = 30, BESIDE_BAR = 50;

/** How far the elements of right tensors are from the exact value, as bars; only when some are off at all. */
function ulpHistogram(body: VerifyBody, screen: Screen): string[] {
  const { language } = screen;
  const buckets: number[] = [];
  for (const { verdict, histogram } of body.tensors) {
    if (verdict !== 'rounding' && verdict !== 'exact') continue;
    for (const [i, n] of (histogram?.counts ?? []).entries()) {
      const bucket = Math.min(i, LAST_BUCKET + 1);
      buckets[bucket] = (buckets[bucket] ?? 0) + n;
    }
  }
  if (!buckets.some((n, bucket) => bucket > 0 && n > 0)) return [];
  const all = buckets.reduce((sum, n) => sum + (n ?? 0), 0);
  const longest = Math.max(8, Math.min(BAR_COLUMNS, screen.columns - BESIDE_BAR));
  const bar = (n: number) => '█'.repeat(Math.round((longest * n) / all)) || '▏';
  const rows = buckets.map((n, bucket) => [bucketLabel(bucket, language), bar(n), formatShare(n, all), counted(language, 'element', n)]);
  return [
    ...wrap(TEXTS.ulp[language], screen.columns).map((line) => paint(screen, 'strong', line)),
    ...table(screen, [{ align: 'right' }, {}, { align: 'right' }, { align: 'right' }], rows.filter((_, bucket) => (buckets[bucket] ?? 0) > 0), '  '),
  ];
}

/** `0`, `1`, `2`, `3 to 4`, `more than 64` */
function bucketLabel(bucket: number, language: Language): string {
  if (bucket <= 2) return String(bucket);
  const high = 2 ** (bucket - 1), low = high / 2 + 1;
  return bucket > LAST_BUCKET ? fill(TEXTS.beyond[language], { low: low - 1 }, language) : fill(TEXTS.between[language], { low, high }, language);
}
