/** @module `temper base …` for people. */
import { fill, printable, type Text } from '../findings/index.ts';
import type { BaseMatchBody, BaseSetBody, BaseShowBody, BaseVerifyBody, FitBody, ShownBase } from './documents.ts';
import { formatCount } from './numbers.ts';
import { blocks, limited } from './parts.ts';
import { inLanguage, paint, type Screen, type Style, type Words } from './screen.ts';
import { table, type Row } from './table.ts';
import { word } from './words.ts';
import { wrap } from './wrap.ts';

const TEXTS = {
  adapters: { en: '{n} adapters', zh: '{n} 个适配器' }, oneAdapter: { en: '1 adapter', zh: '1 个适配器' },
  bases: { en: ', all with the same base', zh: '，基座相同' }, differ: { en: ', {n} different bases', zh: '，共 {n} 个不同的基座' },
  place: { en: 'Adapter', zh: '适配器' }, value: { en: 'Base', zh: '基座' }, revision: { en: 'revision {revision}', zh: '版本 {revision}' },
  nothing: { en: '(nothing)', zh: '（无）' }, empty: { en: '(empty)', zh: '（空）' },
  here: { en: 'here', zh: '本机有' }, absent: { en: 'not here', zh: '本机没有' }, unknown: { en: 'unknown', zh: '未知' },
  standsFor: { en: 'stands for {id}, revision {revision}', zh: '即 {id}，版本 {revision}' },
  quantised: { en: 'the name is that of a quantised copy ({kind}); merge onto the 16-bit base', zh: '名称指向量化副本（{kind}）；请合并到 16 位基座上' },
  disagrees: { en: '{path} says {value}', zh: '{path} 写的是 {value}' },
  setNone: { en: 'Nothing to change: every adapter names that base already.', zh: '无需修改：所有适配器都已指向该基座。' },
  set: { en: 'Changed files: {n}. Only that field is new; the files as they were lie beside them.', zh: '已修改 {n} 个文件。只改了该字段；原文件保留在旁边。' },
  wouldSet: { en: 'Files that would be changed: {n}.', zh: '将修改 {n} 个文件。' },
  file: { en: 'File', zh: '文件' }, before: { en: 'Before', zh: '原值' }, after: { en: 'After', zh: '新值' }, backup: { en: 'Backup', zh: '备份' },
  best: { en: '{path} is the base.', zh: '{path} 就是所属的基座。' },
  onlyShapes: { en: '{path} is the only candidate whose names and shapes fit; the weights themselves were not recorded, so content cannot tell.', zh: '{path} 是唯一名称和形状都吻合的候选；没有记录过权重指纹，因此无法用内容判断。' },
  several: { en: '{n} candidates fit by names and shapes, and nothing was recorded that tells their weights apart.', zh: '有 {n} 个候选在名称和形状上都吻合，但没有可区分其权重的记录。' },
  none: { en: 'No candidate fits.', zh: '没有吻合的候选基座。' },
  fits: { en: '{base} fits {adapter}.', zh: '{base} 与 {adapter} 吻合。' },
  otherWeights: { en: '{base} has the right names and shapes, but other weights than the base of {adapter}.', zh: '{base} 的名称和形状正确，但权重与 {adapter} 的基座不同。' },
  misfit: { en: '{base} does not fit {adapter}.', zh: '{base} 与 {adapter} 不吻合。' },
  names: { en: 'names', zh: '名称' }, shapes: { en: 'shapes', zh: '形状' }, layers: { en: 'layers', zh: '层数' }, vocabulary: { en: 'vocabulary', zh: '词表' }, content: { en: 'content', zh: '内容' },
  sameContent: { en: '{equal} of {of} tensors equal', zh: '{of} 个张量中有 {equal} 个相同' },
  ignored: { en: 'not used: {name}, {why}', zh: '不使用：{name}，{why}' },
  recorded: { en: 'Recorded in {file}: a merge onto other weights will be refused.', zh: '已记录到 {file}：以后合并到其他权重上会被拒绝。' },
  load: { en: 'To load the two together:', zh: '一起加载的方法：' },
} as const satisfies Record<string, Text>;

const CONTENT: Readonly<Record<string, Text>> = {
  equal: { en: 'the same weights', zh: '权重相同' }, different: { en: 'other weights', zh: '权重不同' }, partly: { en: 'partly the same weights', zh: '部分权重相同' },
  unknown: { en: 'not recorded', zh: '没有记录' },
};
const VERDICTS: Readonly<Record<FitBody['verdict'], Text & { readonly style: Style }>> = {
  fits: { en: 'fits', zh: '吻合', style: 'good' }, 'other-weights': { en: 'other weights', zh: '权重不同', style: 'error' }, misfit: { en: 'does not fit', zh: '不吻合', style: 'error' },
};

type Values = Record<string, string | number>;
const say = (text: Text, { language }: Screen, values: Values = {}): string => fill(text[language], values, language);

/** `base show` and `base audit`. */
export function renderBaseShow(body: BaseShowBody, screen: Screen): string[] {
  const { shown, rest } = limited(body.adapters, screen);
  const rows = shown.flatMap((one): Row[] => [
    [{ text: one.path, style: 'name' }, valueOf(one.value, screen), one.value_class, one.exists === null ? say(TEXTS.unknown, screen) : { text: say(one.exists ? TEXTS.here : TEXTS.absent, screen), style: one.exists ? 'good' : 'faint' }],
    ...remarks(one, screen).map((text): Row => ({ span: [{ text: `  ${text}`, style: 'faint' }] })),
  ]);
  return blocks([paint(screen, 'strong', baseShowSentence(body, screen))], [...table(screen, [
    { title: TEXTS.place[screen.language], cut: 'middle' }, { title: TEXTS.value[screen.language], cut: 'middle' }, { title: word(screen.language, 'kind') }, {},
  ], rows), ...rest]);
}

/** One line of it. */
export function baseShowSentence({ adapters }: BaseShowBody, screen: Screen): string {
  const different = new Set(adapters.map(({ value }) => value)).size, n = formatCount(adapters.length);
  if (adapters.length === 1) return `${say(TEXTS.oneAdapter, screen)}: ${valueOf(adapters[0]!.value, screen)}`;
  return say(TEXTS.adapters, screen, { n }) + (different === 0 ? '' : different === 1 ? say(TEXTS.bases, screen) : say(TEXTS.differ, screen, { n: different }));
}

function valueOf(value: string | null, screen: Screen): string {
  return value === null ? say(TEXTS.nothing, screen) : value === '' ? say(TEXTS.empty, screen) : printable(value);
}

function remarks(one: ShownBase, screen: Screen): string[] {
  return [
    inLanguage(screen.language, one.why),
    ...(one.revision === null ? [] : [say(TEXTS.revision, screen, { revision: one.revision })]),
    ...(one.stands_for === undefined ? [] : [say(TEXTS.standsFor, screen, one.stands_for)]),
    ...(one.quantised === undefined ? [] : [say(TEXTS.quantised, screen, { kind: one.quantised })]),
    ...one.disagrees_with.map(({ path, value }) => say(TEXTS.disagrees, screen, { path, value: valueOf(value, screen) })),
  ];
}

/** `base set`. */
export function renderBaseSet(body: BaseSetBody, screen: Screen): string[] {
  const { language } = screen;
  return blocks([paint(screen, 'strong', baseSetSentence(body, screen))], body.changed.length === 0 ? [] : table(screen, [
    { title: TEXTS.file[language], cut: 'middle' }, { title: TEXTS.before[language], cut: 'middle' }, { title: TEXTS.after[language], cut: 'middle' }, { title: TEXTS.backup[language], cut: 'middle' },
  ], body.changed.map(({ path, before, after, backup }) => [{ text: path, style: 'name' }, valueOf(before, screen), after, backup ?? ''])));
}

/** One line of it. */
export function baseSetSentence({ changed, dry_run: dry }: BaseSetBody, screen: Screen): string {
  if (changed.length === 0) return say(TEXTS.setNone, screen);
  return say(dry ? TEXTS.wouldSet : TEXTS.set, screen, { n: formatCount(changed.length) });
}

/** `base match`. */
export function renderBaseMatch(body: BaseMatchBody, screen: Screen): string[] {
  const { language } = screen;
  const rows = body.candidates.flatMap((one): Row[] => [
    [
      { text: one.path, style: 'name' }, { text: VERDICTS[one.verdict][language], style: VERDICTS[one.verdict].style },
      one.names === undefined ? '' : `${formatCount(one.names.found)}/${formatCount(one.names.of)}`, one.shapes === undefined ? '' : `${formatCount(one.shapes.fitting)}/${formatCount(one.shapes.of)}`,
      one.content === undefined ? '' : contentOf(one as FitBody, screen),
    ],
    ...problemsOf(one.problems, screen).map((text): Row => ({ span: [{ text: `  ${text}`, style: 'faint' }] })),
  ]);
  return blocks(wrap(baseMatchSentence(body, screen), screen.columns).map((line) => paint(screen, 'strong', line)), table(screen, [
    { title: TEXTS.value[language], cut: 'middle' }, { title: word(language, 'verdict') }, { title: TEXTS.names[language], align: 'right' }, { title: TEXTS.shapes[language], align: 'right' }, { title: TEXTS.content[language] },
  ], rows));
}

/** Problems of a candidate that are shown: they tend to be the same for every layer. */
const PROBLEMS_SHOWN = 2;

function problemsOf(problems: readonly Words[], screen: Screen): string[] {
  const shown = (screen.all ? problems : problems.slice(0, PROBLEMS_SHOWN)).map((text) => inLanguage(screen.language, text)), more = problems.length - shown.length;
  return more === 0 ? shown : [...shown, fill(word(screen.language, 'moreAll'), { n: more }, screen.language)];
}

/** One line of it. */
export function baseMatchSentence({ candidates, best }: BaseMatchBody, screen: Screen): string {
  const fitting = candidates.filter(({ verdict }) => verdict === 'fits'), found = candidates.find(({ path }) => path === best);
  if (found !== undefined) return say(found.content === 'unknown' ? TEXTS.onlyShapes : TEXTS.best, screen, { path: printable(found.path) });
  return fitting.length > 1 ? say(TEXTS.several, screen, { n: fitting.length }) : say(TEXTS.none, screen);
}

function contentOf({ content, same_content: same }: FitBody, screen: Screen): string {
  return same === undefined ? CONTENT[content]?.[screen.language] ?? content : say(TEXTS.sameContent, screen, { equal: formatCount(same.equal), of: formatCount(same.of) });
}

/** `base verify`. */
export function renderBaseVerify(body: BaseVerifyBody, screen: Screen): string[] {
  const { language } = screen, pair = (found: number, of: number) => `${formatCount(found)}/${formatCount(of)}`, count = (n: number | null) => (n === null ? '–' : formatCount(n));
  const rows: Row[] = [
    [TEXTS.names[language], pair(body.names.found, body.names.of)], [TEXTS.shapes[language], pair(body.shapes.fitting, body.shapes.of)],
    [TEXTS.layers[language], `${count(body.layers.base)} (${word(language, 'adapter')}: ${count(body.layers.adapter)})`],
    [TEXTS.vocabulary[language], body.vocabulary.adapter === null ? count(body.vocabulary.base) : `${count(body.vocabulary.base)} (${word(language, 'adapter')}: ${count(body.vocabulary.adapter)})`],
    [TEXTS.content[language], contentOf(body, screen)],
  ];
  return blocks(
    [paint(screen, body.verdict === 'fits' ? 'good' : 'error', baseVerifySentence(body, screen))], table(screen, [{}, {}], rows),
    body.ignored.map(({ name, why }) => say(TEXTS.ignored, screen, { name: printable(name), why: inLanguage(language, why) })),
    body.recorded === undefined ? [] : [say(TEXTS.recorded, screen, { file: body.recorded })],
    body.snippet === undefined ? [] : [TEXTS.load[language], ...body.snippet.split('\n').map((line) => `  ${line}`)],
  );
}

/** One line of it. */
export function baseVerifySentence({ verdict, path, adapter }: BaseVerifyBody, screen: Screen): string {
  return say(verdict === 'fits' ? TEXTS.fits : verdict === 'misfit' ? TEXTS.misfit : TEXTS.otherWeights, screen, { base: printable(path), adapter: printable(adapter) });
}
