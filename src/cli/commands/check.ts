/** @module temper check */
import type { Profile } from '../../checks/index.ts';
import { checkSentence, renderCheck } from '../../reports/check.ts';
import { htmlText } from '../../reports/html.ts';
import { markdownText } from '../../reports/markdown.ts';
import { sarifText } from '../../reports/sarif.ts';
import type { Finding, Language, Severity } from '../../findings/index.ts';
import { refuse } from '../../findings/index.ts';
import { OPTION_VALUE } from '../codes.ts';
import type { CommandModule } from '../command.ts';
import type { CheckPathOptions } from '../../node/check.ts';
import { called } from '../parse.ts';
import { given } from './options.ts';

/** Other forms of the report. */
const FORMATS: Readonly<Record<string, (findings: readonly Finding[], subject: { readonly path: string }, language: Language) => string>> = { sarif: sarifText, markdown: markdownText, md: markdownText, html: htmlText };

/** Checks a directory or a file. */
export const run: CommandModule['run'] = async (args, shell) => {
  const path = args.one('PATH')!, { checkPath, writeReport } = await shell.verbs(), list = (name: string) => { const all = args.texts(name).flatMap((text) => text.split(',')).filter((text) => text !== ''); return all.length === 0 ? undefined : all; };
  const reports = args.texts('report').map((text) => {
    const at = text.indexOf('='), format = at < 0 ? text : text.slice(0, at);
    if (!Object.hasOwn(FORMATS, format)) refuse(OPTION_VALUE, { command: called(args.command), option: '--report', given: text, wanted: { en: 'sarif, markdown or html, with =FILE', zh: ' sarif、markdown 或 html，后接 =FILE' } }, { path: '.' });
    return { format, file: at < 0 ? undefined : text.slice(at + 1) };
  });
  const answer = await checkPath(path, given<CheckPathOptions>({
    profiles: list('profile') as Profile[] | undefined, failOn: args.text('fail-on') as Severity | undefined, updated: list('updated'), base: args.text('base'), revision: args.text('revision'),
    baseline: args.text('baseline'), writeBaseline: args.text('write-baseline'), fix: args.flag('fix'), code: args.flag('code'), yes: args.flag('yes'),
  }), shell.context);
  let toScreen: string | undefined;
  for (const { format, file } of reports) {
    const text = FORMATS[format]!(answer.findings, { path }, shell.screen.language);
    if (file === undefined) toScreen = text;
    else await writeReport(file, text);
  }
  if (toScreen !== undefined) { await shell.print([toScreen.replace(/\n$/, '')]); return answer.exit; }
  return shell.answer(answer, { full: (body, screen) => renderCheck(body, answer.findings, screen), brief: checkSentence, tellsFindings: true });
};
