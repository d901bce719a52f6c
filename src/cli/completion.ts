/**
 * @module
 * Completion scripts, from the table. They hold everything they need, so that pressing Tab starts no program.
 */
import { refuse, type Language } from '../findings/index.ts';
import { OPTION_VALUE } from './codes.ts';
import type { Command, Option } from './command.ts';
import { GLOBAL } from './options.ts';
import { optionsOf } from './parse.ts';
import { COMMANDS, SHELLS } from './table.ts';

type ShellName = (typeof SHELLS)[number];

const WRITERS: Readonly<Record<ShellName, (language: Language) => string>> = { bash, zsh, fish, powershell };

/** The script for a shell; descriptions in `language`. */
export function completionScript(shell: string, language: Language): string {
  const name = SHELLS.find((one) => one === shell.toLowerCase());
  if (name === undefined) {
    refuse(OPTION_VALUE, {
      command: 'temper completion', option: 'SHELL', given: shell, wanted: { en: `one of ${SHELLS.join(', ')}`, zh: `以下之一：${SHELLS.join('、')}` },
    }, { path: '.' });
  }
  return WRITERS[name](language);
}

/** All ways to write an option that are worth offering: its name, its negation, its letter. */
const spellings = (option: Option) => [`--${option.name}`, ...(option.negatable ? [`--no-${option.name}`] : []), ...(option.short === undefined ? [] : [`-${option.short}`])];

/** Words for a value: the choices, or nothing (`undefined` when the option takes a path). */
const wordsOf = (option: Option): readonly string[] | undefined => (option.path ? undefined : option.value.kind === 'choice' ? option.value.choices : []);

const single = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Options with a value, by name over all commands. */
function valued(): Option[] {
  const byName = new Map<string, Option>();
  for (const option of COMMANDS.flatMap(optionsOf)) if (option.value.kind !== 'flag') byName.set(option.name, option);
  return [...byName.values()];
}

/** Fixed words for the first argument of a command. */
const choicesOf = (command: Command) => command.args.flatMap((argument) => argument.choices ?? []);

function bash(): string {
  const names = COMMANDS.map((command) => command.name);
  return `# Completion of temper for bash. Install: temper completion bash >> ~/.bashrc
_temper() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word options
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${names.join('|')}) command="$word"; break ;; esac
  done
  case "$command" in
${COMMANDS.map((command) => `    ${command.name}) options="${optionsOf(command).flatMap(spellings).join(' ')}" ;;`).join('\n')}
    *) options="${[...GLOBAL.flatMap(spellings), '--version'].join(' ')}" ;;
  esac
  COMPREPLY=()
  case "$previous" in
${valued().map((option) => `    ${spellings(option).join('|')}) ${wordsOf(option) === undefined ? '' : `COMPREPLY=($(compgen -W "${wordsOf(option)!.join(' ')}" -- "$current")); `}return ;;`).join('\n')}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current")); return; fi
  case "$command" in
    "") COMPREPLY=($(compgen -W "${names.join(' ')}" -- "$current")) ;;
${COMMANDS.filter((command) => choicesOf(command).length > 0).map((command) => `    ${command.name}) COMPREPLY=($(compgen -W "${choicesOf(command).join(' ')}" -- "$current")) ;;`).join('\n')}
  esac
}
complete -o default -F _temper temper
`;
}

function zsh(language: Language): string {
  const bracketed = (text: string) => text.replace(/[[\]:]/g, (character) => `\\${character}`);
  const specs = (option: Option): string[] => {
    const words = wordsOf(option), text = bracketed(option.help[language]);
    const value = option.value.kind === 'flag' ? '' : `:${option.placeholder ?? option.name}:${words === undefined ? '_files' : words.length > 0 ? `(${words.join(' ')})` : ''}`;
    return spellings(option).map((spelling) => single(`${option.repeatable ? '*' : ''}${spelling}[${text}]${value}`));
  };
  return `#compdef temper
# Completion of temper for zsh. Install: temper completion zsh > "\${fpath[1]}/_temper"
_temper() {
  local curcontext="$curcontext" state line
  local -a commands=(
${COMMANDS.map((command) => `    ${single(`${command.name}:${bracketed(command.summary[language])}`)}`).join('\n')}
  )
  _arguments -C '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe temper commands; _files ;;
    arguments)
      case $words[1] in
${COMMANDS.map((command) => `        ${command.name}) _arguments ${[...optionsOf(command).flatMap(specs), single(choicesOf(command).length > 0 ? `*:argument:(${choicesOf(command).join(' ')})` : '*:path:_files')].join(' ')} ;;`).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_temper" ]; then _temper "$@"; else compdef _temper temper; fi
`;
}

function fish(language: Language): string {
  const lines = ['# Completion of temper for fish. Install: temper completion fish > ~/.config/fish/completions/temper.fish'];
  const names = COMMANDS.map((command) => command.name).join(' ');
  const none = `-n ${single(`not __fish_seen_subcommand_from ${names}`)}`;
  const option = (one: Option, when: string) => {
    const words = wordsOf(one);
    const value = one.value.kind === 'flag' ? '' : words === undefined ? ' -r -F' : words.length > 0 ? ` -x -a ${single(words.join(' '))}` : ' -x';
    const line = (name: string, short?: string) => `complete -c temper ${when} -l ${name}${short === undefined ? '' : ` -s ${short}`}${value} -d ${single(one.help[language])}`;
    return [line(one.name, one.short), ...(one.negatable ? [line(`no-${one.name}`)] : [])];
  };
  for (const command of COMMANDS) lines.push(`complete -c temper ${none} -a ${command.name} -d ${single(command.summary[language])}`);
  for (const one of GLOBAL) lines.push(...option(one, none));
  for (const command of COMMANDS) {
    const when = `-n ${single(`__fish_seen_subcommand_from ${command.name}`)}`;
    if (choicesOf(command).length > 0) lines.push(`complete -c temper ${when} -f -a ${single(choicesOf(command).join(' '))}`);
    for (const one of optionsOf(command)) lines.push(...option(one, when));
  }
  return `${lines.join('\n')}\n`;
}

function powershell(language: Language): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const list = (words: readonly string[]) => `@(${words.map(quoted).join(', ')})`;
  const described = (entries: readonly (readonly [string, string])[]) => `@(${entries.map(([word, text]) => `@(${quoted(word)}, ${quoted(text)})`).join(', ')})`;
  const optionEntries = (options: readonly Option[]) => options.flatMap((option) => spellings(option).map((spelling) => [spelling, option.help[language]] as const));
  return `# Completion of temper for PowerShell. Install: temper completion powershell >> $PROFILE
Register-ArgumentCompleter -Native -CommandName temper -ScriptBlock {
  param($word, $ast, $position)
  $commands = ${described(COMMANDS.map((command) => [command.name, command.summary[language]]))}
  $options = @{
${COMMANDS.map((command) => `    ${quoted(command.name)} = ${described(optionEntries(optionsOf(command)))}`).join('\n')}
  }
  $values = @{
${valued().filter((option) => (wordsOf(option)?.length ?? 0) > 0).flatMap((option) => spellings(option).map((spelling) => `    ${quoted(spelling)} = ${list(wordsOf(option)!)}`)).join('\n')}
  }
  $choices = @{
${COMMANDS.filter((command) => choicesOf(command).length > 0).map((command) => `    ${quoted(command.name)} = ${list(choicesOf(command))}`).join('\n')}
  }
  $before = @($ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  $command = $before | Where-Object { $options.ContainsKey($_) } | Select-Object -First 1
  $found = if ($before.Count -gt 0 -and $values.ContainsKey($before[-1])) { $values[$before[-1]] | ForEach-Object { , @($_, $_) } }
    elseif ($word.StartsWith('-')) { if ($command) { $options[$command] } else { ${described(optionEntries(GLOBAL))} } }
    elseif (-not $command) { $commands }
    elseif ($choices.ContainsKey($command)) { $choices[$command] | ForEach-Object { , @($_, $_) } }
  $found | Where-Object { $_[0] -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}
