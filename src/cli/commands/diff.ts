/** @module temper diff */
import { commonRank, diffSentence, renderDiff } from '../../reports/diff.ts';
import type { DiffBody, NextStep } from '../../reports/index.ts';
import type { CommandModule } from '../command.ts';
import type { DiffOptions } from '../door.ts';
import { quoteWord } from '../resume.ts';
import { given } from './options.ts';

/** Compares two models or adapters. */
export const run: CommandModule['run'] = async (args, shell) => {
  const [a, b] = [args.one('A')!, args.one('B')!], { diffPaths } = await shell.verbs();
  return shell.answer(await diffPaths(a, b, given<DiffOptions>({ rank: args.flag('rank'), memoryBytes: args.number('memory') }), shell.context), {
    full: renderDiff, brief: diffSentence, next: (body) => nextStep(a, b, body),
  });
};

/** A change of low rank fits into an adapter. */
function nextStep(a: string, b: string, body: DiffBody): readonly NextStep[] {
  const rank = commonRank(body.tensors);
  if (rank === undefined) return [];
  return [{
    command: `temper extract ${quoteWord(a)} ${quoteWord(b)} -o adapter --rank ${rank}`,
    reason: { en: 'the same change as an adapter of that rank', zh: '把这一改变提取为该秩的适配器' },
  }];
}
