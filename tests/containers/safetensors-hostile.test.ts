/** Hostile safetensors and files that are something else: an accepted verdict each, and never a crash. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openContainer } from '../../src/containers/index.ts';
import { fileSource } from '../../src/node/files.ts';
import { buildRecipeCase, hostileCases, verdictOf, withTemporary } from '../hostile.ts';

const verdictOfFile = (file: string) => verdictOf(async () => {
  const source = fileSource(file, path.basename(file));
  try {
    return await openContainer(source);
  } finally {
    source.close();
  }
});

/** Groups of files: safetensors, benign look-alikes, and those whose content is of no container that runs code. */
const cases = hostileCases(({ group, file, expected }) => group === 'S1' || (group === 'B' && file.endsWith('.safetensors'))
  || (group === 'Z11' && expected !== 'dangerous' && !/torch|gguf|tar/.test(file)));
const recipes = cases.filter(({ one }) => one.file.endsWith('.recipe.json')), files = cases.filter(({ one }) => !one.file.endsWith('.recipe.json'));

describe('hostile files', () => {
  it.each(files)('$title', async ({ path: file, one }) => {
    expect(one.accept ?? [one.expected]).toContain(await verdictOfFile(file));
  });
});

describe('hostile files made by recipe', () => {
  it.each(recipes)('$title', async ({ path: file, one }) => {
    await withTemporary(async (directory) => {
      expect(one.accept ?? [one.expected]).toContain(await verdictOfFile(buildRecipeCase(file, directory)));
    });
  });
});
