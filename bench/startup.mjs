/**
 * @module
 * How long `temper --help` takes beside a Node that does nothing. Prints milliseconds and the difference; judges nothing.
 *
 *     node bench/startup.mjs [times]
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const command = path.join(ROOT, 'dist/bin/temper.js');
const times = Number(process.argv[2] ?? 15);

/** What is measured, in turn, so that a busy moment of the machine falls on all alike. */
const RUNS = [['node -e 0', ['-e', '0']], ['--version', [command, '--version']], ['--help', [command, '--help']], ['merge --help', [command, 'merge', '--help']], ['explain', [command, 'explain']]];

const taken = RUNS.map(() => []);
for (let i = 0; i < times; i++) {
  for (const [k, [name, args]] of RUNS.entries()) {
    const began = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} exits ${status}: run npm run build first`);
    taken[k].push(performance.now() - began);
  }
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const bare = median(taken[0]);
for (const [k, [name]] of RUNS.entries()) {
  const ms = median(taken[k]);
  console.log(`${name.padEnd(14)} ${ms.toFixed(0).padStart(5)} ms  ${(ms / bare).toFixed(2)}× node  ${(ms - bare).toFixed(0)} ms over it`);
}
