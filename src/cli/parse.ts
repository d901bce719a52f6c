/**
 * @module
 * From words on a command line to the arguments of a command. Underscores count as hyphens, `--name=value` as
 * `--name value`, `--` ends the options. Nothing is guessed: what is not understood is refused with a suggestion.
 */
import { refuse, type Text } from '../findings/index.ts';
import { suggest } from '../reports/suggest.ts';
import { EXTRA_ARGUMENT, MISSING_ARGUMENT, OPTION_TWICE, OPTION_VALUE, UNKNOWN_OPTION } from './codes.ts';
import type { Command, Option } from './command.ts';
import { GLOBAL } from './options.ts';
import { readValue, type Part, type Value } from './values.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What was given. Asking for a name that the command does not have is a programming error and throws. */
export interface Arguments {
  readonly command: Command;
  /** Whether a flag is on; `undefined` when it was not given. */
  flag(name: string): boolean | undefined;
  text(name: string): string | undefined;
  /** All values of an option that may be repeated. */
  texts(name: string): readonly string[];
  number(name: string): number | undefined;
  part(name: string): Part | undefined;
  /** A positional argument, or the option that may stand for it. */
  one(name: string): string | undefined;
  many(name: string): readonly string[];
}

/** Parses `words`, the command line after the command's name. Values not given are taken from `environment` where the option names a variable. */
export function parseArguments(command: Command, words: readonly string[], environment: Environment = {}): Arguments {
  const options = optionsOf(command);
  const given = new Map<Option, Value[]>();
  const positionals: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') { positionals.push(...words.slice(i + 1)); break; }
    if (word === '-' || !word.startsWith('-')) { positionals.push(word); continue; }
    const next = (): string | undefined => (i + 1 < words.length && !looksLikeOption(words[i + 1]!) ? words[++i] : undefined);
    if (word.startsWith('--')) readLong(command, options, word, next, given);
    else readShort(command, options, word, next, given);
  }
  for (const option of options) {
    const text = option.env === undefined ? undefined : environment[option.env];
    if (text !== undefined && text !== '' && !given.has(option)) given.set(option, [checked(command, option, option.env!, text)]);
  }
  return arrange(command, options, given, positionals);
}

/** The options that a command takes: its own and those of every command. */
export function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...GLOBAL];
}

/** `temper merge`; the table's root has no name of its own. */
export const called = (command: Command): string => (command.name === '' ? 'temper' : `temper ${command.name}`);

/** Names as they are compared: hyphens, lower case. */
const normal = (name: string) => name.replaceAll('_', '-').toLowerCase();

/** A value may be a negative number or `-`, nothing else that begins with a hyphen (`--name=-value` says it all the same). */
const looksLikeOption = (word: string) => word.length > 1 && word.startsWith('-') && !/^-[\d.]/.test(word);

function add(option: Option, shown: string, value: Value, given: Map<Option, Value[]>): void {
  const values = given.get(option);
  if (values === undefined) given.set(option, [value]);
  else if (option.repeatable) values.push(value);
  // The same value again says the same thing again.
  else if (JSON.stringify(values[0]) !== JSON.stringify(value)) refuse(OPTION_TWICE, { option: shown }, { path: '.' });
}

function checked(command: Command, option: Option, shown: string, text: string | undefined): Value {
  const read = readValue(option.value, text ?? '');
  if ('value' in read && text !== undefined) return read.value;
  const wanted = 'wanted' in read ? read.wanted : { en: 'a value', zh: '一个值' };
  const nothing: Text = { en: 'nothing', zh: '空' };
  return refuse(OPTION_VALUE, { option: shown, wanted, given: text === undefined || text === '' ? nothing : text, command: called(command) }, { path: '.' });
}

function readLong(command: Command, options: readonly Option[], word: string, next: () => string | undefined, given: Map<Option, Value[]>): void {
  const [, written = '', attached] = /^--([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
  const name = normal(written), shown = `--${written}`;
  const find = (wanted: string) => options.find((option) => option.name === wanted || option.aliases?.includes(wanted));
  const option = find(name);
  if (option === undefined) {
    const negated = name.startsWith('no-') ? find(name.slice(3)) : undefined;
    if (negated?.negatable && attached === undefined) return add(negated, shown, false, given);
    return unknown(command, options, shown);
  }
  if (option.value.kind === 'flag' && attached === undefined) return add(option, shown, true, given);
  add(option, shown, checked(command, option, shown, attached ?? next()), given);
}

function readShort(command: Command, options: readonly Option[], word: string, next: () => string | undefined, given: Map<Option, Value[]>): void {
  // `-output x` would be `-o utput` and one word too many.
  const meant = normal(word.slice(1)).replace(/=.*/, '');
  if (meant.length > 1 && options.some((one) => one.name === meant || one.aliases?.includes(meant))) unknown(command, options, word);
  for (let i = 1; i < word.length; i++) {
    const option = options.find((one) => one.short === word[i]), shown = `-${word[i]}`;
    if (option === undefined) return unknown(command, options, word.length === 2 ? shown : word);
    if (option.value.kind === 'flag') { add(option, shown, true, given); continue; }
    const rest = word.slice(i + 1).replace(/^=/, '');
    return add(option, shown, checked(command, option, shown, rest === '' ? next() : rest), given);
  }
}

function unknown(command: Command, options: readonly Option[], shown: string): never {
  const names = options.flatMap((option) => [option.name, ...(option.aliases ?? []), ...(option.negatable ? [`no-${option.name}`] : [])]);
  const near = shown.startsWith('--') ? suggest(normal(shown.slice(2)), names) : names.find((name) => name === normal(shown.slice(1)).replace(/=.*/, ''));
  const hint: Text = near === undefined ? { en: '', zh: '' } : { en: `; did you mean --${near}?`, zh: `；您是否想用 --${near}？` };
  return refuse(UNKNOWN_OPTION, { command: called(command), option: shown, hint }, { path: '.' });
}

/** Gives every positional its place: single ones first and last, the rest to the one that takes many. */
function arrange(command: Command, options: readonly Option[], given: ReadonlyMap<Option, Value[]>, positionals: readonly string[]): Arguments {
  const valuesOf = (name: string): readonly Value[] => {
    const option = options.find((one) => one.name === name);
    if (option === undefined) throw new Error(`the command ${command.name} has no option ${name}`);
    return given.get(option) ?? [];
  };
  const places = new Map<string, readonly string[]>();
  const open = command.args.filter((argument) => {
    const values = argument.option === undefined ? [] : valuesOf(argument.option);
    if (values.length > 0) places.set(argument.name, values.map(String));
    return values.length === 0;
  });
  const relaxed = (argument: Command['args'][number]) => argument.optional;
  const singles = open.filter((argument) => !argument.many).length;
  let left = [...positionals];
  for (const [i, argument] of open.entries()) {
    const after = open.slice(i + 1).filter((one) => !one.many).length;
    const take = argument.many ? Math.max(0, left.length - after) : Math.min(1, left.length);
    // Too few words: the arguments that may be absent give way to those that may not.
    const spare = argument.many || !relaxed(argument) || positionals.length >= singles ? take : 0;
    if (spare === 0 && !relaxed(argument)) refuse(MISSING_ARGUMENT, { command: called(command), argument: argument.name }, { path: '.' });
    places.set(argument.name, left.slice(0, spare));
    left = left.slice(spare);
  }
  if (left.length > 0) refuse(EXTRA_ARGUMENT, { command: called(command), argument: left[0]! }, { path: '.' });
  const placed = (name: string) => {
    if (!command.args.some((argument) => argument.name === name)) throw new Error(`the command ${command.name} has no argument ${name}`);
    return places.get(name) ?? [];
  };
  return {
    command,
    flag: (name) => valuesOf(name).at(-1) as boolean | undefined,
    text: (name) => valuesOf(name).at(-1) as string | undefined,
    texts: (name) => valuesOf(name).map(String),
    number: (name) => valuesOf(name).at(-1) as number | undefined,
    part: (name) => valuesOf(name).at(-1) as Part | undefined,
    one: (name) => placed(name)[0],
    many: placed,
  };
}
