/** @module temper verify */
import { renderVerify, verdictSentence } from '../../reports/verify.ts';
import type { CommandModule } from '../command.ts';
import { adapterOptions } from './options.ts';

/** Judges a merged model. */
export const run: CommandModule['run'] = async (args, shell) => {
  const { verifyPaths } = await shell.verbs();
  const answer = await verifyPaths({ ...adapterOptions(args), merged: args.one('MERGED')! }, shell.context);
  return shell.answer(answer, { full: renderVerify, brief: verdictSentence });
};
