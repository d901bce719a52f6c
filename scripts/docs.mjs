/**
 * @module
 * Writes the pages of docs/ that are made from the sources, and removes pages of codes that no longer exist.
 *
 *     node scripts/docs.mjs
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-docs-'));
try {
  const outfile = path.join(scratch, 'docs.mjs');
  await build({
    absWorkingDir: ROOT, entryPoints: ['src/cli/docs.ts'], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20',
    mainFields: ['module', 'main'], charset: 'utf8', logLevel: 'warning',
  });
  const { docsPages } = await import(pathToFileURL(outfile));
  const pages = docsPages();
  const codes = path.join(ROOT, 'docs/codes');
  fs.mkdirSync(codes, { recursive: true });
  for (const name of fs.readdirSync(codes)) if (name.endsWith('.md') && !pages.has(`codes/${name}`)) fs.rmSync(path.join(codes, name));
  for (const [name, text] of pages) fs.writeFileSync(path.join(ROOT, 'docs', name), text);
  console.log(`${pages.size} pages`);
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
