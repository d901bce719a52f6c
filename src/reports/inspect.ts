/**
 * @module
 * `temper inspect` for people: what the thing is, in a few lines, then its files, then what to do with it.
 */
import { printable, type Text } from '../findings/index.ts';
import type { InspectBody, InspectedAdapter, InspectedFile, InspectedTensor, TensorSummary } from './documents.ts';
import { foldByName } from './fold.ts';
import { formatBytes, formatParameters } from './numbers.ts';
import { blocks, facts, limited, nextSteps, shapeText } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { table, type Cell } from './table.ts';
import { counted, joined, word } from './words.ts';

const TEXTS = {
  noWeights: { en: 'none that a loader would take', zh: '没有加载器会读取的权重' },
  on: { en: 'for {base}', zh: '基座为 {base}' },
  nothing: { en: 'nothing', zh: '无' },
  unknown: { en: 'nothing that Temper knows', zh: 'Temper 无法识别' },
} as const satisfies Record<string, Text>;

/** The report; `path` is what the user asked about. */
export function renderInspect(body: InspectBody, path: string, screen: Screen): string[] {
  return blocks(
    [paint(screen, 'strong', printable(path)), ...facts(screen, overview(body, screen))],
    folderTable(body, screen),
    fileTable(body.files, screen),
    tensorTable(body.tensors, screen),
    nextSteps(screen, body.next),
  );
}

/** The shortest answer, for `--quiet`: the kinds. */
export function inspectInOneLine(body: InspectBody): string {
  return (body.kinds.length > 0 ? body.kinds : [body.format ?? '?']).join(' ');
}

function overview(body: InspectBody, screen: Screen): (readonly [string, string])[] {
  const { language } = screen;
  const say = (text: Text) => text[language];
  const lines: (readonly [string, string])[] = [];
  if (body.format !== undefined) lines.push([word(language, 'format'), printable(body.format)]);
  if (body.format === undefined || body.kinds.length > 0) {
    lines.push([word(language, 'kind'), body.kinds.length > 0 ? joined(language, body.kinds.map(printable)) : say(TEXTS.unknown)]);
  }
  const { producer } = body;
  if (producer) {
    const name = [producer.system, producer.version].filter(Boolean).join(' ');
    const why = inLanguage(language, producer.why);
    lines.push([word(language, 'madeBy'), printable(why === '' ? name : `${name} (${why})`)]);
  }
  const own = body.effective_weights['.'];
  const sums = body.summary === undefined ? '' : summaryText(body.summary, screen);
  if (own !== undefined) lines.push([word(language, 'weights'), own.length === 0 ? say(TEXTS.noWeights) : [filesText(own), sums].filter(Boolean).join('  ')]);
  else if (sums !== '') lines.push([word(language, 'weights'), sums]);
  for (const adapter of body.adapters) lines.push([word(language, 'adapter'), adapterText(adapter, screen)]);
  return lines;
}

function summaryText(summary: TensorSummary, screen: Screen): string {
  const { language } = screen;
  const dtypes = Object.entries(summary.dtypes).sort(([, a], [, b]) => b.bytes - a.bytes).map(([dtype]) => dtype).join(' · ');
  return joined(language, [
    counted(language, 'tensor', summary.tensors),
    counted(language, 'parameter', summary.parameters, formatParameters(summary.parameters)),
    formatBytes(summary.bytes), dtypes,
  ]);
}

/** The first file and how many follow: an index is followed by its shards. */
function filesText(paths: readonly string[]): string {
  const [first, ...others] = paths;
  return printable(first!) + (others.length > 0 ? ` +${others.length}` : '');
}

function adapterText(adapter: InspectedAdapter, screen: Screen): string {
  const { language } = screen;
  const parts = [printable(adapter.peft_type)];
  if (typeof adapter.r === 'number') parts.push(`r ${adapter.r}`);
  if (typeof adapter.lora_alpha === 'number') parts.push(`lora_alpha ${adapter.lora_alpha}`);
  const base = adapter.base_model_name_or_path;
  if (typeof base === 'string' && base !== '') parts.push(TEXTS.on[language].replace('{base}', () => printable(base)));
  const place = adapter.path === '.' ? '' : `${printable(adapter.path)}: `;
  return place + joined(language, parts);
}

function folderTable(body: InspectBody, screen: Screen): string[] {
  const { language } = screen;
  const inside = Object.entries(body.directories).filter(([path]) => path !== '.' && path !== '');
  const { shown, rest } = limited(inside, screen);
  const lines = table(screen, [
    { title: word(language, 'folder'), cut: 'middle' }, { title: word(language, 'kind'), cut: 'end' }, { title: word(language, 'weights'), cut: 'middle' },
  ], shown.map(([path, kinds]) => {
    const weights = body.effective_weights[path];
    return [{ text: printable(path), style: 'name' }, kinds.map(printable).join(' '),
      weights === undefined ? '' : weights.length > 0 ? filesText(weights) : TEXTS.nothing[language]];
  }));
  return [...lines, ...rest];
}

function fileTable(files: readonly InspectedFile[], screen: Screen): string[] {
  const { language } = screen;
  const { shown, rest } = limited(files, screen);
  const rows = shown.map((file): Cell[] => {
    const useless = file.needed_for.length === 0 || file.needed_for.includes('nothing');
    const cell = (text: string): Cell => (useless ? { text, style: 'faint' } : text);
    return [cell(printable(file.path)), cell(printable(file.role)), cell(printable(file.format)),
      cell(useless ? TEXTS.nothing[language] : file.needed_for.map(printable).join(' ')), cell(formatBytes(file.bytes))];
  });
  if (files.length > 1) {
    const total = files.reduce((sum, file) => sum + file.bytes, 0);
    rows.push([{ text: counted(language, 'file', files.length), style: 'strong' }, '', '', '', { text: formatBytes(total), style: 'strong' }]);
  }
  const lines = table(screen, [
    { title: word(language, 'file'), cut: 'middle' }, { title: word(language, 'role'), cut: 'end' }, { title: word(language, 'format'), cut: 'end' },
    { title: word(language, 'neededFor'), cut: 'end' }, { title: word(language, 'size'), align: 'right' },
  ], rows);
  return [...lines, ...rest];
}

/** Tensors that differ only in numbers are one row, unless every row is asked for; digests need a row each. */
function tensorTable(tensors: readonly InspectedTensor[] | undefined, screen: Screen): string[] {
  if (tensors === undefined) return [];
  const { language } = screen;
  const digests = tensors.some((one) => one.sha256 !== undefined);
  const columns = [
    { title: word(language, 'tensor'), cut: 'middle' as const }, { title: word(language, 'count'), align: 'right' as const },
    { title: word(language, 'dtype') }, { title: word(language, 'shape') }, { title: word(language, 'size'), align: 'right' as const },
  ];
  if (screen.all || digests) {
    const lines = table(screen, [columns[0]!, columns[2]!, columns[3]!, columns[4]!, ...(digests ? [{ title: 'SHA-256', cut: 'end' as const }] : [])],
      tensors.map((one) => [{ text: printable(one.name), style: 'name' }, one.dtype, shapeText(one.shape), formatBytes(one.bytes), one.sha256 ?? '']));
    return lines;
  }
  const folds = foldByName(tensors, (one) => one.name, (one) => `${one.dtype} ${one.shape}`);
  const { shown, rest } = limited(folds, screen);
  return [...table(screen, columns, shown.map(({ name, entries }) => [
    { text: printable(name), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, entries[0]!.dtype, shapeText(entries[0]!.shape),
    formatBytes(entries.reduce((sum, one) => sum + one.bytes, 0)),
  ])), ...rest];
}
