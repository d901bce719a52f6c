/**
 * @module
 * Builds dist/: the library with its types (tsc), and the command and its worker as self-contained files that start
 * fast (esbuild). Deleted first, so that nothing of an older build is left to be found.
 *
 *     dist/index.js, dist/node/…   the library, module by module
 *     dist/bin/temper.js           the command; what it does not need at once lies beside it
 *     dist/bin/worker.js           what its worker threads run
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DIST = path.join(ROOT, 'dist');

fs.rmSync(DIST, { recursive: true, force: true });

const command = path.join(DIST, 'bin/temper.js');
await build({
  absWorkingDir: ROOT,
  entryPoints: { temper: 'src/cli/temper.ts', worker: 'src/node/worker.ts' },
  outdir: 'dist/bin',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Beside the entries: modules look for the worker relative to themselves.
  chunkNames: '[name]-[hash]',
  // Packages that also ship a module are taken as one; their other form is made for require() and does not bundle.
  mainFields: ['module', 'main'],
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
});
fs.chmodSync(command, 0o755);

const compiler = spawnSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', ROOT], { cwd: ROOT, stdio: 'inherit' });
if (compiler.status !== 0) process.exit(compiler.status ?? 1);
// The command is only shipped bundled.
fs.rmSync(path.join(DIST, 'cli'), { recursive: true, force: true });
