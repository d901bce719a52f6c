/** @module Findings as one HTML file that needs nothing else: no scripts, no fonts, no network. */
import { printable, renderFinding, type Finding, type FindingDocument, type Language, type Severity, type Text } from '../findings/index.ts';
import { VERSION } from '../version.ts';
import { group } from './group.ts';
import type { Subject } from './sarif.ts';
import { counted, severityWord, word } from './words.ts';

const TITLES = {
  title: { en: 'Temper check', zh: 'Temper 检查' },
  fine: { en: 'Nothing found.', zh: '未发现问题。' },
} as const satisfies Record<string, Text>;

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];
const LANGUAGES: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-Hans' };

const STYLE = [
  ':root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--error:#b42318;--warning:#8a5a00;--info:#1d5fa8}',
  '@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--error:#ff7b72;--warning:#e3b341;--info:#79c0ff}}',
  'body{margin:2rem auto;max-width:60rem;padding:0 1rem;color:var(--ink);background:var(--paper);font:16px/1.5 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}',
  'h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.25rem 0}.soft{color:var(--soft)}code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}',
  'ul{list-style:none;margin:0;padding:0;border-top:1px solid var(--line)}li{padding:.5rem 0;border-bottom:1px solid var(--line)}',
  '.error{color:var(--error)}.warning{color:var(--warning)}.info{color:var(--info)}dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.5rem 0}dt{color:var(--soft)}dd{margin:0}',
].join('');

const escape = (text: string): string => printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The report. */
export function htmlText(findings: readonly Finding[], { path }: Subject, language: Language): string {
  const documents = findings.map((one) => renderFinding(one, language)), counts = ORDER.flatMap((severity) => {
    const n = documents.filter((one) => one.severity === severity).length;
    return n === 0 ? [] : [`<strong class="${severity}">${counted(language, severity, n)}</strong>`];
  });
  const sections = ORDER.flatMap((severity) => [...group(documents.filter((one) => one.severity === severity), (one) => one.code).entries()].map(([id, own]) => section(id, own, language)));
  return [
    `<!doctype html><html lang="${LANGUAGES[language]}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(`${TITLES.title[language]}: ${path}`)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${TITLES.title[language]}</h1><p><code>${escape(path)}</code></p><p>${counts.join(' · ') || TITLES.fine[language]}</p>`,
    ...sections,
    `<p class="soft">temper ${escape(VERSION)}</p></body></html>`, '',
  ].join('\n');
}

function section(id: string, own: readonly FindingDocument[], language: Language): string {
  const [first] = own as [FindingDocument];
  const items = own.map((one) => `<li>${escape(one.message)}<br><code class="soft">${escape(one.path)}${one.offset === undefined ? '' : `:${one.offset}`}${one.tensor === undefined ? '' : `  ${escape(one.tensor)}`}</code></li>`);
  const row = (key: 'why' | 'fix', text: string | undefined) => (text === undefined ? '' : `<dt>${word(language, key)}</dt><dd>${escape(text)}</dd>`);
  return `<h2 class="${first.severity}">${severityWord(language, first.severity)} <code>${escape(id)}</code></h2><ul>${items.join('')}</ul><dl>${row('why', first.why)}${row('fix', first.fix)}</dl>`;
}
