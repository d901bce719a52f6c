/**
 * @module
 * `temper inspect` for people: what the thing is, in a few lines, then its files, then what to do with it.
 */
import { printable, type Text } from '../findings/index.ts';
import type { InspectBody, InspectedAdapter, InspectedFile, InspectedTensor, TensorSummary } from './documents.ts';
import { foldByName } from './fold.ts';
import { group } from './group.ts';
import { formatBytes, formatParameters } from './numbers.ts';
import { blocks, facts, limited, ROWS_SHOWN, shapeText } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { table, type Cell, type Row } from './table.ts';
import { counted, joined, word, type Word } from './words.ts';

const TEXTS = {
  noWeights: { en: 'no usable weights', zh: '没有可用的权重' },
  on: { en: 'trained on {base}', zh: '训练自基座 {base}' },
  adapters: { en: 'Adapter', zh: '适配器' },
  method: { en: 'Method', zh: '方法' },
  trainedOn: { en: 'Trained on', zh: '训练时的基座' },
  noBase: { en: 'not said', zh: '未注明' },
  nothing: { en: 'nothing', zh: '无' },
  unknown: { en: 'nothing that Temper knows', zh: 'Temper 无法识别' },
} as const satisfies Record<string, Text>;

/** The report; `path` is what the user asked about. */
export function renderInspect(body: InspectBody, path: string, screen: Screen): string[] {
  return blocks(
    [paint(screen, 'strong', printable(path)), ...facts(screen, overview(body, screen))],
    adapterTable(body.adapters, screen),
    fileTable(body, screen),
    tensorTable(body.tensors, screen),
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
  if (body.format !== undefined) lines.push([word(language, 'content'), printable(body.format)]);
  if (body.format === undefined || body.kinds.length > 0) {
    lines.push([word(language, 'kind'), body.kinds.length > 0 ? joined(language, body.kinds.map(printable)) : say(TEXTS.unknown)]);
  }
  const { producer } = body;
  if (producer) {
    const name = [producer.system, producer.version].filter(Boolean).join(' ');
    const why = inLanguage(language, producer.why);
    lines.push([word(language, 'madeBy'), printable(why === '' ? name : language === 'zh' ? `${name}（${why}）` : `${name} (${why})`)]);
  }
  const own = body.effective_weights['.'];
  const sums = body.summary === undefined ? '' : summaryText(body.summary, screen);
  if (own !== undefined) lines.push([word(language, 'weights'), own.length === 0 ? say(TEXTS.noWeights) : [filesText(own), sums].filter(Boolean).join('  ')]);
  else if (sums !== '') lines.push([word(language, 'weights'), sums]);
  if (body.adapters.length === 1) lines.push([word(language, 'adapter'), adapterText(body.adapters[0]!, screen)]);
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
  if (isNumber(adapter.r)) parts.push(`r ${adapter.r}`);
  if (isNumber(adapter.lora_alpha)) parts.push(`lora_alpha ${adapter.lora_alpha}`);
  const base = adapter.base_model_name_or_path;
  if (typeof base === 'string' && base !== '') parts.push(TEXTS.on[language].replace('{base}', () => printable(base)));
  const place = adapter.path === '.' ? '' : `${printable(adapter.path)}: `;
  return place + joined(language, parts);
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Several adapters, a line each. */
function adapterTable(adapters: readonly InspectedAdapter[], screen: Screen): string[] {
  if (adapters.length < 2) return [];
  const { language } = screen;
  const { shown, rest } = limited(adapters, screen);
  const rows = shown.map(({ path, peft_type: type, r, lora_alpha: alpha, base_model_name_or_path: base }): Cell[] => [
    { text: printable(path), style: 'name' }, printable(type), isNumber(r) ? String(r) : '', isNumber(alpha) ? String(alpha) : '',
    base === null || base === undefined || base === '' ? { text: TEXTS.noBase[language], style: 'faint' } : printable(base),
  ]);
  return [...table(screen, [
    { title: TEXTS.adapters[language], cut: 'middle' }, { title: TEXTS.method[language] }, { title: 'r', align: 'right' }, { title: 'lora_alpha', align: 'right' },
    { title: TEXTS.trainedOn[language], cut: 'middle' },
  ], rows), ...rest];
}

/** Files under their folders; a folder's own line says what it is. Large trees show only the top, unless everything is asked for. */
function fileTable(body: InspectBody, screen: Screen): string[] {
  const { language } = screen;
  const { files } = body;
  if (files.length === 0) return [];
  const open = screen.all || files.length <= ROWS_SHOWN;
  const rows: Row[] = [];
  for (const [folder, inside] of byFolder(files)) {
    const inner = folder !== '.';
    if (inner) rows.push(folderRow(body, folder, inside, open, screen));
    if (open || !inner) rows.push(...inside.map((file) => fileRow(file, inner ? `  ${baseName(file.path)}` : file.path, screen)));
  }
  if (files.length > 1) {
    rows.push([{ text: counted(language, 'file', files.length), style: 'strong' }, '', '', '', { text: formatBytes(sizeOf(files)), style: 'strong' }]);
  }
  // Nothing but folders needs no headings.
  const title = (key: Word) => (open || files.some((file) => !file.path.includes('/')) ? { title: word(language, key) } : {});
  return table(screen, [
    { ...title('file'), cut: 'middle' }, { ...title('role'), cut: 'end' }, { ...title('format'), cut: 'end' },
    { ...title('neededFor'), cut: 'end' }, { ...title('size'), align: 'right' },
  ], rows);
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const sizeOf = (files: readonly InspectedFile[]) => files.reduce((sum, file) => sum + file.bytes, 0);

/** The files of each folder, those of the top first. */
function byFolder(files: readonly InspectedFile[]): ReadonlyMap<string, readonly InspectedFile[]> {
  const folders = new Map<string, InspectedFile[]>([['.', []]]);
  for (const file of files) {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '.';
    const inside = folders.get(folder);
    if (inside === undefined) folders.set(folder, [file]);
    else inside.push(file);
  }
  return folders;
}

function folderRow(body: InspectBody, folder: string, inside: readonly InspectedFile[], open: boolean, screen: Screen): Row {
  const { language } = screen;
  const weights = body.effective_weights[folder];
  const kinds = (body.directories[folder] ?? []).map(printable).join(' ');
  const remarks = [
    ...(weights !== undefined && weights.length === 0 ? [TEXTS.noWeights[language]] : []),
    ...(open ? [] : [counted(language, 'file', inside.length), formatBytes(sizeOf(inside))]),
  ];
  return { span: [{ text: `${printable(folder)}/`, style: 'strong' }, { text: kinds, style: 'name' }, { text: joined(language, remarks), style: 'faint' }] };
}

function fileRow(file: InspectedFile, shown: string, screen: Screen): Cell[] {
  const useless = file.needed_for.length === 0 || file.needed_for.includes('nothing');
  const purpose = useless ? TEXTS.nothing[screen.language] : file.needed_for.map(printable).join(' ');
  const cells = [printable(shown), printable(file.role), printable(file.format), purpose, formatBytes(file.bytes)];
  return useless ? cells.map((text): Cell => ({ text, style: 'faint' })) : cells;
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
  const rows: Row[] = [];
  // Everything of one stack of layers stands under the stack's name, which is long and the same in every row.
  for (const [stack, own] of group(shown, (one) => stackOf(one.name))) {
    if (stack !== '') rows.push({ span: [{ text: printable(stack), style: 'strong' }] });
    for (const { name, entries } of own) {
      const first = entries[0]!, tail = stack === '' ? name : `  ${name.slice(stack.length + 1)}`;
      rows.push([{ text: printable(tail), style: 'name' }, entries.length === 1 ? '' : `×${entries.length}`, first.dtype, shapeText(first.shape),
        formatBytes(entries.reduce((sum, one) => sum + one.bytes, 0))]);
    }
  }
  return [...table(screen, columns, rows), ...rest];
}

/** `model.layers.[0-31]` of a folded name; nothing when there is no number in it. */
const stackOf = (name: string) => /^[^[]*\[[\d,-]+\](?=\.)/.exec(name)?.[0] ?? '';
