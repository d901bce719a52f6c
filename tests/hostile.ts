/**
 * @module
 * The corpus of hostile files: cases from the manifests, and the verdict of an attempt to open one.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isTemperError, type Finding } from '../src/findings/index.ts';
import { fixtureFolders, readJson } from './fixtures.ts';
import { writeRecipe, type Recipe } from './recipes.ts';

/** A case of the manifest. */
export interface HostileCase {
  readonly file: string;
  readonly group: string;
  readonly what: string;
  readonly expected: string;
  readonly accept?: readonly string[];
  readonly recipe_for?: string;
}

/** Verdicts of reading. */
export type Verdict = 'refuse' | 'finding' | 'data-only';

/** Cases of all roots that `wanted` picks, with the path of the file or folder. */
export function hostileCases(wanted: (one: HostileCase) => boolean): { title: string; path: string; one: HostileCase }[] {
  return fixtureFolders('hostile').flatMap(({ dir, label }) => (readJson(path.join(dir, 'manifest.json')).cases as HostileCase[])
    .filter(wanted).map((one) => ({ title: `${label} ${one.file}: ${one.what}`, path: path.join(dir, one.file), one })));
}

/** What opening led to: a refusal, something to report, or plain data. Anything but a refusal of ours is a crash and goes on up. */
export async function verdictOf(open: () => Promise<{ readonly findings: readonly Finding[] }>): Promise<Verdict> {
  try {
    const { findings } = await open();
    return findings.some(({ severity }) => severity !== 'info') ? 'finding' : 'data-only';
  } catch (error) {
    if (isTemperError(error)) return 'refuse';
    throw error;
  }
}

/** Runs `use` with a temporary directory that is gone afterwards. */
export async function withTemporary<T>(use: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-test-'));
  try {
    return await use(directory);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** A copy of a fixture folder in which the files `links` names are links to the text they hold. */
export function copyWithLinks(from: string, to: string, links: (relative: string) => boolean): void {
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    const full = path.join(entry.parentPath, entry.name), relative = path.relative(from, full), target = path.join(to, relative);
    if (entry.isDirectory()) fs.mkdirSync(target, { recursive: true });
    else {
      fs.mkdirSync(path.dirname(target), { recursive: true });
      if (links(relative)) fs.symlinkSync(fs.readFileSync(full, 'utf8'), target);
      else fs.copyFileSync(full, target);
    }
  }
}

/** Builds the file of a recipe case in `directory`; gives its path. */
export function buildRecipeCase(recipePath: string, directory: string): string {
  const recipe = readJson(recipePath) as Recipe;
  const target = path.join(directory, recipe.out ?? 'model.safetensors');
  writeRecipe(recipe, target);
  return target;
}
