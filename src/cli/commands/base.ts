/** @module temper base show, audit, set, match, verify */
import { refuse } from '../../findings/index.ts';
import {
  baseMatchSentence, baseSetSentence, baseShowSentence, baseVerifySentence, renderBaseMatch, renderBaseSet, renderBaseShow, renderBaseVerify,
} from '../../reports/base.ts';
import { MISSING_ARGUMENT, UNKNOWN_ACTION } from '../codes.ts';
import type { CommandModule } from '../command.ts';
import type { BaseSetOptions, BaseVerifyOptions } from '../../node/base.ts';
import { called, type Arguments } from '../parse.ts';
import type { Shell } from '../shell.ts';
import { quoteWord } from '../resume.ts';
import { given } from './options.ts';

type Action = (args: Arguments, paths: readonly string[], shell: Shell) => Promise<number>;

/** What every action needs at least, as the refusal names it. */
const NEEDED: Readonly<Record<string, readonly string[]>> = { show: ['PATH'], audit: ['PATH'], set: ['PATH', 'VALUE'], match: ['ADAPTER', 'BASE'], verify: ['BASE', 'ADAPTER'] };

const ACTIONS: Readonly<Record<string, Action>> = {
  show: async (_, [path], shell) => {
    const { baseShowPath } = await shell.verbs();
    return shell.answer(await baseShowPath(path!), { full: renderBaseShow, brief: baseShowSentence });
  },
  audit: async (_, [path], shell) => {
    const { baseAuditPath } = await shell.verbs();
    return shell.answer(await baseAuditPath(path!, shell.context), { full: renderBaseShow, brief: baseShowSentence });
  },
  set: async (args, [path, value], shell) => {
    const { baseSetPath } = await shell.verbs();
    const options = given<BaseSetOptions>({ revision: args.text('revision'), relative: args.flag('relative'), readme: args.flag('readme'), dryRun: args.flag('dry-run') });
    return shell.answer(await baseSetPath(path!, value!, options), { full: renderBaseSet, brief: baseSetSentence });
  },
  match: async (_, [subject, ...candidates], shell) => {
    const { baseMatchPaths } = await shell.verbs();
    return shell.answer(await baseMatchPaths(subject!, candidates), {
      full: renderBaseMatch, brief: baseMatchSentence,
      next: ({ best, subject: kind }) => (best === null || kind !== 'adapter' ? [] : [{
        command: `temper base verify ${quoteWord(best)} ${quoteWord(subject!)} --record`, reason: { en: 'remember this base, so that a merge onto another one is refused', zh: '记住这个基座，以后合并到其他基座会被拒绝' },
      }]),
    });
  },
  verify: async (args, [base, adapter], shell) => {
    const { baseVerifyPaths } = await shell.verbs();
    return shell.answer(await baseVerifyPaths(base!, adapter!, given<BaseVerifyOptions>({ record: args.flag('record'), revision: args.text('revision') })), { full: renderBaseVerify, brief: baseVerifySentence });
  },
};

/** Runs one of the actions. */
export const run: CommandModule['run'] = async (args, shell) => {
  const name = args.one('ACTION')!, paths = args.many('PATH'), action = ACTIONS[name], needed = NEEDED[name];
  if (action === undefined || needed === undefined) return refuse(UNKNOWN_ACTION, { command: called(args.command), action: name, actions: Object.keys(ACTIONS).join(', ') }, { path: '.' });
  const missing = needed[paths.length];
  if (missing !== undefined) return refuse(MISSING_ARGUMENT, { command: `${called(args.command)} ${name}`, argument: missing }, { path: '.' });
  return action(args, paths, shell);
};
