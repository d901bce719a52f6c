/**
 * @module
 * `npm test`: sets up, then runs vitest with the arguments given. `--soak` runs the long tests instead of the quick ones.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT, setUpOrExit } from './setup.mjs';

await setUpOrExit();
const given = process.argv.slice(2);
const mode = given.includes('--soak') ? ['--mode', 'soak'] : [];
const vitest = spawn(
  process.execPath,
  [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...mode, ...given.filter((argument) => argument !== '--soak')],
  { cwd: ROOT, stdio: 'inherit' },
);
vitest.on('exit', (status) => { process.exitCode = status ?? 1; });
