/**
 * @module
 * Pages of docs/ that are made from the sources: `docs/cli.md`, `docs/roles.md` and `docs/codes/*.md`, each in English and Chinese, and
 * `docs/methods.md`. `scripts/docs.mjs` writes them, a test compares.
 */
import type { Code, Language, Severity, Text } from '../findings/index.ts';
import { severityWord } from '../reports/words.ts';
import { ALL_CODES } from './catalogue.ts';
import { methodsPage } from './docs-methods.ts';
import { rolesPage } from './docs-roles.ts';
import { GROUPS, type Command, type OptionGroup } from './command.ts';
import { exitRows, HELP_TEXTS, optionSyntax, optionText, usageLine } from './help.ts';
import { GLOBAL } from './options.ts';
import { COMMANDS } from './table.ts';

const NOTE = '<!-- Made by `node scripts/docs.mjs` from the sources. Do not edit. / 由 `node scripts/docs.mjs` 从源码生成，请勿手工修改。 -->\n';

const TEXTS = {
  codes: { en: 'Codes', zh: '代码' },
  codesIntro: {
    en: 'Every finding and every refusal has a permanent code. `temper explain CODE` tells the same as these pages.',
    zh: '每一条发现和每一次拒绝都有一个永久不变的代码。`temper explain 代码` 给出与这些页面相同的内容。',
  },
  why: { en: 'Why it matters', zh: '为什么重要' },
  fix: { en: 'What to do', zh: '如何处理' },
  more: { en: 'More', zh: '更多' },
  code: { en: 'Code', zh: '代码' },
  meaning: { en: 'Meaning', zh: '含义' },
  cli: { en: 'The command line', zh: '命令行' },
  option: { en: 'Option', zh: '选项' },
  also: { en: 'Other spellings', zh: '其他写法' },
  common: { en: 'Options of every command', zh: '所有命令通用的选项' },
  underscores: {
    en: 'Underscores count as hyphens (`--max_shard_size`), `--name=value` is the same as `--name value`, and `--` ends the options.',
    zh: '下划线等同于连字符（`--max_shard_size`），`--name=value` 等同于 `--name value`，`--` 表示选项到此为止。',
  },
} as const satisfies Record<string, Text>;

const LANGUAGES: readonly Language[] = ['en', 'zh'];

/** Markdown of all generated pages, by path below docs/. */
export function docsPages(): ReadonlyMap<string, string> {
  return new Map([
    ['cli.md', cliPage()],
    ['methods.md', `${NOTE}\n${methodsPage()}`],
    ['roles.md', `${NOTE}\n${rolesPage()}`],
    ['codes/README.md', codesIndex()],
    ...ALL_CODES.map((code): [string, string] => [`codes/${code.code}.md`, codePage(code)]),
  ]);
}

/** Text that a reader of Markdown sees as it is; placeholders become code. */
function prose(text: string): string {
  return text.replace(/[\\`*_<>[\]|]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name: string) => `\`${name.toUpperCase()}\``).replaceAll('\\_', '_');
}

function codePage(code: Code): string {
  const part = (language: Language) => [
    `**${severityWord(language, code.severity)}** ${prose(code.message[language])}`,
    `${TEXTS.why[language]}${language === 'zh' ? '：' : ': '}${prose(code.why[language])}`,
    `${TEXTS.fix[language]}${language === 'zh' ? '：' : ': '}${prose(code.fix[language])}`,
    ...(code.page === undefined ? [] : [code.page[language].trim()]),
  ].join('\n\n');
  return `${NOTE}\n# ${code.code}\n\n${part('en')}\n\n---\n\n${part('zh')}\n\n[${TEXTS.codes.en} / ${TEXTS.codes.zh}](README.md)\n`;
}

function codesIndex(): string {
  const list = (severity: Severity, language: Language) => ALL_CODES.filter((code) => code.severity === severity)
    .map((code) => `| [\`${code.code}\`](${code.code}.md) | ${prose(code.message[language])} |`);
  const part = (language: Language) => {
    const tables = (['error', 'warning', 'info'] as const).flatMap((severity) => {
      const rows = list(severity, language);
      return rows.length === 0 ? [] : [`### ${severityWord(language, severity)}`, [`| ${TEXTS.code[language]} | ${TEXTS.meaning[language]} |`, '|---|---|', ...rows].join('\n')];
    });
    return [`## ${language === 'zh' ? '中文' : 'English'}`, TEXTS.codesIntro[language], ...tables].join('\n\n');
  };
  return `${NOTE}\n# ${TEXTS.codes.en} / ${TEXTS.codes.zh}\n\n${LANGUAGES.map(part).join('\n\n')}\n`;
}

function cliPage(): string {
  const part = (language: Language) => [
    `## ${language === 'zh' ? '中文' : 'English'}`,
    HELP_TEXTS.tagline[language], TEXTS.underscores[language],
    ...COMMANDS.map((command) => commandPart(command, language)),
    `### ${TEXTS.common[language]}`, optionTable(GLOBAL, language),
  ].join('\n\n');
  return `${NOTE}\n# ${TEXTS.cli.en} / ${TEXTS.cli.zh}\n\n${LANGUAGES.map(part).join('\n\n')}\n`;
}

function commandPart(command: Command, language: Language): string {
  const parts = [`### temper ${command.name}`, `${command.summary[language]}${language === 'zh' ? '。' : '.'}`, `    ${usageLine(command, language)}`];
  if (command.description !== undefined) parts.push(prose(command.description[language]));
  if (command.args.length > 0) parts.push(command.args.map((one) => `- \`${one.name}\`${language === 'zh' ? '：' : ': '}${prose(one.help[language])}`).join('\n'));
  const groups = (Object.keys(GROUPS) as OptionGroup[]).flatMap((group) => command.options.filter((option) => option.group === group));
  if (groups.length > 0) parts.push(optionTable(groups, language));
  parts.push(`${HELP_TEXTS.examples[language]}${language === 'zh' ? '：' : ':'}`,
    command.examples.map(({ line, does }) => `    # ${does[language]}\n    ${line}`).join('\n'));
  parts.push(`${HELP_TEXTS.exits[language]}${language === 'zh' ? '：' : ': '}${exitRows(command, language).map(([status, meaning]) => `\`${status}\` ${meaning}`).join(language === 'zh' ? '；' : '; ')}`);
  return parts.join('\n\n');
}

function optionTable(options: Command['options'], language: Language): string {
  const rows = options.map((option) => {
    const also = (option.aliases ?? []).map((name) => `\`--${name}\``).join(' ');
    return `| \`${optionSyntax(option).replaceAll('|', '\\|')}\` | ${prose(optionText(option, language))} | ${also} |`;
  });
  return [`| ${TEXTS.option[language]} | ${TEXTS.meaning[language]} | ${TEXTS.also[language]} |`, '|---|---|---|', ...rows].join('\n');
}
