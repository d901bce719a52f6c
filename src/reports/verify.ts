/**
 * @module
 * `temper verify` for people: the answer first, then the counts behind it, then the tensors that are wrong.
 */
import { fill, printable, type Text } from '../findings/index.ts';
import type { TensorVerdict, VerifiedTensor, VerifyBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { formatCount, formatNumber, formatShare } from './numbers.ts';
import { blocks, limited } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { survivalLines } from './survival.ts';
import { table } from './table.ts';
import { MERGE_VERDICTS, TENSOR_VERDICTS } from './verdicts.ts';
import { pad } from './width.ts';
import { counted, word } from './words.ts';
import { wrap } from './wrap.ts';

const TEXTS = {
  wrong: { en: 'Tensors that are not right', zh: '不正确的张量' },
  ulp: { en: 'Largest difference per tensor, in steps of the dtype (ulp)', zh: '每个张量的最大差异，以该精度的步长（ulp）计' },
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
    [...wrap(sentence, screen.columns).map((line) => paint(screen, verdict.good ? 'good' : 'error', line))],
    verdictTable(body, screen),
    wrongTensors(body, screen),
    ulpHistogram(body, screen),
    survivalLines(body.survival, screen),
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
    { text: one, style: TENSOR_VERDICTS[one].good ? 'good' as const : 'error' as const }, formatCount(body.counts[one]!), TENSOR_VERDICTS[one][language],
  ]);
  return table(screen, [{ title: word(language, 'verdict') }, { title: TEXTS.tensors[language], align: 'right' }, { title: word(language, 'meaning'), cut: 'end' }], rows);
}

/** Wrong ones, those with the largest share of differing elements first; alike ones of several layers in one row. */
function wrongTensors(body: VerifyBody, screen: Screen): string[] {
  const { language } = screen;
  const wrong = body.tensors.filter((one) => !TENSOR_VERDICTS[one.verdict].good || one.verdict === 'extra');
  const share = (one: VerifiedTensor) => (one.elements ? (one.differing ?? 0) / one.elements : 1);
  wrong.sort((a, b) => share(b) - share(a));
  const alike = (one: VerifiedTensor) => JSON.stringify([one.verdict, one.scale === undefined ? '' : one.scale.toPrecision(2), one.note]);
  const folds = screen.all ? wrong.map((one) => ({ name: one.name, entries: [one] })) : foldByName(wrong, (one) => one.name, alike);
  const { shown, rest } = limited(folds, screen, 20);
  const noted = wrong.some((one) => one.note !== undefined);
  const scaled = wrong.some((one) => one.scale !== undefined);
  const lines = table(screen, [
    { title: word(language, 'tensor'), cut: 'middle' }, { align: 'right' }, { title: word(language, 'verdict') }, { title: word(language, 'differing'), align: 'right' },
    ...(scaled ? [{ title: 'k', align: 'right' as const }] : []), ...(noted ? [{ title: word(language, 'note'), cut: 'end' as const }] : []),
  ], shown.map(({ name, entries }) => {
    const first = entries[0]!;
    return [
      { text: printable(name), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, first.verdict,
      first.elements === undefined ? '' : formatShare(first.differing ?? 0, first.elements),
      ...(scaled ? [first.scale === undefined ? '' : formatNumber(first.scale, 3)] : []),
      ...(noted ? [first.note === undefined ? '' : printable(inLanguage(language, first.note))] : []),
    ];
  }), '  ');
  return lines.length === 0 ? [] : [paint(screen, 'strong', TEXTS.wrong[language]), ...lines, ...rest.map((line) => `  ${line}`)];
}

/** How far the rounded ones are off, as bars; only when some are off at all. */
function ulpHistogram(body: VerifyBody, screen: Screen): string[] {
  const { language } = screen;
  const buckets = new Map<number, number>();
  for (const one of body.tensors) {
    if (one.verdict !== 'rounding' && one.verdict !== 'exact') continue;
    const ulp = Number(one.max_ulp ?? 0);
    const bucket = ulp < 1 ? 0 : 1 + Math.floor(Math.log2(ulp));
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  if (![...buckets.keys()].some((bucket) => bucket > 0)) return [];
  const most = Math.max(...buckets.values());
  const label = (bucket: number) => (bucket <= 1 ? String(bucket)
    : fill(TEXTS.between[language], { low: 2 ** (bucket - 1), high: 2 ** bucket - 1 }, language));
  const rows = [...buckets].sort(([a], [b]) => a - b);
  const width = Math.max(...rows.map(([bucket]) => label(bucket).length));
  return [paint(screen, 'strong', TEXTS.ulp[language]), ...rows.map(([bucket, n]) =>
    `  ${pad(label(bucket), width + 2, 'right')}  ${'█'.repeat(Math.max(1, Math.round((30 * n) / most)))} ${counted(language, 'tensor', n)}`)];
}
