/** @module Findings as Markdown: for a pull request, an issue, the summary of a CI job. */
import { printable, renderFinding, type Finding, type FindingDocument, type Language, type Severity, type Text } from '../findings/index.ts';
import { group } from './group.ts';
import type { Subject } from './sarif.ts';
import { counted, word } from './words.ts';

const TITLES = {
  title: { en: 'Temper check of {path}', zh: 'Temper 对 {path} 的检查' },
  fine: { en: 'Nothing found.', zh: '未发现问题。' },
  where: { en: 'Where', zh: '位置' }, what: { en: 'What', zh: '内容' },
} as const satisfies Record<string, Text>;

const MARKS: Readonly<Record<Severity, string>> = { error: '❌', warning: '⚠️', info: 'ℹ️' };
const ORDER: readonly Severity[] = ['error', 'warning', 'info'];

/** Characters that mean something in Markdown or HTML. */
const escape = (text: string): string => printable(text).replace(/[\\`*_{}[\]()#+!|<>~]/g, (character) => (character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`));
/** A name as code; a fence longer than any run of backticks inside. */
function code(name: string): string {
  const clean = printable(name).replaceAll('|', '\\|'), fence = '`'.repeat(Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return fence.length > 1 ? `${fence} ${clean} ${fence}` : `\`${clean}\``;
}

/** The report. */
export function markdownText(findings: readonly Finding[], { path }: Subject, language: Language): string {
  const documents = findings.map((one) => renderFinding(one, language)), lines = [`## ${TITLES.title[language].replace('{path}', () => code(path))}`, ''];
  if (documents.length === 0) return [...lines, `✅ ${TITLES.fine[language]}`, ''].join('\n');
  lines.push(ORDER.flatMap((severity) => { const n = documents.filter((one) => one.severity === severity).length; return n === 0 ? [] : [`${MARKS[severity]} ${counted(language, severity, n)}`]; }).join(' · '), '');
  for (const severity of ORDER) {
    for (const [id, own] of group(documents.filter((one) => one.severity === severity), (one) => one.code)) lines.push(...section(id, own, language));
  }
  return lines.join('\n');
}

function section(id: string, own: readonly FindingDocument[], language: Language): string[] {
  const [first] = own as [FindingDocument];
  return [
    `### ${MARKS[first.severity]} ${id}`, '',
    `| ${TITLES.where[language]} | ${TITLES.what[language]} |`, '|---|---|',
    ...own.map((one) => `| ${code(one.path)}${one.tensor === undefined ? '' : `<br>${code(one.tensor)}`} | ${escape(one.message)} |`), '',
    ...first.why === undefined ? [] : [`**${word(language, 'why')}** ${escape(first.why)}`, ''],
    ...first.fix === undefined ? [] : [`**${word(language, 'fix')}** ${escape(first.fix)}`, ''],
  ];
}
