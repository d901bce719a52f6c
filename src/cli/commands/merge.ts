/** @module temper merge */
import { renderWritten, writtenInOneLine } from '../../reports/written.ts';
import type { CommandModule } from '../command.ts';
import type { MergeOptions } from '../door.ts';
import type { NextStep } from '../../reports/index.ts';
import { quoteWord } from '../resume.ts';
import { adapterOptions, given, writeOptions } from './options.ts';

/** Merges adapters into a base. */
export const run: CommandModule['run'] = async (args, shell) => {
  const options = given<MergeOptions>({
    ...writeOptions(args), ...adapterOptions(args),
    plan: args.text('plan'), rounding: args.text('rounding') as MergeOptions['rounding'], verify: args.flag('verify'),
    survival: args.text('survival') as MergeOptions['survival'],
  });
  const { mergePaths } = await shell.verbs();
  return shell.answer(await mergePaths(options, shell.context), {
    full: (body, screen) => renderWritten(body, screen, shell.seconds()), brief: writtenInOneLine,
    next: (body) => body.next ?? nextStep(options, body.complete !== false),
  });
};

/** After a plan, its run; after a run, its proof. */
function nextStep({ base, adapters, output, dryRun, dequantize, loraAlpha }: MergeOptions, complete: boolean): readonly NextStep[] {
  if (base === undefined || adapters.length === 0 || !complete) return [];
  const inputs = [base, ...adapters].map(quoteWord).join(' '), how = `${loraAlpha === undefined ? '' : ` --lora-alpha ${loraAlpha}`}${dequantize ? ' --dequantize' : ''}`;
  return dryRun
    ? [{ command: `temper merge ${inputs} -o ${quoteWord(output)}${how}`, reason: { en: 'do it', zh: '执行' } }]
    : [{ command: `temper verify ${inputs} ${quoteWord(output)}${how}`, reason: { en: 'prove that the adapter is in the weights', zh: '证明适配器确实写进了权重' } }];
}
