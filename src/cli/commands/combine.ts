/** @module temper combine */
import { refuse } from '../../findings/index.ts';
import { combineInOneLine, renderCombine } from '../../reports/combine.ts';
import { OPTION_VALUE } from '../codes.ts';
import type { CommandModule } from '../command.ts';
import type { CombineOptions, OutputDType } from '../door.ts';
import { called } from '../parse.ts';
import { quoteWord } from '../resume.ts';
import { computeOptions, given, listOf, outputOf } from './options.ts';

/** Combines adapters. */
export const run: CommandModule['run'] = async (args, shell) => {
  const output = outputOf(args), weights = listOf(args, 'weights')?.map((text) => {
    const value = Number(text);
    if (!Number.isFinite(value)) refuse(OPTION_VALUE, { command: called(args.command), option: '--weights', wanted: { en: 'numbers such as 0.7,0.3', zh: '数字，例如 0.7,0.3' }, given: text }, { path: '.' });
    return value;
  });
  const { combinePaths } = await shell.verbs();
  const answer = await combinePaths(given<CombineOptions>({
    ...computeOptions(args), adapters: args.many('ADAPTER'), output, weights, method: args.text('method') as CombineOptions['method'], density: args.number('density'), rank: args.number('rank'),
    election: args.text('majority-sign-method') as CombineOptions['election'], seed: args.number('seed'), dtype: args.text('dtype') as OutputDType | undefined,
    force: args.flag('force'), digest: args.flag('digest'), sync: args.flag('sync'),
  }), shell.context);
  return shell.answer(answer, {
    full: (body, screen) => renderCombine(body, screen, shell.seconds()), brief: combineInOneLine,
    next: () => [{ command: `temper merge BASE ${quoteWord(output)} -o merged`, reason: { en: 'the combined adapter in its base', zh: '把组合后的适配器合并进基座' } }],
  });
};
