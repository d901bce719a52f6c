/** @module temper extract */
import { extractInOneLine, renderExtract } from '../../reports/extract.ts';
import type { CommandModule } from '../command.ts';
import type { ExtractOptions, OutputDType } from '../door.ts';
import { quoteWord } from '../resume.ts';
import { computeOptions, given, listOf, outputOf } from './options.ts';

/** Makes an adapter out of two models. */
export const run: CommandModule['run'] = async (args, shell) => {
  const base = args.one('BASE')!, tuned = args.one('TUNED')!, output = outputOf(args), { extractPaths } = await shell.verbs();
  const answer = await extractPaths(given<ExtractOptions>({
    ...computeOptions(args), base, tuned, output, rank: args.number('rank'), energy: args.number('energy'), targets: listOf(args, 'target-modules'), fullTensors: args.flag('full-tensors'),
    dtype: args.text('dtype') as OutputDType | undefined, force: args.flag('force'), digest: args.flag('digest'), sync: args.flag('sync'), revision: args.text('revision'),
  }), shell.context);
  return shell.answer(answer, {
    full: (body, screen) => renderExtract(body, screen, shell.seconds()), brief: extractInOneLine,
    next: () => [{ command: `temper merge ${[base, output].map(quoteWord).join(' ')} -o merged`, reason: { en: 'the tuned model again, as far as the adapter holds it', zh: '重新得到微调后的模型（以适配器所保留的为限）' } }],
  });
};
