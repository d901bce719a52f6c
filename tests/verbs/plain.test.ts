/** A conversion that is taken for a plain one is one. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/node/folder.ts';
import { findConverter } from '../../src/verbs/conversions/index.ts';
import { isPlain } from '../../src/verbs/conversions/plain.ts';
import { fixtureRoots } from '../fixtures.ts';

/** Every folder below, the first ones of each room. */
function foldersBelow(root: string): string[] {
  return fs.readdirSync(root, { withFileTypes: true, recursive: true }).filter((entry) => entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('plain conversions', () => {
  it('are none that a special one would take', async () => {
    let plain = 0, others = 0;
    for (const folder of fixtureRoots().flatMap(foldersBelow)) {
      for (const to of [undefined, 'safetensors', 'bin'] as const) {
        const request = { input: openFolder(folder), output: 'out', ...(to === undefined ? {} : { to }) };
        if (!await isPlain(request)) { others++; continue; }
        plain++;
        expect([folder, await findConverter(request)]).toEqual([folder, undefined]);
      }
    }
    expect(plain).toBeGreaterThan(100);
    expect(others).toBeGreaterThan(100);
  });

  it('have no option that belongs to a special one', async () => {
    const input = openFolder(path.join(fixtureRoots()[0]!, 'examples/recital-zh/base'));
    expect(await isPlain({ input, output: 'out' })).toBe(true);
    for (const option of [{ to: 'huggingface' }, { asAdapter: true }, { shards: 2 }, { tag: 'x' }, { saveFormat: 'xtuner' }, { excludeFrozen: true }, { buffers: 'keep' as const }, { pooling: 'cls' }, { worldSize: 2 }, { file: 'model.safetensors' }]) {
      expect(await isPlain({ input, output: 'out', ...option })).toBe(false);
    }
  });
});
