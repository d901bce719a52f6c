/** @module temper merge */
import { renderWritten, writtenInOneLine } from '../../reports/written.ts';
import type { CommandModule } from '../command.ts';
import type { MergeOptions } from '../door.ts';
import { adapterOptions, given, writeOptions } from './options.ts';

/** Merges adapters into a base. */
export const run: CommandModule['run'] = async (args, shell) => {
  const options = given<MergeOptions>({
    ...writeOptions(args), ...adapterOptions(args),
    plan: args.text('plan'), rounding: args.text('rounding') as MergeOptions['rounding'], verify: args.flag('verify'),
  });
  const { mergePaths } = await shell.verbs();
  return shell.answer(await mergePaths(options, shell.context), { full: renderWritten, brief: writtenInOneLine });
};
