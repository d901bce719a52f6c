import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { COMMANDS, SHELLS } from '../../src/cli/table.ts';
import { optionsOf } from '../../src/cli/parse.ts';
import { temper } from './host.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;

/** What bash offers for the words of a command line, the last one unfinished. */
function complete(...words: string[]): string[] {
  const script = `${completionScript('bash', 'en')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _temper; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter(Boolean);
}

describe('completion', () => {
  it.each(SHELLS)('of %s names every command and every option', (shell) => {
    const script = completionScript(shell, 'zh');
    for (const command of COMMANDS) {
      expect(script).toContain(command.name);
      for (const option of optionsOf(command)) expect(script).toContain(shell === 'fish' ? `-l ${option.name}` : `--${option.name}`);
    }
  });

  it('is refused for a shell that nobody knows', async () => {
    const { status, err } = await temper(['completion', 'tcsh']);
    expect(status).toBe(2);
    expect(err).toContain('bash, zsh, fish, powershell');
  });

  it('is the script itself on stdout', async () => {
    expect((await temper(['completion', 'bash'])).out).toBe(completionScript('bash', 'en'));
    expect(JSON.parse((await temper(['completion', 'fish', '--json'])).out).script).toBe(completionScript('fish', 'en'));
  });

  it.runIf(has('bash'))('of bash offers what fits', () => {
    expect(complete('temper', '')).toEqual(COMMANDS.map((command) => command.name));
    expect(complete('temper', 'me')).toEqual(['merge']);
    expect(complete('temper', 'merge', 'base', '--max')).toEqual(['--max-shard-size']);
    expect(complete('temper', 'merge', 'base', '--dtype', 'b')).toEqual(['bfloat16']);
    expect(complete('temper', 'merge', '-o', 'x')).toEqual([]);
    expect(complete('temper', 'completion', '')).toEqual([...SHELLS]);
    expect(complete('temper', '--lang', 'zh', 'doctor', '--j')).toEqual(['--json']);
    expect(complete('temper', 'inspect', 'x')).toEqual([]);
  });

  it.runIf(has('zsh'))('of zsh is a script that zsh can read', () => {
    const { status, stderr } = spawnSync('zsh', ['-n'], { input: completionScript('zsh', 'zh'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.runIf(has('fish'))('of fish offers what fits', () => {
    const offer = (line: string) => spawnSync('fish', ['--no-config', '-c', `${completionScript('fish', 'en')}\ncomplete -C '${line}'`], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map((one) => one.split('\t')[0]);
    expect(offer('temper mer')).toEqual(['merge']);
    expect(offer('temper merge base --max')).toEqual(['--max-shard-size']);
    expect(offer('temper merge base --rounding ')).toEqual(['exact', 'peft', 'peft-safe']);
  });
});
