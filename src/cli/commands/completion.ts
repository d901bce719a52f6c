/** @module temper completion */
import type { CommandModule } from '../command.ts';
import { completionScript } from '../completion.ts';

/** Prints the script of a shell. */
export const run: CommandModule['run'] = async (args, shell) => {
  const script = completionScript(args.one('SHELL')!, shell.screen.language);
  return shell.answer({ schema: 'temper.completion/1', exit: 0, findings: [], body: { shell: args.one('SHELL')!, script } }, {
    full: ({ script: text }) => text.trimEnd().split('\n'), brief: ({ script: text }) => text.trimEnd(),
  });
};
