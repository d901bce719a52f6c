/**
 * @module
 * What a command and an option are. The table of them gives the parser, the help, completion and the docs page.
 */
import type { Text } from '../findings/index.ts';
import type { Arguments } from './parse.ts';
import type { Shell } from './shell.ts';

/** How the value of an option is read. */
export type ValueKind =
  /** Present or not; no value. */
  | { readonly kind: 'flag' }
  | { readonly kind: 'text' }
  /** Whole number of at least `least`. */
  | { readonly kind: 'count'; readonly least: number }
  /** Any finite number. */
  | { readonly kind: 'number' }
  /** Bytes: `5GB` decimal, `512MiB` binary, `100000`. */
  | { readonly kind: 'bytes' }
  /** `2/8`. */
  | { readonly kind: 'part' }
  /** One of a list; `also` maps other spellings onto it. */
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly also?: Readonly<Record<string, string>> };

/** One option. */
export interface Option {
  /** Long name without the hyphens, `max-shard-size`. */
  readonly name: string;
  readonly short?: string;
  /** Other long names people know it by. */
  readonly aliases?: readonly string[];
  readonly value: ValueKind;
  /** What the help calls the value, `SIZE`. */
  readonly placeholder?: string;
  readonly repeatable?: boolean;
  /** A flag that also exists as `--no-NAME`. */
  readonly negatable?: boolean;
  /** A file or folder: completion offers paths. */
  readonly path?: boolean;
  /** Environment variable that stands in when the option is not given. */
  readonly env?: string;
  /** Variables that others read; the help names them. */
  readonly alsoFrom?: string;
  /** What holds without it, as the help shows it. */
  readonly fallback?: string | Text;
  readonly group: OptionGroup;
  readonly help: Text;
}

/** Headings under which the help lists options, in this order. */
export const GROUPS = {
  input: { en: 'Input', zh: '输入' },
  output: { en: 'Output', zh: '输出' },
  numbers: { en: 'Numbers', zh: '数值' },
  running: { en: 'Running', zh: '运行' },
  report: { en: 'Report', zh: '报告' },
} as const satisfies Record<string, Text>;

/** One of the headings. */
export type OptionGroup = keyof typeof GROUPS;

/** One positional argument. */
export interface Argument {
  /** `BASE` */
  readonly name: string;
  readonly help: Text;
  /** Any number of them. At most one argument of a command. */
  readonly many?: boolean;
  readonly optional?: boolean;
  /** Fixed words, for completion and for the help. */
  readonly choices?: readonly string[];
  /** The option that may give it instead. */
  readonly option?: string;
}

/** An example for the help: a command line and what it does. */
export interface Example { readonly line: string; readonly does: Text }

/** One command. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line. */
  readonly summary: Text;
  /** Paragraphs. */
  readonly description?: Text;
  readonly args: readonly Argument[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** Meaning of exit statuses beyond 0 and 2. */
  readonly exits?: readonly (readonly [status: number, meaning: Text])[];
  /** Loads what runs it. Nothing else of the program is loaded before. */
  readonly load: () => Promise<CommandModule>;
}

/** What a file of commands/ exports. */
export interface CommandModule {
  /** Runs the command and gives the exit status; what it throws is reported by the shell. */
  readonly run: (args: Arguments, shell: Shell) => Promise<number>;
}
