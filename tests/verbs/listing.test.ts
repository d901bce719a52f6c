/** Listings of checkpoints whose tensors lie in parts: names, shapes, and the digest of every value. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/node/folder.ts';
import { parseDType } from '../../src/tensors/index.ts';
import { inspect } from '../../src/verbs/inspect.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

const sha256 = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => { hash.update(bytes); }, hex: () => hash.digest('hex') };
};

for (const { label, dir } of fixtureFolders('containers/dcp')) {
  describe(`${label} parts`, () => {
    for (const file of fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))) {
      const name = file.replace('.expected.json', ''), expected = readJson(path.join(dir, file));
      if (!expected.format.startsWith('dcp')) continue;
      it(name, async () => {
        const { body, findings, exit } = await inspect({ folder: openFolder(path.join(dir, name)), path: name, digest: true, sha256 });
        expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(exit).toBe(0);
        const rows = (list: readonly { name: string; dtype: string; shape: readonly number[]; sha256?: string }[]) => list.map(({ name: tensor, dtype, shape, sha256: digest }) => [tensor, parseDType(dtype), [...shape], digest]).sort();
        expect(rows(body.tensors!)).toEqual(rows(expected.tensors));
        expect(body.summary?.tensors).toBe(expected.tensors.length);
      });
      it(`${name}, headers only`, async () => {
        const { body } = await inspect({ folder: openFolder(path.join(dir, name)), path: name, tensors: true });
        expect(body.tensors!.map((tensor) => tensor.sha256)).toEqual(expected.tensors.map(() => undefined));
        expect(body.effective_weights['.']!.length).toBeGreaterThan(1);
      });
    }
  });
}
