/**
 * Whole directories of real and rebuilt runs: kinds, what a loader reads, and of every file its role, format and needs.
 * Also: whatever is broken off a tree, a survey says something and never throws.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/node/folder.ts';
import { surveyTree } from '../../src/producers/index.ts';
import { FORMAT_MEANINGS, KIND_MEANINGS, NEED_MEANINGS, ROLE_MEANINGS } from '../../src/producers/vocabulary.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

/** Needs of a file about which two trees say different things: a stale index is needed for nothing (deploy-g4-stale-index). */
const CONTRADICTED = new Set(['stale-index/model.safetensors.index.json']);

const sorted = (list: readonly string[] = []) => [...list].sort();

for (const { label, dir } of fixtureFolders('trees')) {
  describe(`${label} trees`, () => {
    const trees = fs.readdirSync(dir).filter((name) => fs.existsSync(path.join(dir, name, 'expected.json')));
    it('are there', () => { expect(trees.length).toBeGreaterThan(20); });

    for (const name of trees) {
      const expected = readJson(path.join(dir, name, 'expected.json'));
      it(name, async () => {
        const tree = await surveyTree(openFolder(path.join(dir, name, 'tree'))), folders = [...tree.directories.values()];
        expect(sorted(tree.directories.get('')!.kinds)).toEqual(sorted(expected.kinds));
        expect(Object.fromEntries(folders.filter((one) => one.path !== '' && one.kinds.length > 0).map((one) => [one.path, sorted(one.kinds)])))
          .toEqual(Object.fromEntries(Object.entries<string[]>(expected.directories ?? {}).map(([folder, kinds]) => [folder, sorted(kinds)])));
        const filled = (weights: Readonly<Record<string, readonly string[]>>) => Object.fromEntries(Object.entries(weights).filter(([, files]) => files.length > 0));
        expect(filled(Object.fromEntries(folders.map((one) => [one.path === '' ? '.' : one.path, one.weights ?? []])))).toEqual(filled(expected.effective_weights));
        const mark = (file: string, needs: readonly string[]) => (CONTRADICTED.has(`${name}/${file}`) ? ['?'] : sorted(needs));
        const files = [...tree.files.values()].map(({ path: file, role, format, bytes, neededFor }) => ({ path: file, role, format, bytes, needed_for: mark(file, neededFor) }));
        const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
        expect(files.sort(byPath)).toEqual(expected.files.map((file: any) => ({ path: file.path, role: file.role, format: file.format, bytes: file.bytes, needed_for: mark(file.path, file.needed_for) })).sort(byPath));
        for (const { kinds } of folders) for (const kind of kinds) expect(Object.keys(KIND_MEANINGS)).toContain(kind);
        for (const { role, format, neededFor } of tree.files.values()) {
          expect(Object.keys(ROLE_MEANINGS)).toContain(role);
          expect(Object.keys(FORMAT_MEANINGS)).toContain(format);
          for (const need of neededFor) expect(Object.keys(NEED_MEANINGS)).toContain(need);
        }
      });
    }
  });
}
