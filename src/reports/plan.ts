/**
 * @module
 * `--dry-run` for people: which formula makes which tensor, with which scale and why, and what the run will cost.
 */
import { printable, type Text } from '../findings/index.ts';
import type { PlanBody, PlanTensorBody, WrittenBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { group } from './group.ts';
import { formatBytes, formatMemory, formatNumber } from './numbers.ts';
import { droppedTable, tensorLine } from './outcome.ts';
import { blocks, facts, limited, shapeText } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { sizeLines } from './sizes.ts';
import { table, type Cell, type Row } from './table.ts';
import { word } from './words.ts';
import { hanging } from './wrap.ts';

const TEXTS = {
  title: { en: 'Plan for {output}: nothing has been written', zh: '{output} 的计划：尚未写入任何内容' },
  why: { en: 'Where it comes from', zh: '来源' },
} as const satisfies Record<string, Text>;

/** The report of a plan. */
export function renderPlan(plan: PlanBody, body: WrittenBody, screen: Screen): string[] {
  const { language } = screen;
  return blocks(
    [paint(screen, 'strong', TEXTS.title[language].replace('{output}', () => printable(body.output))), hanging('  ', tensorLine(body, screen), screen.columns)],
    planTensors(plan, screen),
    droppedTable(body, screen),
    sizeLines(body.size, screen),
    planFiles(plan, screen),
    facts(screen, [
      [word(language, 'toRead'), formatBytes(plan.bytes_to_read)],
      [word(language, 'toWrite'), formatBytes(plan.bytes_to_write)],
      [word(language, 'disk'), formatBytes(plan.disk_bytes)],
      [word(language, 'peakMemory'), formatMemory(plan.peak_memory_bytes)],
    ]),
  );
}

/** Tensors under the formula that makes them, and under it once per layer kind: a model is a few formulas and many layers. */
function planTensors(plan: PlanBody, screen: Screen): string[] {
  const { language } = screen;
  const tensors = plan.files.flatMap((file) => file.tensors ?? []);
  const rows: Row[] = [];
  let hidden = 0;
  const formulas = [...group(tensors, (one) => JSON.stringify([one.formula, one.scale, one.scale_from])).values()];
  for (const alike of formulas.sort((a, b) => rankOf(a[0]!) - rankOf(b[0]!))) {
    rows.push({ span: formulaCells(alike[0]!) });
    const folds = screen.all ? alike.map((one) => ({ name: one.name, entries: [one] })) : foldByName(alike, (one) => one.name, (one) => `${one.dtype} ${one.shape}`);
    const { shown } = limited(folds, screen, FORMULA_ROWS);
    hidden += folds.length - shown.length;
    for (const { name, entries } of shown) {
      const first = entries[0]!, why = first.why === undefined ? '' : printable(inLanguage(language, first.why));
      rows.push([{ text: `  ${printable(name)}`, style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, first.dtype, shapeText(first.shape), { text: why, style: 'faint' }]);
    }
  }
  return [...table(screen, [{ cut: 'middle' }, { align: 'right' }, {}, {}, { cut: 'end' }], rows, '  '), ...(hidden === 0 ? [] : [`  ${paint(screen, 'faint', word(language, 'moreAll').replace('{n}', String(hidden)))}`]), ...legend(tensors, screen)];
}

/** What the adapter changes first, what is only carried over last. */
const rankOf = (tensor: PlanTensorBody) => (tensor.scale !== undefined ? 0 : tensor.formula === 'W' ? 2 : 1);

/** Rows under one formula before the rest is counted. */
const FORMULA_ROWS = 24;

/** `W + 2·B·A  2 = lora_alpha 16 / r 8` */
function formulaCells(tensor: PlanTensorBody): Cell[] {
  const formula: Cell = { text: printable(tensor.formula), style: 'strong' };
  return tensor.scale === undefined || tensor.scale_from === undefined ? [formula]
    : [formula, { text: `${formatNumber(tensor.scale)} = ${printable(tensor.scale_from)}`, style: 'faint' }];
}

/** What the letters of the formulas stand for; only those that occur. */
const LETTERS: readonly (readonly [pattern: RegExp, text: Text])[] = [
  [/(?<![\p{L}.])W(?![\p{L}.])/u, { en: 'W weight of the base', zh: 'W 基座的权重' }],
  [/(?<![\p{L}.])[BA](?![\p{L}.])/u, { en: 'A, B factors of the adapter', zh: 'A、B 适配器的因子' }],
  [/(?<![\p{L}.])T(?![\p{L}.])/u, { en: 'T full tensor of the adapter', zh: 'T 适配器的完整张量' }],
  [/(?<![\p{L}.])b(?![\p{L}.])/u, { en: 'b bias of the base', zh: 'b 基座的偏置' }],
  [/(?<![\p{L}.])m(?![\p{L}.])/u, { en: 'm magnitude of the adapter', zh: 'm 适配器的幅值' }],
];

function legend(tensors: readonly PlanTensorBody[], screen: Screen): string[] {
  const known = LETTERS.filter(([pattern]) => tensors.some((one) => pattern.test(one.formula))).map(([, text]) => text[screen.language]);
  return known.length === 0 ? [] : [hanging('  ', known.join(screen.language === 'zh' ? '；' : '; '), screen.columns).split('\n').map((line) => paint(screen, 'faint', line)).join('\n')];
}

function planFiles(plan: PlanBody, screen: Screen): string[] {
  const { language } = screen;
  const { shown, rest } = limited(plan.files, screen);
  return [...table(screen, [
    { title: word(language, 'file'), cut: 'middle' }, { title: word(language, 'size'), align: 'right' }, { title: TEXTS.why[language], cut: 'end' },
  ], shown.map((file) => [printable(file.path), file.bytes === undefined ? '' : formatBytes(file.bytes),
    { text: file.why === undefined ? '' : printable(inLanguage(language, file.why)), style: 'faint' }])), ...rest];
}
