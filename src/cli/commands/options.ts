/**
 * @module
 * From arguments to the options of the verbs: what was not given is left out, so that the verb's own default holds.
 */
import type { AdapterOptions, ComputeOptions, OutputDType, WriteOptions } from '../door.ts';
import { MISSING_ARGUMENT } from '../codes.ts';
import { refuse } from '../../findings/index.ts';
import { called, type Arguments } from '../parse.ts';

/** An object without the entries that are undefined. */
export function given<T extends object>(entries: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;
}

/** Memory and workers. */
export function computeOptions(args: Arguments): ComputeOptions {
  return given<ComputeOptions>({ memoryBytes: args.number('memory'), workers: args.number('workers') });
}

/** Where to write. Refuses when that was not said. */
export function outputOf(args: Arguments): string {
  const output = args.text('output');
  if (output === undefined) refuse(MISSING_ARGUMENT, { command: called(args.command), argument: '-o DIR' }, { path: '.' });
  return output;
}

/** Names or numbers between commas, of an option that may also be given several times. */
export function listOf(args: Arguments, name: string): readonly string[] | undefined {
  const items = args.texts(name).flatMap((text) => text.split(',')).map((item) => item.trim()).filter((item) => item !== '');
  return items.length === 0 ? undefined : items;
}

/** Where and how to write. Refuses when there is no output. */
export function writeOptions(args: Arguments): WriteOptions {
  const output = outputOf(args);
  return given<WriteOptions>({
    ...computeOptions(args), output,
    maxShardBytes: args.number('max-shard-size'), safeSerialization: args.flag('safe-serialization'), dtype: args.text('dtype') as OutputDType | undefined,
    dryRun: args.flag('dry-run'), force: args.flag('force'), resume: args.flag('resume'), part: args.part('part'), finish: args.flag('finish'),
    digest: args.flag('digest'), sync: args.flag('sync'),
  });
}

/** Base and adapters. */
export function adapterOptions(args: Arguments): AdapterOptions {
  return given<AdapterOptions>({
    ...computeOptions(args), base: args.one('BASE'), adapters: args.many('ADAPTER'),
    initialAdapter: args.text('initial-adapter'), loraAlpha: args.number('lora-alpha'), revision: args.text('revision'), dequantize: args.flag('dequantize'),
    tag: args.text('tag'), worldSize: args.number('world-size'),
  });
}
