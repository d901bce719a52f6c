/** The scan over directories: indexes, distributed checkpoints, configurations; and over golden directories, which are fine. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { scan } from '../../src/verbs/scan.ts';
import { buildRecipeCase, copyWithLinks, hostileCases, withTemporary } from '../hostile.ts';
import { fixtureFolders } from '../fixtures.ts';

describe('hostile directories', () => {
  for (const { title, path: file, one } of hostileCases(({ group }) => ['I1', 'D1', 'D2', 'C1'].includes(group))) {
    const names = (one as { must_list_globals?: string[] }).must_list_globals ?? [];
    it(title, async () => {
      await withTemporary(async (directory) => {
        const recipe = one.file.endsWith('.recipe.json');
        const built = recipe ? buildRecipeCase(file, directory) : undefined;
        if (built === undefined) copyWithLinks(file, directory, (relative) => one.file.includes('symlink') && relative.endsWith('.safetensors') && /^[\w./-]+$/.test(fs.readFileSync(path.join(file, relative), 'latin1')));
        const { body, exit } = await scan({ folder: openFolder(directory), path: directory, ...(built === undefined ? {} : { file: path.basename(built) }) });
        expect(one.accept ?? [one.expected]).toContain(body.verdict);
        expect(body.globals).toEqual(expect.arrayContaining(names));
        expect(exit).toBe(['unknown', 'dangerous', 'refuse'].includes(body.verdict) ? 1 : 0);
      });
    });
  }
});

describe('golden directories', () => {
  for (const { label, dir } of [...fixtureFolders('containers/dcp'), ...fixtureFolders('containers/sharded')]) {
    for (const name of fs.readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)) {
      if (name === 'hf_cache_symlinks') continue; // Links that are kept as text elsewhere.
      it(`${label} ${name} holds nothing to be afraid of`, async () => {
        const { body } = await scan({ folder: openFolder(path.join(dir, name)), path: name });
        expect(['data-only', 'benign-framework', 'finding']).toContain(body.verdict);
      });
    }
  }
});

it('a directory gets the verdict of its worst file, and every name', async () => {
  const evil = new TextEncoder().encode('cos\nsystem\n(Vtrue\ntR.'), harmless = new TextEncoder().encode('(dVa\nI1\ns.');
  const { body, exit, findings } = await scan({ folder: memoryFolder('d', new Map([['a.pkl', evil], ['b/c.pkl', harmless], ['notes.txt', new TextEncoder().encode('hello')]])), path: 'd' });
  expect([body.verdict, exit]).toEqual(['dangerous', 1]);
  expect(body.files.map(({ path: file, verdict, globals }) => [file, verdict, globals])).toEqual([['a.pkl', 'dangerous', ['os.system']], ['b/c.pkl', 'data-only', []], ['notes.txt', 'data-only', []]]);
  expect(findings.map(({ code, path: file }) => [code, file])).toEqual([['scan-dangerous', 'a.pkl']]);
});
