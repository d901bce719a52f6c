/** @module temper explain */
import { renderExplain } from '../../reports/explain.ts';
import { inLanguage } from '../../reports/screen.ts';
import { explain } from '../../verbs/explain.ts';
import { ALL_CODES } from '../catalogue.ts';
import type { CommandModule } from '../command.ts';

/** Explains a code, or lists all. */
export const run: CommandModule['run'] = async (args, shell) => {
  const code = args.one('CODE');
  return shell.answer(explain({ codes: ALL_CODES, ...(code === undefined ? {} : { code }) }), {
    full: renderExplain,
    brief: (body, screen) => (body.codes === undefined ? inLanguage(screen.language, body.fix!) : body.codes.map((one) => one.code).join('\n')),
  });
};
