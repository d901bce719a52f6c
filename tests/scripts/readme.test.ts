import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf, isRunnable, matches, READMES, tryReadme } from '../../scripts/check-readme.mjs';

describe.each(READMES)('$file', (readme) => {
  it('shows what its commands really print', () => {
    // `npm run …` is left to CI: the example has a part of its own there.
    const { ran, problems } = tryReadme(readme, (command) => isRunnable(command) && command.command.startsWith('temper'));
    expect(problems).toEqual([]);
    expect(ran).toBeGreaterThan(0);
  });
});

describe('commands of a Markdown text', () => {
  it('are those of console blocks, with what is shown for each', () => {
    const text = ['```console', 'no command yet', '$ temper a \\', '    --b', 'one', '', 'two', '$ git clone x', '```', '```sh', '$ temper not-this', '```',
      '- item', '  ```console', '  $ npm run example', '    indented', '  ```'].join('\n');
    expect(commandsOf(text)).toEqual([
      { line: 3, command: 'temper a --b', shown: ['one', '', 'two'] },
      { line: 8, command: 'git clone x', shown: [] },
      { line: 15, command: 'npm run example', shown: ['  indented'] },
    ]);
  });

  it.each([['temper x', true], ['npm run example', true], ['npm run soak', false], ['npm test', false], ['git clone x', false], ['temperature', false]])(
    'are run or not: %s', (command, runs) => {
      expect(isRunnable({ command })).toBe(runs);
    });

  it.each([
    [['a', '…', 'd'], ['a', 'b', 'c', 'd'], true],
    [['a', '…'], ['a'], true],
    [['a … c'], ['a b c'], true],
    [['a (1.5)'], ['a (1.5)'], true],
    [['a'], ['a', 'b'], false],
    [['…', 'd'], ['a', 'b'], false],
    [['a.c'], ['abc'], false],
  ])('%j against %j', (shown, actual, expected) => {
    expect(matches(shown, actual)).toBe(expected);
  });
});

describe('a README', () => {
  let folder: string, tool: string[];
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-readme-test-'));
    // Lists a folder, writes a file, fails, or says where and how long: enough to see that output is really compared.
    fs.writeFileSync(path.join(folder, 'tool.mjs'), `import fs from 'node:fs';
      const [verb, ...rest] = process.argv.slice(2);
      if (verb === 'list') console.log(fs.readdirSync(rest[0]).sort().join('\\n'));
      if (verb === 'write') { fs.writeFileSync(rest[0], ''); console.error('progress'); console.log(process.cwd() + '/' + rest[0] + ' in ' + Math.random().toFixed(2) + ' s'); }
      if (verb === 'locale') console.log(process.env.LC_ALL);
      if (verb === 'fail') { console.error('no such thing'); process.exit(2); }`);
    tool = [process.execPath, path.join(folder, 'tool.mjs')];
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  const problemsOf = (...block: string[]) => {
    const file = path.join(folder, 'README.md');
    fs.writeFileSync(file, ['# Title', '```console', ...block, '```', ''].join('\n'));
    return tryReadme({ file, locale: 'zh_CN.UTF-8' }, isRunnable, tool);
  };

  it('that shows the truth has no problems, and its commands share a folder', () => {
    const { ran, problems } = problemsOf('$ temper list .', 'adapter', '…', 'base', '…', '$ temper write new', './new in 0.5 s', '$ temper list .', '…', 'new', '…',
      '$ temper fail; echo "exit $?"', 'exit 2', '$ temper fail || true', 'no such thing', '$ temper list base | grep config', 'config.json', 'generation_config.json', 'tokenizer_config.json', '$ temper locale', 'zh_CN.UTF-8', '$ temper list base');
    expect(problems).toEqual([]);
    expect(ran).toBe(8);
  });

  it.each([
    ['another output', ['$ temper locale', 'en_US.UTF-8'], /does not print what is shown[^]*en_US[^]*zh_CN/],
    ['an output that is longer', ['$ temper list base', 'config.json'], /does not print what is shown/],
    ['a failure', ['$ temper fail'], /exit 2:\nno such thing/],
    ['a failure that shows its message', ['$ temper fail', 'no such thing'], /exit 2/],
  ])('that shows %s has one', (_what, block, pattern) => {
    const { problems } = problemsOf(...block);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(pattern);
    expect(problems[0]).toContain('README.md:3: $ temper');
  });
});
