/** Offsets above 2^32: a sparse file of 4 GiB and more, from opening it to the digest of its last tensor. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBytes } from '../../src/bytes/index.ts';
import { closeCheckpoint, openCheckpoint, sampledDigest } from '../../src/checkpoints/index.ts';
import { openInput } from '../../src/node/folder.ts';
import { parseDType } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { buildRecipeCase, withTemporary } from '../hostile.ts';

describe.each(fixtureFolders('containers/recipes'))('$label', ({ dir }) => {
  const cases = fs.readdirSync(dir).filter((name) => /^safetensors.*\.recipe\.json$/.test(name));
  it.each(cases)('%s', async (name) => {
    const expected = readJson(path.join(dir, name.replace('.recipe.', '.expected.')));
    await withTemporary(async (directory) => {
      const { folder, file } = openInput(buildRecipeCase(path.join(dir, name), directory));
      const checkpoint = await openCheckpoint(folder, { file: file! }), { source } = checkpoint.files[0]!;
      expect(source.size).toBe(expected.size);
      for (const wanted of expected.tensors) {
        const tensor = checkpoint.tensors.get(wanted.name)!;
        expect([tensor.dtype, tensor.shape]).toEqual([parseDType(wanted.dtype), wanted.shape]);
        const { offset } = tensor.expression as { offset: number };
        if (wanted.sha256 !== undefined) {
          expect(createHash('sha256').update(await readBytes(source, offset, tensor.bytes)).digest('hex')).toBe(wanted.sha256);
        } else {
          const last = await readBytes(source, offset + tensor.bytes - 4096, 4096);
          expect(last.every((byte) => byte === 0)).toBe(true);
        }
      }
      expect(await sampledDigest(source)).toMatch(/^[0-9a-f]{64}$/);
      await closeCheckpoint(checkpoint);
    });
  });
});
