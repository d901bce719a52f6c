/** @module temper convert */
import { renderWritten, writtenInOneLine } from '../../reports/written.ts';
import type { CommandModule } from '../command.ts';
import { writeOptions } from './options.ts';

/** Converts a model. */
export const run: CommandModule['run'] = async (args, shell) => {
  const options = writeOptions(args);
  const { convertPath } = await shell.verbs();
  return shell.answer(await convertPath(args.one('IN')!, options, shell.context), { full: (body, screen) => renderWritten(body, screen, shell.seconds()), brief: writtenInOneLine, next: (body) => body.next });
};
