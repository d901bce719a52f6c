/**
 * @module
 * `temper scan` for people: one sentence first, then what every file is.
 */
import { printable, type Text } from '../findings/index.ts';
import type { ScanBody } from './documents.ts';
import { blocks } from './parts.ts';
import { paint, type Screen, type Style } from './screen.ts';
import { table, type Cell } from './table.ts';
import { hanging } from './wrap.ts';

/** What every verdict means. */
const VERDICTS: Readonly<Record<ScanBody['verdict'], Text & { readonly style: Style }>> = {
  'data-only': { en: 'Only data: loading it runs nothing.', zh: '只有数据：加载时不会执行任何代码。', style: 'good' },
  'benign-framework': { en: 'Data and known objects of the framework: loading it runs nothing else.', zh: '数据和框架中的已知对象：加载时不会执行其他代码。', style: 'good' },
  finding: { en: 'It can be read, but something is not as it should be.', zh: '可以读取，但有不正常之处。', style: 'warning' },
  unknown: { en: 'It names classes or functions that are on no list: look at them before you load it.', zh: '其中提到了不在任何名单上的类或函数：加载前请先查看。', style: 'warning' },
  refuse: { en: 'It is damaged or made to be read in two ways: do not use it.', zh: '文件已损坏，或被构造成有两种读法：请勿使用。', style: 'error' },
  dangerous: { en: 'Loading it without weights_only would run code that is not the framework\'s: do not load it.', zh: '不用 weights_only 加载会执行框架之外的代码：请勿加载。', style: 'error' },
};

const TEXTS = {
  file: { en: 'File', zh: '文件' }, format: { en: 'Format', zh: '格式' }, verdict: { en: 'Verdict', zh: '判定' },
  loads: { en: 'loads', zh: '可加载' }, fails: { en: 'does not load', zh: '不可加载' },
  globals: { en: 'Classes and functions that are named', zh: '提到的类和函数' }, more: { en: 'and {count} more (--all lists them)', zh: '以及另外 {count} 个（--all 列出全部）' },
} as const satisfies Record<string, Text>;

/** Names shown without `--all`. */
const NAMES_SHOWN = 20;

/** The report. */
export function renderScan(body: ScanBody, screen: Screen): string[] {
  const { language } = screen, words = VERDICTS[body.verdict];
  const names = screen.all ? body.globals : body.globals.slice(0, NAMES_SHOWN), rest = body.globals.length - names.length;
  const columns = [{ title: TEXTS.file[language], cut: 'middle' as const }, { title: TEXTS.format[language] }, { title: TEXTS.verdict[language] }, { title: 'weights_only=True' }];
  return blocks(
    [paint(screen, words.style, words[language])],
    table(screen, columns, body.files.map((file): Cell[] => [
      printable(file.path), file.format, { text: file.verdict, style: VERDICTS[file.verdict].style },
      file.weights_only === undefined ? '' : file.weights_only.loads ? TEXTS.loads[language] : TEXTS.fails[language],
    ])),
    names.length === 0 ? [] : [TEXTS.globals[language], hanging('  ', names.map(printable).join(', '), screen.columns),
      ...(rest > 0 ? [`  ${TEXTS.more[language].replace('{count}', String(rest))}`] : [])],
  );
}

/** For `--quiet`. */
export function scanInOneLine(body: ScanBody, { language }: Screen): string {
  return `${body.verdict}: ${VERDICTS[body.verdict][language]}`;
}
