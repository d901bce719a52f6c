/** @module temper convert */
import { renderWritten, writtenInOneLine } from '../../reports/written.ts';
import type { CommandModule } from '../command.ts';
import type { ConvertOptions } from '../door.ts';
import { given, writeOptions } from './options.ts';

/** Converts a model. */
export const run: CommandModule['run'] = async (args, shell) => {
  const options = given<ConvertOptions>({
    ...writeOptions(args), to: args.text('to'), saveFormat: args.text('save-format'), shards: args.number('shards'),
    asAdapter: args.flag('as-adapter'), loraAlpha: args.number('lora-alpha'), pooling: args.text('pooling'), base: args.text('base'),
    tag: args.text('tag'), worldSize: args.number('world-size'), excludeFrozen: args.flag('exclude-frozen'), buffers: args.text('buffers') as ConvertOptions['buffers'],
    keep: args.flag('keep'), recursive: args.flag('recursive'), materializeTied: args.flag('materialize-tied'), dequantize: args.flag('dequantize'), legacyFormat: args.flag('legacy-format'), verify: args.flag('verify'),
  });
  const { convertPath } = await shell.verbs();
  return shell.answer(await convertPath(args.one('IN')!, options, shell.context), { full: (body, screen) => renderWritten(body, screen, shell.seconds()), brief: writtenInOneLine, next: (body) => body.next });
};
