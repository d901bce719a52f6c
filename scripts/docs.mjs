/**
 * @module
 * Writes what is made from the sources: the lists of modules that define codes, and from all codes and the command table
 * the pages docs/codes/*.md and docs/cli.md. Pages of codes that no longer exist are removed. To be run after every change
 * of a code or of the table; a test says when it was not.
 *
 *     node scripts/docs.mjs
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Rooms whose codes only the command line can list. */
const DOORS = ['node/', 'cli/'];

/** Text of a list of modules, for the room it is written into. */
function moduleList(room, files) {
  const imports = files.map((file, i) => `import * as m${i} from '${path.posix.join(...(file.startsWith(`${room}/`) ? ['.', file.slice(room.length + 1)] : ['..', file])).replace(/^(?!\.)/, './')}';`);
  return `/** @module Modules that define codes. Made by scripts/docs.mjs. */\n${imports.join('\n')}\n\n`
    + `/** Their exports. */\nexport const CODE_MODULES: readonly object[] = [${files.map((_, i) => `m${i}`).join(', ')}];\n`;
}

/** Generated sources by path below the root. */
export function generatedSources() {
  const files = fs.readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && file !== 'findings/define.ts' && /\bdefineCode\(/.test(fs.readFileSync(path.join(ROOT, 'src', file), 'utf8'))).sort();
  const isDoor = (file) => DOORS.some((door) => file.startsWith(door));
  return new Map([
    ['src/verbs/code-modules.generated.ts', moduleList('verbs', files.filter((file) => !isDoor(file)))],
    ['src/cli/code-modules.generated.ts', moduleList('cli', files.filter(isDoor))],
  ]);
}

/** Pages by path below docs/, from the sources as they are now. */
export async function docsPages() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-docs-'));
  try {
    const outfile = path.join(scratch, 'docs.mjs');
    await build({
      absWorkingDir: ROOT, entryPoints: ['src/cli/docs.ts'], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20',
      mainFields: ['module', 'main'], charset: 'utf8', logLevel: 'warning',
      // As in build.mjs.
      alias: { yaml: path.join(ROOT, 'node_modules/yaml/browser/index.js') },
    });
    return (await import(pathToFileURL(outfile))).docsPages();
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Writes a file when its text differs, so that what watches files is not woken for nothing. */
function write(file, text) {
  const full = path.join(ROOT, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  if (!fs.existsSync(full) || fs.readFileSync(full, 'utf8') !== text) fs.writeFileSync(full, text);
}

if (process.argv[1] && import.meta.url === pathToFileURL(fs.realpathSync(process.argv[1])).href) {
  for (const [file, text] of generatedSources()) write(file, text);
  const pages = await docsPages();
  for (const [name, text] of pages) write(`docs/${name}`, text);
  const codes = path.join(ROOT, 'docs/codes');
  for (const name of fs.readdirSync(codes)) if (name.endsWith('.md') && !pages.has(`codes/${name}`)) fs.rmSync(path.join(codes, name));
  console.log(`${pages.size} pages`);
}
