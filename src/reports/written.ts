/**
 * @module
 * `temper convert` and `temper merge` for people: what was written, from what, and what to run next.
 */
import { fill, printable, type Text } from '../findings/index.ts';
import type { WrittenBody } from './documents.ts';
import { formatBytes, formatDuration } from './numbers.ts';
import { blocks, limited } from './parts.ts';
import { droppedTable, tensorLine } from './outcome.ts';
import { renderPlan } from './plan.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { sizeLines } from './sizes.ts';
import { survivalLines } from './survival.ts';
import { table, type Cell } from './table.ts';
import { counted, word } from './words.ts';
import { hanging } from './wrap.ts';

const TEXTS = {
  took: { en: '{size} in {time}, {rate}', zh: '{size}，用时 {time}，{rate}' },
  title: { en: 'Written to {output}', zh: '已写入 {output}' },
  part: {
    en: 'This was a part of the work. When all parts are done, complete the directory: the same command with --finish instead of --part.',
    zh: '这只是其中一部分。全部完成后，用同一命令以 --finish 代替 --part 将目录收尾。',
  },
  why: { en: 'Where it comes from', zh: '来源' },
  again: { en: 'read again: every tensor equals that of the input, byte for byte', zh: '已重新读取：每个张量都与输入逐字节相同' },
  againComputed: { en: 'read again: every tensor equals that of the input, rounded to the new dtype', zh: '已重新读取：每个张量都等于输入舍入到新精度后的值' },
} as const satisfies Record<string, Text>;

/** The report of a run, or of its plan with `--dry-run`. `seconds`: how long it took. */
export function renderWritten(body: WrittenBody, screen: Screen, seconds?: number): string[] {
  if (body.plan !== undefined) return renderPlan(body.plan, body, screen);
  const { language } = screen;
  return blocks(
    [paint(screen, 'strong', TEXTS.title[language].replace('{output}', () => printable(body.output))) + took(body, seconds, screen), hanging('  ', tensorLine(body, screen), screen.columns), ...readAgain(body, screen)],
    writtenTable(body, screen),
    body.complete === false ? [hanging('', TEXTS.part[language], screen.columns)] : [],
    droppedTable(body, screen),
    sizeLines(body.size, screen),
    survivalLines(body.survival, screen),
  );
}

/** `  16.1 GB in 25 s, 642 MB/s`; nothing of runs shorter than a second. */
function took(body: WrittenBody, seconds: number | undefined, screen: Screen): string {
  const bytes = body.files.reduce((sum, file) => sum + file.bytes, 0);
  if (seconds === undefined || seconds < 1 || bytes === 0) return '';
  const text = fill(TEXTS.took[screen.language], { size: formatBytes(bytes), time: formatDuration(seconds, screen.language), rate: `${formatBytes(bytes / seconds)}/s` }, screen.language);
  return `  ${paint(screen, 'faint', text)}`;
}

/** Of a conversion: that it was read again. */
function readAgain(body: WrittenBody, screen: Screen): string[] {
  if (body.verified?.verdict !== 'equal') return [];
  return [`  ${TEXTS[body.tensors.computed > 0 ? 'againComputed' : 'again'][screen.language]}`];
}

/** The output's path, for `--quiet`. */
export function writtenInOneLine(body: WrittenBody): string {
  return printable(body.output);
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
