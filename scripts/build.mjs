/**
 * @module
 * Builds dist/: the command and its worker as files that start fast (esbuild), and the library with its types (tsc).
 * Deleted first, so that nothing of an older build is left to be found.
 *
 *     dist/index.js, dist/node/…   the library, module by module
 *     dist/bin/temper.js           the command; what it does not need at once lies beside it
 *     dist/bin/worker.js           what its worker threads run
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Bundles the command into `outdir` and gives the path of the file to run. */
export async function bundleCommand(outdir) {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { temper: 'src/cli/temper.ts', worker: 'src/node/worker.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Beside the entries: modules look for the worker relative to themselves.
    chunkNames: '[name]-[hash]',
    // Packages that also ship a module are taken as one; their other form is made for require() and does not bundle.
    mainFields: ['module', 'main'],
    // Its module is named for browsers only; it is the same code.
    alias: { yaml: path.join(ROOT, 'node_modules/yaml/browser/index.js') },
    // `temper --help` reads all of the first file: less text, less to parse.
    minifyWhitespace: true,
    minifySyntax: true,
    charset: 'utf8',
    legalComments: 'inline',
    logLevel: 'warning',
  });
  const command = path.join(outdir, 'temper.js');
  fs.chmodSync(command, 0o755);
  return command;
}

/** The library into dist/; gives the compiler's exit status. */
function compileLibrary() {
  const { status } = spawnSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', ROOT], { cwd: ROOT, stdio: 'inherit' });
  // The command is only shipped bundled.
  fs.rmSync(path.join(ROOT, 'dist/cli'), { recursive: true, force: true });
  return status ?? 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  fs.rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
  await bundleCommand(path.join(ROOT, 'dist/bin'));
  process.exitCode = compileLibrary();
}
