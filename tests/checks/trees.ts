/** Golden directories for checks: what they hold, what must be found, and the same with something damaged. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Folder } from '../../src/bytes/index.ts';
import { runRules, type Profile, type Rule } from '../../src/checks/index.ts';
import { renderFinding, type FindingDocument } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { surveyTree } from '../../src/producers/survey.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

/** A golden directory. */
export interface GoldenTree { readonly name: string; readonly label: string; readonly dir: string; readonly expected: any }

/** All of them, of every root. */
export const goldenTrees = (): GoldenTree[] => fixtureFolders('trees').flatMap(({ label, dir }) => fs.readdirSync(dir)
  .filter((name) => fs.existsSync(path.join(dir, name, 'expected.json')))
  .map((name) => ({ name, label, dir: path.join(dir, name), expected: readJson(path.join(dir, name, 'expected.json')) })));

/** Runs `act` over the tree on a disk. Version control loses empty folders: where there are some, over a copy that has them. */
export async function withTree<T>({ dir, expected }: GoldenTree, act: (folder: Folder, root: string) => Promise<T>): Promise<T> {
  const tree = path.join(dir, 'tree'), empty: string[] = expected.empty_directories ?? [];
  if (empty.length === 0) return act(openFolder(tree), tree);
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-tree-'));
  try {
    fs.cpSync(tree, copy, { recursive: true });
    for (const one of empty) fs.mkdirSync(path.join(copy, one), { recursive: true });
    return await act(openFolder(copy), copy);
  } finally {
    fs.rmSync(copy, { recursive: true, force: true });
  }
}

/** What a check says of a folder. */
export async function findingsOf(folder: Folder, profiles: readonly Profile[] = [], rules?: readonly Rule[], more: object = {}): Promise<FindingDocument[]> {
  const found = await runRules(folder, await surveyTree(folder), {
    profiles: new Set(profiles), ...more,
    host: { sha256: () => { const hash = createHash('sha256'); return { update: (bytes: Uint8Array) => { hash.update(bytes); }, hex: () => hash.digest('hex') }; } },
  }, rules);
  return found.map((one) => renderFinding(one, 'en'));
}

const clean = (place: string) => place.replace(/^\.\//, '').replace(/(?<=.)\/+$/, '') || '.';

/** What stands against an answer: a listed finding that is not there, a tensor that is not named, a fault that is not listed. */
export function problemsOf(found: readonly FindingDocument[], listed: readonly any[], profile: string | undefined): string[] {
  const asked = listed.filter((one) => one.profile === undefined || one.profile === profile), key = (one: { severity: string; path: string }) => `${one.severity} at ${clean(one.path)}`;
  const there = new Set(found.map(key)), allowed = new Set(asked.map(key)), text = JSON.stringify(found);
  return [
    ...asked.filter((one) => !one.optional && !there.has(key(one))).map((one) => `not reported: ${key(one)} (${one.what})`),
    ...asked.filter((one) => !one.optional && one.tensor !== undefined && !text.includes(JSON.stringify(one.tensor).slice(1, -1))).map((one) => `not named: ${one.tensor}`),
    ...found.filter((one) => one.severity !== 'info' && !allowed.has(key(one))).map((one) => `not expected: ${key(one)} (${one.code}: ${one.message})`),
  ];
}
