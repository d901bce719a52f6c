/**
 * @module
 * `temper check` for people: one sentence first, then the findings, equal ones once with every place, what to do as a
 * command, and what could be put right by itself.
 */
import { fill, lookUpCode, printable, renderFinding, type Finding, type FindingDocument, type Language, type ParameterValue, type Severity, type Text } from '../findings/index.ts';
import type { CheckBody } from './documents.ts';
import { foldByName } from './fold.ts';
import { group } from './group.ts';
import { formatBytes } from './numbers.ts';
import { blocks, limited } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { counted, joined, severityWord, word } from './words.ts';
import { hanging } from './wrap.ts';

const TEXTS = {
  fine: { en: '{path} is fine: nothing stands against it{profiles}.', zh: '{path} 没有问题{profiles}。' },
  notes: { en: '{path} is fine{profiles}; {counts}.', zh: '{path} 没有问题{profiles}；{counts}。' },
  careful: { en: '{path} can be used{profiles}, but look at this first: {counts}.', zh: '{path} 可以使用{profiles}，但请先看看以下内容：{counts}。' },
  bad: { en: '{path} is not in order{profiles}: {counts}.', zh: '{path} 有问题{profiles}：{counts}。' },
  for: { en: ' for {profiles}', zh: '（用途：{profiles}）' },
  looked: { en: 'looked at {files} in {folders}, {bytes}', zh: '检查了 {folders}中的 {files}，共 {bytes}' },
  folders: { en: '{n} folders', zh: '{n} 个目录' }, folder: { en: '{n} folder', zh: '{n} 个目录' },
  known: { en: '{n} known findings are left out (--baseline)', zh: '略去基线中已知的 {n} 项（--baseline）' },
  canFix: { en: 'Can be put right by itself', zh: '可以自动修复' }, fixed: { en: 'Put right; the originals are in .temper-backup/', zh: '已修复；原文件在 .temper-backup/ 中' },
  apply: { en: 'Apply it with --fix --yes; the originals go to .temper-backup/.', zh: '加上 --fix --yes 即可执行；原文件会移到 .temper-backup/。' },
  nothingToFix: { en: 'Nothing of it can be put right without a choice of yours.', zh: '没有可以不经您选择就自动修复的内容。' },
  write: { en: 'write', zh: '改写' }, remove: { en: 'remove', zh: '移除' },
} as const satisfies Record<string, Text>;

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];

/** The one sentence, for `--quiet` too. */
export function checkSentence({ path, counts, profiles }: CheckBody, { language }: Screen): string {
  const said = joined(language, ORDER.flatMap((severity) => (counts[severity] === 0 ? [] : [counted(language, severity, counts[severity])])));
  const text = counts.error > 0 ? TEXTS.bad : counts.warning > 0 ? TEXTS.careful : counts.info > 0 ? TEXTS.notes : TEXTS.fine;
  const purpose = profiles.length === 0 ? '' : TEXTS.for[language].replace('{profiles}', joined(language, profiles));
  return text[language].replace('{path}', () => printable(path)).replace('{profiles}', purpose).replace('{counts}', said);
}

/** The report. */
export function renderCheck(body: CheckBody, findings: readonly Finding[], screen: Screen): string[] {
  const { language } = screen, { counts, checked } = body, documents = findings.map((one) => ({ ...renderFinding(one, language), ...wordsOf(one, body.path, language) }));
  const style = counts.error > 0 ? 'error' : counts.warning > 0 ? 'warning' : 'good';
  const folders = (checked.folders === 1 ? TEXTS.folder : TEXTS.folders)[language].replace('{n}', String(checked.folders));
  const looked = TEXTS.looked[language].replace('{files}', counted(language, 'file', checked.files)).replace('{folders}', folders).replace('{bytes}', formatBytes(checked.bytes));
  return blocks(
    [hanging('', paint(screen, style, checkSentence(body, screen)), screen.columns), paint(screen, 'faint', looked),
      ...body.known > 0 ? [paint(screen, 'faint', TEXTS.known[language].replace('{n}', String(body.known)))] : []],
    ...ORDER.flatMap((severity) => [...group(documents.filter((one) => one.severity === severity), (one) => one.code).values()].map((own) => section(own, screen))),
    fixLines(body, screen),
  );
}

/** Message and remedy with the directory as the user typed it, and the remedy's paths from where the command was run. */
function wordsOf({ code, parameters }: Finding, root: string, language: Language): { message?: string; fix?: string } {
  const definition = lookUpCode(code), entries = Object.entries(parameters);
  if (definition === undefined) return {};
  const typed = (value: ParameterValue) => (typeof value !== 'string' ? value : quoted(value === '.' ? root : `${root.replace(/\/+$/, '')}/${value}`));
  const named = Object.fromEntries(entries.map(([key, value]) => [key, key === 'folder' && value === '.' ? root : value]));
  const own = Object.fromEntries(entries.map(([key, value]) => [key, PATHS.has(key) ? typed(value) : value]));
  return { message: fill(definition.message[language], named, language), fix: fill(definition.fix[language], own, language).replace(/\bDIR\b/g, () => printable(quoted(root))) };
}

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w./~:@+-]+$/.test(path) ? path : `'${path.replaceAll('\'', '\'\\\'\'')}'`);

/** Parameters that are paths within the directory. */
const PATHS: ReadonlySet<string> = new Set(['folder', 'file']);

/** One code: its messages, folded where they differ in a tensor only and told once for all places; then reason and remedy. */
function section(own: readonly FindingDocument[], screen: Screen): string[] {
  const { language } = screen, [first] = own as [FindingDocument], label = `${severityWord(language, first.severity)}[${first.code}]`;
  const folded = [...group(own, (one) => `${one.path}\n${shapeOf(one)}`).values()].flatMap((alike) => {
    const folds = screen.all || alike.length === 1 ? alike.map((one) => ({ name: one.tensor ?? '', entries: [one] })) : foldByName(alike, (one) => one.tensor ?? '');
    return folds.map(({ name, entries: [one, ...more] }) => ({ one: one!, message: more.length === 0 ? one!.message : `${one!.message.split(printable(one!.tensor ?? '\u0000')).join(printable(name))} (×${more.length + 1})` }));
  });
  const entries = [...group(folded, ({ message }) => message).entries()], { shown, rest } = limited(entries, screen, ENTRIES_SHOWN), lines: string[] = [];
  for (const [i, [message, at]] of shown.entries()) {
    lines.push(i === 0 ? hanging('', `${label} ${message}`, screen.columns).replace(label, paint(screen, first.severity, label)) : hanging('  ', message, screen.columns));
    for (const { one: { path, offset } } of at) {
      const place = offset === undefined && (path === '.' || message.includes(printable(path))) ? '' : printable(path) + (offset === undefined ? '' : `:${offset}`);
      if (place !== '') lines.push(`  ${paint(screen, 'faint', '→')} ${place}`);
    }
  }
  lines.push(...rest.map((line) => `  ${line}`));
  for (const key of ['why', 'fix'] as const) {
    const text = first[key];
    if (text === undefined) continue;
    const name = word(language, key);
    lines.push(hanging(`  ${name}  `, text, screen.columns).replace(name, paint(screen, key === 'fix' ? 'name' : 'faint', name)));
  }
  return lines;
}

/** Findings of one code and folder shown before the rest is counted. */
const ENTRIES_SHOWN = 8;

/** A message without its tensor: equal for findings that differ in nothing else. */
const shapeOf = ({ message, tensor }: FindingDocument): string => (tensor === undefined ? message : message.split(printable(tensor)).join('\u0000'));

function fixLines({ fixes }: CheckBody, screen: Screen): string[] {
  const { language } = screen;
  if (fixes === undefined) return [];
  if (fixes.length === 0) return [TEXTS.nothingToFix[language]];
  const applied = fixes[0]!.applied;
  return [
    paint(screen, 'strong', (applied ? TEXTS.fixed : TEXTS.canFix)[language]),
    ...fixes.map(({ path, action, why }) => hanging('  ', `${TEXTS[action][language]} ${printable(path)}${language === 'zh' ? '：' : ': '}${printable(inLanguage(language, why))}`, screen.columns)),
    ...applied ? [] : [hanging('  ', TEXTS.apply[language], screen.columns)],
  ];
}
