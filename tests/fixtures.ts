/**
 * Where golden files are: the ones carried in this repository, and a second root when TEMPER_FIXTURES names one.
 * Adding a folder adds tests.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const carried = path.join(path.dirname(fileURLToPath(import.meta.url)), 'fixtures');

/** Roots with the same layout: `containers/`, `hostile/`, `peft/`, `examples/` … */
export function fixtureRoots(): string[] {
  const more = process.env['TEMPER_FIXTURES'];
  return [carried, ...(more ? [path.resolve(more)] : [])].filter((root) => fs.existsSync(root));
}

/** Existing folders `root/part` of all roots, with a short name for test titles. */
export function fixtureFolders(part: string): { root: string; label: string; dir: string }[] {
  return fixtureRoots()
    .map((root) => ({ root, label: root === carried ? 'carried' : 'more', dir: path.join(root, part) }))
    .filter(({ dir }) => fs.existsSync(dir));
}

export const readJson = (file: string): any => JSON.parse(fs.readFileSync(file, 'utf8'));
