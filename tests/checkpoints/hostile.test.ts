/** Hostile indexes: an accepted verdict each, and nothing outside of the folder is read. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { closeCheckpoint, openCheckpoint } from '../../src/checkpoints/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { buildRecipeCase, copyWithLinks, hostileCases, verdictOf, withTemporary } from '../hostile.ts';

const cases = hostileCases(({ group }) => group === 'I1');

describe('hostile indexes', () => {
  it.each(cases)('$title', async ({ path: file, one }) => {
    await withTemporary(async (directory) => {
      if (one.file.endsWith('.recipe.json')) buildRecipeCase(file, directory);
      // Links are kept as text: a name, and no header.
      else copyWithLinks(file, directory, (relative) => one.file.includes('symlink') && relative.endsWith('.safetensors') && /^[\w./-]+$/.test(fs.readFileSync(path.join(file, relative), 'latin1')));
      const verdict = await verdictOf(async () => {
        const checkpoint = await openCheckpoint(openFolder(directory));
        await closeCheckpoint(checkpoint);
        return checkpoint;
      });
      expect(one.accept ?? [one.expected]).toContain(verdict);
    });
  });
});
