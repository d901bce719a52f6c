/**
 * @module
 * From the command line to an exit status: finds the command, answers help and version, runs the rest.
 */
import { isTemperError, refuse, type Text } from '../findings/index.ts';
import { suggest } from '../reports/suggest.ts';
import type { Screen } from '../reports/screen.ts';
import { VERSION } from '../version.ts';
import { UNKNOWN_COMMAND } from './codes.ts';
import type { Command } from './command.ts';
import { commandHelp, mainHelp, reminder } from './help.ts';
import { parseArguments } from './parse.ts';
import { COLUMNS_PROSE, COLUMNS_USUAL, readPreferences } from './preferences.ts';
import { openShell, type Host } from './shell.ts';
import { COMMANDS, findCommand, ROOT } from './table.ts';

/** Which command is meant, and the words that are its own. */
type Found = { readonly command: Command; readonly words: readonly string[] } | { readonly unknown: string } | { readonly nothing: true };

/** Runs a command line (without `node` and the script) and gives the exit status. Never throws. */
export async function run(words: readonly string[], host: Host): Promise<number> {
  const preferences = readPreferences(words, host.environment, host.systemLocale);
  const { shell, fail } = openShell(host, preferences, words);
  const found = find(words, host);
  const name = 'command' in found ? found.command.name : 'error';
  try {
    if (isHelp(words)) { await shell.print(helpFor(words, found, helpScreen(shell.screen))); return 0; }
    if ('nothing' in found) {
      const asked = parseArguments(ROOT, words, host.environment);
      await shell.print(asked.flag('version') ? [`temper ${VERSION}`] : mainHelp(helpScreen(shell.screen)));
      return 0;
    }
    if ('unknown' in found) return await fail(unknownCommand(found.unknown), name);
    const args = parseArguments(found.command, found.words, host.environment);
    const { run: runCommand } = await found.command.load();
    return await runCommand(args, shell);
  } catch (error) {
    return await fail(error, name, (cause, screen) =>
      (isTemperError(cause) ? reminder('command' in found ? found.command : ROOT, cause.code, helpScreen(screen)) : []));
  }
}

/** Help is prose: wrapped at 80 columns in a file or a pipe, never wider than can be read. */
function helpScreen(screen: Screen): Screen {
  return { ...screen, columns: Number.isFinite(screen.columns) ? Math.min(screen.columns, COLUMNS_PROSE) : COLUMNS_USUAL };
}

function isHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const before = end < 0 ? words : words.slice(0, end);
  return before[0] === 'help' || before.includes('--help') || before.includes('-h');
}

function helpFor(words: readonly string[], found: Found, screen: Screen): string[] {
  const asked = words[0] === 'help' ? words.slice(1).map(findCommand).find((one) => one !== undefined)
    // `temper --help` is about the program even though plain `temper` means inspect.
    : 'command' in found && words.some((word) => word === found.command.name) ? found.command : undefined;
  return asked === undefined ? mainHelp(screen) : commandHelp(asked, screen);
}

/** The first word that is no option names the command; a path there means inspect. */
function find(words: readonly string[], host: Host): Found {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--lang' || word === '--language') { i++; continue; }
    if (word.startsWith('-') && word.length > 1 && word !== '--') continue;
    const command = findCommand(word);
    if (command !== undefined) return { command, words: [...words.slice(0, i), ...words.slice(i + 1)] };
    const path = word === '--' ? words[i + 1] : word;
    if (path !== undefined && (/[\\/.~]/.test(path) || host.exists(path))) return { command: findCommand('inspect')!, words };
    return { unknown: path ?? word };
  }
  return { nothing: true };
}

function unknownCommand(given: string): unknown {
  const near = suggest(given, COMMANDS.map((command) => command.name));
  const hint: Text = near === undefined ? { en: '', zh: '' } : { en: `; did you mean temper ${near}?`, zh: `；您是否想用 temper ${near}？` };
  try {
    return refuse(UNKNOWN_COMMAND, { command: given, hint }, { path: '.' });
  } catch (error) {
    return error;
  }
}
