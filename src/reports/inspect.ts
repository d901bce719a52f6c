/**
 * @module
 * `temper inspect` for people: what the thing is, in a few lines, then its files, then what to do with it.
 */
import { printable, type Text } from '../findings/index.ts';
import type { InspectBody, InspectedAdapter, InspectedFile, InspectedTensor, SizeNote, TensorSummary } from './documents.ts';
import { foldByName } from './fold.ts';
import { group } from './group.ts';
import { formatBytes, formatNumber, formatParameters } from './numbers.ts';
import { blocks, facts, limited, ROWS_SHOWN, shapeText } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { table, type Cell, type Row } from './table.ts';
import { truncate } from './width.ts';
import { counted, joined, word, type Word } from './words.ts';
import { hanging } from './wrap.ts';

const TEXTS = {
  noWeights: { en: 'no usable weights', zh: '没有可用的权重' },
  on: { en: 'trained on {base}', zh: '训练自基座 {base}' },
  adapters: { en: 'Adapter', zh: '适配器' },
  method: { en: 'Method', zh: '方法' },
  trainedOn: { en: 'Trained on', zh: '训练时的基座' },
  noBase: { en: 'not said', zh: '未注明' },
  nothing: { en: 'nothing', zh: '无' },
  unknown: { en: 'nothing that Temper knows', zh: 'Temper 无法识别' },
  isResult: { en: '{path}: {what}', zh: '{path}：{what}' },
  here: { en: 'this folder', zh: '本目录' },
  loaded: { en: '→ what a loader reads', zh: '→ 加载器实际读取的文件' },
  foldersMore: { en: 'and {n} more folders (--all lists them)', zh: '另有 {n} 个目录（--all 可全部列出）' },
  sizes: { en: 'Sizes', zh: '大小从何而来' },
  product: { en: '{size} = {n} × {each} B: ', zh: '{size} = {n} × {each} B：' },
  frozen: { en: '{n} of them frozen', zh: '其中 {n} 个被冻结' },
  step: { en: 'step {step}', zh: '第 {step} 步' },
  stepOf: { en: 'step {step} of {of}', zh: '第 {step} 步，共 {of} 步' },
  epoch: { en: 'epoch {epoch}', zh: '第 {epoch} 轮' },
  loss: { en: 'last loss {loss}', zh: '最后的损失 {loss}' },
  ofWhich: { en: '{size}, of which', zh: '{size}，其中' },
  toResume: { en: '{size} only to go on training', zh: '{size} 仅用于继续训练' },
  toNothing: { en: '{size} for nothing', zh: '{size} 无用途' },
  parameters: { en: 'Parameters', zh: '参数量' },
} as const satisfies Record<string, Text>;

/** The report; `path` is what the user asked about. */
export function renderInspect(body: InspectBody, path: string, screen: Screen): string[] {
  return blocks(
    [paint(screen, 'strong', printable(path)), ...facts(screen, overview(body, screen))],
    adapterTable(body.adapters, screen),
    fileTable(body, screen),
    sizeLines(body.sizes, screen),
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
  const { producer, result } = body;
  if (producer) {
    for (const [i, part] of (producer.parts ?? [producer]).entries()) {
      const name = [part.system, part.version].filter(Boolean).join(' '), why = inLanguage(language, part.why);
      lines.push([i === 0 ? word(language, 'madeBy') : '', printable(why === '' ? name : language === 'zh' ? `${name}（${why}）` : `${name} (${why})`)]);
    }
  }
  if (result) {
    const path = result.path === '.' ? say(TEXTS.here) : result.path;
    lines.push([word(language, 'result'), printable(say(TEXTS.isResult).replace('{path}', () => path).replace('{what}', () => inLanguage(language, result.why)))]);
  }
  const own = body.effective_weights['.'];
  const sums = body.summary === undefined ? '' : summaryText(body.summary, screen);
  // Weights that lie in a folder below are not missing here.
  if (own !== undefined && (own.length > 0 || result?.path === '.' || !result)) lines.push([word(language, 'weights'), own.length === 0 ? say(TEXTS.noWeights) : [filesText(own), sums].filter(Boolean).join('  ')]);
  else if (sums !== '') lines.push([word(language, 'weights'), sums]);
  lines.push([word(language, 'training'), progressText(body, screen)], [word(language, 'startedWith'), argumentsText(body)], [word(language, 'space'), spaceText(body.files, screen)]);
  if (body.adapters.length === 1) lines.push([word(language, 'adapter'), adapterText(body.adapters[0]!, screen)]);
  return lines;
}

/** How far a run came: `step 3 of 10, epoch 0.24, last loss 5.8`. */
function progressText({ training }: InspectBody, { language }: Screen): string {
  const progress = training?.progress;
  if (progress === undefined) return '';
  const { step, max_steps: of, epoch, loss } = progress, fill = (text: Text, values: Record<string, string>) => text[language].replace(/\{(\w+)\}/g, (_, name: string) => values[name]!);
  return joined(language, [
    of === undefined || of <= 0 ? fill(TEXTS.step, { step: String(step) }) : fill(TEXTS.stepOf, { step: String(step), of: String(of) }),
    epoch === undefined ? '' : fill(TEXTS.epoch, { epoch: formatNumber(epoch, 3) }), loss === undefined ? '' : fill(TEXTS.loss, { loss: typeof loss === 'number' ? formatNumber(loss, 3) : loss }),
  ]);
}

/** The class of the arguments and the values that are told. */
function argumentsText({ training }: InspectBody): string {
  const args = training?.arguments;
  if (args === undefined) return '';
  const values = Object.entries(args.values).map(([name, value]) => `${name}=${typeof value === 'number' ? formatNumber(value) : String(value)}`);
  return printable([args.class.slice(args.class.lastIndexOf('.') + 1), ...values].join(' '));
}

/** What the bytes are needed for, where some are there for nothing but going on with training. */
function spaceText(files: readonly InspectedFile[], { language }: Screen): string {
  const resume = files.filter(({ needed_for: needs }) => needs.includes('resume') && !needs.includes('inference') && !needs.includes('merge'));
  const nothing = files.filter(({ needed_for: needs }) => needs.includes('nothing'));
  if (resume.length === 0) return '';
  const part = (text: Text, some: readonly InspectedFile[]) => (some.length === 0 ? '' : text[language].replace('{size}', formatBytes(sizeOf(some))));
  const parts = joined(language, [part(TEXTS.toResume, resume), part(TEXTS.toNothing, nothing)]);
  return `${part(TEXTS.ofWhich, files)} ${parts}`;
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
  const { shown, rest } = limited(adapters, screen), isCounted = adapters.some(({ parameters }) => parameters !== undefined);
  const rows = shown.map(({ path, peft_type: type, r, lora_alpha: alpha, parameters, dtypes, base_model_name_or_path: base }): Cell[] => [
    { text: printable(path), style: 'name' }, printable(type), isNumber(r) ? String(r) : '', isNumber(alpha) ? String(alpha) : '',
    ...(isCounted ? [[parameters === undefined || parameters === 0 ? '' : formatParameters(parameters), ...dtypes ?? []].filter(Boolean).map(printable).join(' ')] : []),
    base === null || base === undefined || base === '' ? { text: TEXTS.noBase[language], style: 'faint' } : printable(base),
  ]);
  return [...table(screen, [
    { title: TEXTS.adapters[language], cut: 'middle' }, { title: TEXTS.method[language] }, { title: 'r', align: 'right' }, { title: 'lora_alpha', align: 'right' }, ...(isCounted ? [{ title: TEXTS.parameters[language] }] : []),
    { title: TEXTS.trainedOn[language], cut: 'middle' },
  ], rows), ...rest];
}

/**
 * Files under their folders; a folder's own line says what it is, and an arrow stands before what a loader reads. Large trees
 * show the files of the top and of the result, and a line for every other folder, unless everything is asked for.
 */
function fileTable(body: InspectBody, screen: Screen): string[] {
  const { language } = screen;
  const { files } = body;
  if (files.length === 0) return [];
  const open = screen.all || files.length <= ROWS_SHOWN;
  const loaded = new Set(Object.entries(body.effective_weights).flatMap(([folder, names]) => names.map((name) => (folder === '.' ? name : `${folder}/${name}`))));
  // One file alone needs no mark.
  const isMarked = files.length > 1 && loaded.size > 0, mark = (path: string) => (!isMarked ? '' : loaded.has(path) ? '→ ' : '  ');
  const rows: Row[] = [], folders = [...byFolder(files)];
  const { shown, rest } = limited(folders, screen, open ? Infinity : ROWS_SHOWN);
  for (const [folder, inside] of shown) {
    const inner = folder !== '.';
    const listed = open || !inner || folder === body.result?.path;
    if (inner) rows.push(folderRow(body, folder, inside, listed, screen));
    if (!listed) continue;
    const some = limited(inside, screen, open ? Infinity : ROWS_SHOWN);
    rows.push(...some.shown.map((file) => fileRow(file, `${inner ? '  ' : ''}${mark(file.path)}${baseName(file.path)}`, screen)), ...some.rest.map((text): Row => ({ span: [text] })));
  }
  if (rest.length > 0) rows.push({ span: [{ text: TEXTS.foldersMore[language].replace('{n}', String(folders.length - shown.length)), style: 'faint' }] });
  if (files.length > 1) {
    rows.push([{ text: counted(language, 'file', files.length), style: 'strong' }, '', '', '', { text: formatBytes(sizeOf(files)), style: 'strong' }]);
  }
  // Nothing but folders needs no headings.
  const title = (key: Word) => (rows.some((row) => !('span' in row) && row.length > 4 && row[1] !== '') ? { title: word(language, key) } : {});
  const lines = table(screen, [
    { ...title('file'), cut: 'middle' }, { ...title('role'), cut: 'end' }, { ...title('format'), cut: 'end' },
    { ...title('neededFor'), cut: 'end' }, { ...title('size'), align: 'right' },
  ], rows);
  return lines.some((line) => line.includes('→ ')) ? [...lines, paint(screen, 'faint', TEXTS.loaded[language])] : lines;
}

/** Sizes as products: `120 kB = 52K × 2 B: weights …`, under the files. Ranks of one kind are one entry. */
function sizeLines(sizes: readonly SizeNote[] = [], screen: Screen): string[] {
  const { language } = screen;
  if (sizes.length === 0) return [];
  const lines = [paint(screen, 'strong', TEXTS.sizes[language])];
  for (const { paths, bytes, parameters, bytes_each: each, frozen, what } of sizes) {
    const product = TEXTS.product[language].replace('{size}', formatBytes(bytes)).replace('{n}', formatParameters(parameters)).replace('{each}', formatNumber(each));
    const meaning = joined(language, [inLanguage(language, what), frozen === undefined ? '' : TEXTS.frozen[language].replace('{n}', formatParameters(frozen))]);
    lines.push(`  ${paint(screen, 'name', truncate(printable(together(paths)), Math.max(8, screen.columns - 2), true))}`, hanging('    ', `${product}${meaning}`, screen.columns));
  }
  return lines;
}

/** One name for files that differ in numbers only, and how many they are. */
function together(paths: readonly string[]): string {
  const [first, ...others] = paths;
  if (first === undefined || others.length === 0) return first ?? '';
  const start = first.slice(0, first.lastIndexOf('/') + 1), name = first.slice(start.length).replace(/rank_\d+_mp/, 'rank_*_mp');
  return `${start}${name} (${paths.length})`;
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
