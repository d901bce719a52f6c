/** @module temper assemble */
import { renderAssembled } from '../../reports/assemble.ts';
import { writtenInOneLine } from '../../reports/written.ts';
import type { CommandModule } from '../command.ts';
import type { AssembleOptions } from '../door.ts';
import { quoteWord } from '../resume.ts';
import { given, writeOptions } from './options.ts';

/** Puts the parts of a model together. */
export const run: CommandModule['run'] = async (args, shell) => {
  const options = given<AssembleOptions>({
    ...writeOptions(args), tree: args.one('TREE')!, bases: args.texts('base'), loraAlpha: args.number('lora-alpha'), revision: args.text('revision'), saveFormat: args.text('save-format'),
  });
  const { assemblePaths } = await shell.verbs();
  return shell.answer(await assemblePaths(options, shell.context), {
    full: (body, screen) => renderAssembled(body, screen, shell.seconds()), brief: writtenInOneLine,
    next: () => (options.dryRun ? [] : [{ command: `temper check ${quoteWord(options.output)}`, reason: { en: 'is everything there that loading it needs', zh: '加载所需的内容是否齐全' } }]),
  });
};
