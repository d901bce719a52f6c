/** @module temper scan */
import { renderScan, scanInOneLine } from '../../reports/scan.ts';
import type { CommandModule } from '../command.ts';
import { given } from './options.ts';

/** Says what loading a path would do. */
export const run: CommandModule['run'] = async (args, shell) => {
  const path = args.one('PATH')!, { scanPath } = await shell.verbs();
  return shell.answer(await scanPath(path, given<{ deep?: boolean }>({ deep: args.flag('deep') }), shell.context), {
    full: renderScan, brief: scanInOneLine, next: (body) => body.next,
  });
};
