/** @module temper inspect */
import { inspectInOneLine, renderInspect } from '../../reports/inspect.ts';
import type { CommandModule } from '../command.ts';
import type { InspectOptions } from '../door.ts';
import { given } from './options.ts';

/** Says what a path is. */
export const run: CommandModule['run'] = async (args, shell) => {
  const path = args.one('PATH')!;
  const { inspectPath } = await shell.verbs();
  const options = given<InspectOptions>({ tensors: args.flag('tensors'), digest: args.flag('digest'), memoryBytes: args.number('memory') });
  return shell.answer(await inspectPath(path, options, shell.context), {
    full: (body, screen) => renderInspect(body, path, screen),
    brief: inspectInOneLine,
    next: (body) => body.next,
  });
};
