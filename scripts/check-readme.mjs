/**
 * @module
 * Runs what the READMEs tell people to type, and compares what comes out with what they show.
 *
 * In every fenced `console` block, lines that begin with `$ ` are commands; what follows, up to the next command, is
 * the output that is promised. `…` alone on a line stands for any lines, `…` within a line for anything. Nothing shown
 * means: only that it succeeds. One README is one folder, so a later command finds what an earlier one wrote.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { COMMAND, ROOT, setUpOrExit } from './setup.mjs';

/** READMEs and the locale of the person who reads each. */
export const READMES = [
  { file: 'README.md', locale: 'en_US.UTF-8' },
  { file: 'README.zh-CN.md', locale: 'zh_CN.UTF-8' },
];

/** What a reader is supposed to have lying around: name in the folder → place in the repository. */
const EXAMPLES = {
  base: 'tests/fixtures/examples/recital-zh/base',
  adapter: 'tests/fixtures/examples/recital-zh/adapter',
  'recital-en': 'tests/fixtures/examples/recital-en',
  run: 'tests/fixtures/trees/cla-pretrain-complete/tree/output_dir',
  'run-base': 'tests/fixtures/trees/cla-pretrain-complete/tree/base',
  zero3: 'tests/fixtures/trees/ds3-w4-subgroups/tree',
  'lost-rank': 'tests/fixtures/trees/ds2-w3-missing-rank/tree',
  llava: 'tests/fixtures/trees/xt-llava-export-825/tree',
  adapters: 'tests/fixtures/trees/base-audit-values/tree/adapters',
  bases: 'tests/fixtures/trees/base-candidates/tree/candidates',
  tuned: 'tests/fixtures/trees/base-candidates/tree/adapter',
  cla: 'tests/fixtures/trees/cla-bin-is-adapter/tree',
};

/** Long ones, and the one that would run this; CI runs the tests as a part of their own. */
const NOT_RUN = /^npm (test|run (soak|bench|test))\b/;

/** Longest time a command of a README may take, in milliseconds. */
const TIMEOUT_MS = 120_000;

/** Commands of the console blocks of a Markdown text, each with its line and the output shown for it. */
export function commandsOf(markdown) {
  const commands = [];
  let fence, current;
  markdown.split('\n').forEach((line, index) => {
    const open = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line);
    if (fence === undefined) {
      if (open) [fence, current] = [{ mark: open[1], isConsole: open[2] === 'console', indent: line.search(/\S/) }, undefined];
    } else if (open && open[1].startsWith(fence.mark) && open[2] === '') {
      fence = undefined;
    } else if (fence.isConsole) {
      const text = line.slice(Math.min(fence.indent, Math.max(line.search(/\S/), 0)));
      if (text.startsWith('$ ')) commands.push(current = { line: index + 1, command: text.slice(2).trim(), shown: [] });
      else if (current?.command.endsWith('\\')) current.command = `${current.command.slice(0, -1).trimEnd()} ${text.trim()}`;
      else current?.shown.push(text);
    }
  });
  return commands;
}

/** Whether a command is one of ours to run: `temper …`, `npm run …`. */
export const isRunnable = ({ command }) => /^(temper|npm run)\b/.test(command) && !NOT_RUN.test(command);

/** What differs from run to run, written the same. */
function normalise(text, place) {
  const home = os.homedir();
  return text.replaceAll(place, '.').replaceAll(ROOT, '.').replaceAll(home.length > 1 ? home : '\0', '~')
    .replace(/\r\n?/g, '\n').replace(/\u001b\[[\d;]*[A-Za-z]/g, '')
    .replace(/\d+(?:\.\d+)?\s?[kMGT]?i?B\/s/g, 'N B/s')
    .replace(/\d+(?:\.\d+)?\s?(?:ms|seconds?|s|毫秒|秒)(?![\w.])/g, 'N s')
    .split('\n').map((line) => line.trimEnd()).filter((line) => !/^> /.test(line)).join('\n').trim();
}

/** Whether `actual` is what is shown, `…` standing for anything. Both are lists of lines. */
export function matches(shown, actual) {
  if (shown.length === 0) return actual.length === 0;
  const [first, ...rest] = shown;
  if (first.trim() === '…') return Array.from({ length: actual.length + 1 }, (_, skip) => skip).some((skip) => matches(rest, actual.slice(skip)));
  if (actual.length === 0) return false;
  const pattern = first.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`, 'u').test(actual[0]) && matches(rest, actual.slice(1));
}

/** Makes the folder that a README is tried in, with `temper` on the PATH beside it. */
function prepare(command) {
  const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'temper-readme-')));
  const place = path.join(home, 'place'), bin = path.join(home, 'bin');
  for (const folder of [place, bin]) fs.mkdirSync(folder);
  for (const [name, from] of Object.entries(EXAMPLES)) fs.cpSync(path.join(ROOT, from), path.join(place, name), { recursive: true });
  fs.writeFileSync(path.join(bin, 'temper'), `#!/bin/sh\nexec ${command.map((part) => `'${part}'`).join(' ')} "$@"\n`, { mode: 0o755 });
  return { place, bin, remove: () => fs.rmSync(home, { recursive: true, force: true }) };
}

/** Runs one command. Returns undefined when it does what is shown, else what is wrong, with both texts. */
export function tryCommand({ command, shown }, { place, bin }, locale) {
  const { status, signal, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: command.startsWith('npm ') ? ROOT : place,
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}`, LC_ALL: locale, LANG: locale, NO_COLOR: '1', COLUMNS: '120' },
    encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: 1 << 26,
  });
  if (status !== 0) return `${signal ?? `exit ${status}`}:\n${(stdout + stderr).trim()}`;
  const promised = normalise(shown.join('\n'), place);
  if (promised === '') return undefined;
  // A terminal shows both streams; progress on the second one is not always shown in a README.
  const outputs = [stdout, stdout + stderr].map((text) => normalise(text, place));
  if (outputs.some((output) => matches(promised.split('\n'), output.split('\n')))) return undefined;
  return `does not print what is shown\n--- shown\n${promised}\n--- printed\n${outputs[0] || outputs[1]}`;
}

/** Runs the commands of a README that `accept` lets through. Returns how many ran, and what is wrong. */
export function tryReadme({ file, locale }, accept = isRunnable, command = [process.execPath, COMMAND]) {
  const commands = commandsOf(fs.readFileSync(path.resolve(ROOT, file), 'utf8')).filter(accept);
  const folder = prepare(command);
  try {
    const problems = commands.flatMap((one) => {
      const problem = tryCommand(one, folder, locale);
      return problem === undefined ? [] : [`${file}:${one.line}: $ ${one.command}\n${problem}`];
    });
    return { ran: commands.length, problems };
  } finally {
    folder.remove();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  await setUpOrExit();
  for (const readme of READMES) {
    const { ran, problems } = tryReadme(readme);
    console.log(`${readme.file}: ${ran} commands run, ${problems.length} not as shown`);
    for (const problem of problems) console.log(`\n${problem}`);
    if (problems.length > 0 || ran === 0) process.exitCode = 1;
  }
}
