/**
 * @module
 * `temper explain` for people: one code with everything known about it, or the list of all codes.
 */
import { printable, type Severity, type Text } from '../findings/index.ts';
import type { ExplainBody } from './documents.ts';
import { blocks } from './parts.ts';
import { inLanguage, paint, type Screen } from './screen.ts';
import { counted, severityWord, word } from './words.ts';
import { hanging, wrap } from './wrap.ts';

const TEXTS = {
  more: { en: 'temper explain CODE tells more about one of them.', zh: 'temper explain 代码 可查看其中一个的详细说明。' },
} as const satisfies Record<string, Text>;

/** The report. */
export function renderExplain(body: ExplainBody, screen: Screen): string[] {
  return body.codes === undefined ? oneCode(body, screen) : allCodesTable(body.codes, screen);
}

function oneCode(body: ExplainBody, screen: Screen): string[] {
  const { language, columns } = screen;
  const say = (words: ExplainBody['why']) => (words === undefined ? '' : printable(inLanguage(language, words)));
  const severity = body.severity as Severity;
  const label = `${severityWord(language, severity)}[${body.code}]`;
  const part = (key: 'why' | 'fix') => {
    const name = word(language, key);
    return hanging(`  ${name}  `, general(say(body[key])), columns).replace(name, paint(screen, key === 'fix' ? 'name' : 'faint', name));
  };
  const page = body.page === undefined ? [] : inLanguage(language, body.page).trim().split('\n')
    .flatMap((line) => (line === '' ? [''] : /^( {4}|```|[-*] |\d+\. )/.test(line) ? [printable(line)] : wrap(printable(line), columns)));
  return blocks(
    [hanging('', `${label} ${general(say(body.message))}`, columns).replace(label, paint(screen, severity, label)), part('why'), part('fix')],
    page,
  );
}

/** Placeholders of a message as words: `{file}` is FILE. */
function general(message: string): string {
  return message.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase());
}

function allCodesTable(codes: NonNullable<ExplainBody['codes']>, screen: Screen): string[] {
  const { language, columns } = screen;
  const width = Math.max(...codes.map((one) => one.code.length));
  const groups = (['error', 'warning', 'info'] as const).map((severity) => {
    const own = codes.filter((one) => one.severity === severity);
    const lines = own.map((one) => `${paint(screen, 'name', one.code)}${hanging(' '.repeat(width + 2), general(inLanguage(language, one.message)), columns).slice(one.code.length)}`);
    return lines.length === 0 ? [] : [paint(screen, severity, counted(language, severity, lines.length)), ...lines];
  });
  return blocks(...groups, [TEXTS.more[language]]);
}
