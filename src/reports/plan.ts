/**
 * @module
 * `--dry-run` for people: which formula makes which tensor, with which scale and why, and what the run will cost.
 */
import { printable, type Text } from '../findings/index.ts';
import type { PlanBody, PlanTensorBody, WrittenBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { formatBytes, formatMemory, formatNumber } from './numbers.ts';
import { blocks, facts, limited, nextSteps, shapeText } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { table } from './table.ts';
import { word } from './words.ts';
import { droppedTable, tensorLine } from './written.ts';

const TEXTS = {
  title: { en: 'Plan for {output}: nothing has been written', zh: '{output} 的计划：尚未写入任何内容' },
  scale: { en: 'Scale', zh: '缩放' },
  why: { en: 'Where it comes from', zh: '来源' },
} as const satisfies Record<string, Text>;

/** The report of a plan. */
export function renderPlan(plan: PlanBody, body: WrittenBody, screen: Screen): string[] {
  const { language } = screen;
  return blocks(
    [paint(screen, 'strong', TEXTS.title[language].replace('{output}', () => printable(body.output))), `  ${tensorLine(body, screen)}`],
    planTensors(plan, screen),
    droppedTable(body, screen),
    planFiles(plan, screen),
    facts(screen, [
      [word(language, 'toRead'), formatBytes(plan.bytes_to_read)],
      [word(language, 'toWrite'), formatBytes(plan.bytes_to_write)],
      [word(language, 'disk'), formatBytes(plan.disk_bytes)],
      [word(language, 'peakMemory'), formatMemory(plan.peak_memory_bytes)],
    ]),
    nextSteps(screen, body.next),
  );
}

/** Tensors made alike are one row: same formula, scale, origin of the scale, dtype, shape. */
function planTensors(plan: PlanBody, screen: Screen): string[] {
  const { language } = screen;
  const tensors = plan.files.flatMap((file) => file.tensors ?? []);
  const same = (one: PlanTensorBody) => JSON.stringify([one.formula, one.scale, one.scale_from, one.dtype, one.shape]);
  const folds = screen.all ? tensors.map((one) => ({ name: one.name, entries: [one] })) : foldByName(tensors, (one) => one.name, same);
  const { shown, rest } = limited(folds, screen);
  const scaled = tensors.some((one) => one.scale !== undefined);
  return [...table(screen, [
    { title: word(language, 'tensor'), cut: 'middle' }, { align: 'right' }, { title: word(language, 'dtype') }, { title: word(language, 'shape') },
    { title: word(language, 'formula'), cut: 'end' }, ...(scaled ? [{ title: TEXTS.scale[language], cut: 'end' as const }] : []),
  ], shown.map(({ name, entries: [first, ...others] }) => [
    { text: printable(name), style: 'name' }, others.length === 0 ? '' : `×${others.length + 1}`, first!.dtype, shapeText(first!.shape),
    printable(first!.formula), first!.scale === undefined ? '' : scaleText(first!),
  ])), ...rest];
}

/** `2 = lora_alpha 16 / r 8` */
function scaleText(tensor: PlanTensorBody): string {
  const value = formatNumber(tensor.scale!);
  return tensor.scale_from === undefined ? value : `${value} = ${printable(tensor.scale_from)}`;
}

function planFiles(plan: PlanBody, screen: Screen): string[] {
  const { language } = screen;
  const { shown, rest } = limited(plan.files, screen);
  return [...table(screen, [
    { title: word(language, 'file'), cut: 'middle' }, { title: word(language, 'size'), align: 'right' }, { title: TEXTS.why[language], cut: 'end' },
  ], shown.map((file) => [printable(file.path), file.bytes === undefined ? '' : formatBytes(file.bytes),
    { text: file.why === undefined ? '' : printable(inLanguage(language, file.why)), style: 'faint' }])), ...rest];
}
