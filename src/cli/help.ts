/**
 * @module
 * Help, from the table: how it is called, examples first, then arguments and options under their headings.
 */
import type { Language, Text } from '../findings/index.ts';
import { inLanguage, paint, type Screen } from '../reports/screen.ts';
import { displayWidth, pad } from '../reports/width.ts';
import { hanging } from '../reports/wrap.ts';
import { VERSION } from '../version.ts';
import { GROUPS, type Command, type Option, type OptionGroup } from './command.ts';
import { called, optionsOf } from './parse.ts';
import { COMMANDS, ROOT } from './table.ts';

/** Texts of the help; also used by the docs page. */
export const HELP_TEXTS = {
  tagline: {
    en: 'After fine-tuning: say what every file is, convert, merge adapters into their base, and prove that the merge is in the weights.',
    zh: '微调之后：说明每个文件是什么，转换格式，将适配器合并进基座，并证明合并确实写进了权重。',
  },
  usage: { en: 'Usage', zh: '用法' },
  commands: { en: 'Commands', zh: '命令' },
  options: { en: 'Options of every command', zh: '所有命令通用的选项' },
  examples: { en: 'Examples', zh: '示例' },
  arguments: { en: 'Arguments', zh: '参数' },
  exits: { en: 'Exit status', zh: '退出状态' },
  fine: { en: 'fine', zh: '正常' },
  refused: { en: 'cannot run or refused; nothing was written', zh: '无法运行或拒绝执行；未写入任何内容' },
  interrupted: { en: 'interrupted', zh: '被中断' },
  more: { en: 'temper COMMAND --help tells about one command.', zh: 'temper 命令 --help 可查看某个命令的说明。' },
  short: { en: 'temper PATH is short for temper inspect PATH.', zh: 'temper 路径 是 temper inspect 路径 的简写。' },
  fallback: { en: 'default: {value}', zh: '默认：{value}' },
  environment: { en: 'environment: {value}', zh: '环境变量：{value}' },
  itsOptions: { en: 'Options of {command}:', zh: '{command} 的选项：' },
  repeatable: { en: 'repeatable', zh: '可重复' },
} as const satisfies Record<string, Text>;

/** `temper merge BASE ADAPTER… -o DIR [options]` */
export function usageLine(command: Command, language: Language): string {
  const args = command.args.map(({ name, many, optional }) => (optional ? `[${name}]` : many ? `${name}…` : name));
  const output = command.options.some((option) => option.name === 'output') ? ['-o DIR'] : [];
  const rest = language === 'zh' ? '[选项]' : '[options]';
  return ['temper', command.name, ...args, ...output, rest].join(' ');
}

/** `-o, --output DIR` */
export function optionSyntax(option: Option): string {
  const long = option.negatable ? `--[no-]${option.name}` : `--${option.name}`;
  return (option.short === undefined ? '' : `-${option.short}, `) + long + (option.placeholder === undefined ? '' : ` ${option.placeholder}`);
}

/** Sentence, default and environment variable of an option. */
export function optionText(option: Option, language: Language): string {
  const variables = option.env ?? option.alsoFrom;
  const remarks = [
    ...(option.repeatable ? [HELP_TEXTS.repeatable[language]] : []),
    ...(option.fallback === undefined ? [] : [HELP_TEXTS.fallback[language].replace('{value}', inLanguage(language, option.fallback))]),
    ...(variables === undefined ? [] : [HELP_TEXTS.environment[language].replace('{value}', variables)]),
  ];
  const [open, close, comma] = language === 'zh' ? ['（', '）', '；'] : [' (', ')', '; '];
  return option.help[language] + (remarks.length === 0 ? '' : open + remarks.join(comma) + close);
}

/** Rows `left  text`, the text wrapped in its own column; a left part too wide for it gets a line of its own. */
function rows(screen: Screen, entries: readonly (readonly [left: string, text: string])[], leftMost = 26): string[] {
  const width = Math.min(leftMost, Math.max(...entries.map(([left]) => displayWidth(left))));
  return entries.map(([left, text]) => {
    const fits = displayWidth(left) <= width;
    const block = hanging(' '.repeat(width + 4), text, screen.columns);
    const painted = paint(screen, 'name', left);
    return fits ? `  ${pad(painted, width)}  ${block.slice(width + 4)}` : `  ${painted}\n${block}`;
  });
}

const JOINER = '\u0001';

const heading = (screen: Screen, text: Text) => paint(screen, 'strong', text[screen.language]);

/** `temper --help` */
export function mainHelp(screen: Screen): string[] {
  const { language } = screen;
  return [
    `${paint(screen, 'strong', `temper ${VERSION}`)}`,
    hanging('', HELP_TEXTS.tagline[language], screen.columns), '',
    heading(screen, HELP_TEXTS.examples),
    ...['inspect', 'merge', 'verify'].map((name) => `  ${paint(screen, 'name', COMMANDS.find((one) => one.name === name)!.examples[0]!.line)}`), '',
    heading(screen, HELP_TEXTS.commands),
    ...rows(screen, COMMANDS.map((command) => [command.name, command.summary[language]])), '',
    heading(screen, HELP_TEXTS.options),
    ...rows(screen, optionsOf(ROOT).map((option) => [optionSyntax(option), optionText(option, language)])), '',
    HELP_TEXTS.short[language], HELP_TEXTS.more[language],
  ];
}

/** `temper COMMAND --help` */
export function commandHelp(command: Command, screen: Screen): string[] {
  const { language } = screen;
  const lines = [
    `${paint(screen, 'strong', `temper ${command.name}`)}`, hanging('', `${command.summary[language]}${language === 'zh' ? '。' : '.'}`, screen.columns), '',
    heading(screen, HELP_TEXTS.usage), `  ${usageLine(command, language)}`, '',
    heading(screen, HELP_TEXTS.examples),
    ...command.examples.flatMap(({ line, does }) => [`  ${paint(screen, 'name', line)}`, hanging('    ', does[language], screen.columns)]), '',
  ];
  if (command.description !== undefined) lines.push(hanging('', command.description[language], screen.columns), '');
  if (command.args.length > 0) lines.push(heading(screen, HELP_TEXTS.arguments), ...rows(screen, command.args.map((one) => [one.name, one.help[language]])), '');
  lines.push(...optionList(command, screen), '');
  lines.push(heading(screen, HELP_TEXTS.exits), ...rows(screen, exitRows(command, language)));
  return lines;
}

/** What stands below a mistake: how the command is called, or which options it has. */
export function reminder(command: Command, code: string, screen: Screen): string[] {
  const { language } = screen;
  if (code === 'usage-unknown-option') {
    // An option and its value stay on one line.
    const list = optionsOf(command).map((option) => optionSyntax(option).replaceAll(' ', JOINER)).join('  ');
    return ['', HELP_TEXTS.itsOptions[language].replace('{command}', called(command)), hanging('  ', list, screen.columns).replaceAll(JOINER, ' ')];
  }
  const shape = code === 'usage-missing-argument' || code === 'usage-extra-argument';
  return shape ? ['', heading(screen, HELP_TEXTS.usage), `  ${usageLine(command, language)}`] : [];
}

/** The options of a command under their headings. */
export function optionList(command: Command, screen: Screen): string[] {
  const lines: string[] = [];
  const all = optionsOf(command);
  for (const group of Object.keys(GROUPS) as OptionGroup[]) {
    const options = all.filter((option) => option.group === group);
    if (options.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(heading(screen, GROUPS[group]), ...rows(screen, options.map((option) => [optionSyntax(option), optionText(option, screen.language)])));
  }
  return lines;
}

/** Exit statuses of a command and what they mean. */
export function exitRows(command: Command, language: Language): (readonly [string, string])[] {
  return [
    ['0', HELP_TEXTS.fine[language]],
    ...(command.exits ?? []).map(([status, meaning]) => [String(status), meaning[language]] as const),
    ['2', HELP_TEXTS.refused[language]],
    ['130, 143', HELP_TEXTS.interrupted[language]],
  ];
}
