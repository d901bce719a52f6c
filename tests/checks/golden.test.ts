/**
 * Every golden directory: exactly the findings it deserves, without a purpose and with each that it knows, and none where it
 * is healthy. And every rule by itself: it reports on its own directory, and is silent on a healthy one.
 */
import { describe, expect, it } from 'vitest';
import { RULES, type Profile } from '../../src/checks/index.ts';
import { findingsOf, goldenTrees, problemsOf, withTree, type GoldenTree } from './trees.ts';

const trees = goldenTrees();

describe('golden directories', () => {
  it('are there', () => { expect(trees.length).toBeGreaterThan(20); });

  for (const tree of trees) {
    const listed: any[] = tree.expected.expected_findings, profiles: (Profile | undefined)[] = [undefined, ...new Set<Profile>(listed.flatMap(({ profile }) => (profile === undefined ? [] : [profile])))];
    for (const profile of profiles) {
      it(`${tree.label} ${tree.name}${profile === undefined ? '' : ` for ${profile}`}`, async () => {
        const found = await withTree(tree, (folder) => findingsOf(folder, profile === undefined ? [] : [profile]));
        expect(problemsOf(found, listed, profile)).toEqual([]);
      });
    }
  }
});

describe('rules', () => {
  const find = (name: string): GoldenTree | undefined => trees.find((tree) => tree.name === name);

  for (const rule of RULES) {
    const { fires, silent, profile } = rule.fixtures, loud = fires === undefined ? undefined : find(fires), quiet = find(silent), asked = profile === undefined ? rule.profiles ?? [] : [profile];
    it.skipIf(loud === undefined)(`${rule.name} reports on ${fires}`, async () => {
      const found = await withTree(loud!, (folder) => findingsOf(folder, asked, [rule]));
      expect(found.map(({ code }) => code)).not.toEqual([]);
    });
    it.skipIf(quiet === undefined)(`${rule.name} is silent on ${silent}`, async () => {
      const found = await withTree(quiet!, (folder) => findingsOf(folder, asked, [rule]));
      expect(found.filter(({ severity }) => severity !== 'info')).toEqual([]);
    });
  }

  it('have names of their own', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  });
});
