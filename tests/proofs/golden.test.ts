/** Merges by real PEFT releases are right, and spoilt ones are wrong in the way that they were spoilt. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeModel, RIGHT, verifyTensors, judgeTensor } from '../../src/proofs/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { openGolden } from './golden.ts';
import { normal, random, rounded } from './world.ts';

/** In need of another adapter. */
const LEFT_OUT = /^init-.*-with-initial/;
interface Case { readonly name: string; readonly dir: string; readonly adapters: string[] }

function cases(dir: string): Case[] {
  return fs.readdirSync(dir).filter((name) => !LEFT_OUT.test(name) && fs.statSync(path.join(dir, name)).isDirectory()).flatMap((name) => {
    const root = path.join(dir, name), info = fs.existsSync(path.join(root, 'case.json')) ? readJson(path.join(root, 'case.json')) : undefined;
    const torch = fs.readdirSync(root, { recursive: true }).some((file) => /^(base|adapter).*\.(bin|pth?)$/.test(String(file)));
    return info === undefined || info.expected_error || info.authority !== 'expected' || torch ? [] : [{ name, dir: root, adapters: info.adapters.map((adapter: string) => path.join(root, adapter)) }];
  });
}

for (const { label, dir } of fixtureFolders('peft')) {
  describe(`${label} merges by PEFT`, () => {
    it.each(cases(dir))('$name', async ({ dir: root, adapters }) => {
      const golden = await openGolden(path.join(root, 'base'), adapters, path.join(root, 'expected'));
      const results = await verifyTensors(golden.tasks, golden.compile);
      await golden.close();
      expect(results.filter(({ verdict }) => !RIGHT.has(verdict))).toEqual([]);
      expect(judgeModel(results)).toMatchObject({ exit: 0, verdict: expect.stringMatching(/^merged(-with-rounding)?$/) });
    });

    it.each(cases(dir))('$name, spoilt', async ({ dir: root, adapters }) => {
      const golden = await openGolden(path.join(root, 'base'), adapters, path.join(root, 'expected'));
      const verdict = async (task: (typeof golden.tasks)[number], values: Float64Array) => (await judgeTensor(golden.withValues(task, values), golden.compile)).verdict;
      for (const task of golden.tasks.filter(({ kind, value, base }) => kind === 'delta' && value !== undefined && base !== undefined)) {
        const { dtype, shape } = task.merged!, v = await golden.values(task.value!), start = await golden.values(task.start ?? task.base!), d = v.map((x, i) => x - start[i]!);
        const scaled = (k: number) => start.map((x, i) => x + k * d[i]!), rows = v.length / shape[0]!;
        expect(await verdict(task, v)).toBe('exact');
        expect(await verdict(task, normal(random(3), v.length, 0.05))).toBe('other');
        // Elsewhere the weights below the delta are not the base's.
        if (task.start === undefined) {
          expect(await verdict(task, start)).toBe('base');
          expect(await verdict(task, start.map((x, i) => (i < Math.floor(shape[0]! / 2) * rows ? v[i]! : x)))).toBe('partial');
        }
        if (task.steps === undefined || task.replacedRows !== undefined) continue;
        expect(await verdict(task, scaled(2))).toBe('twice');
        expect(await verdict(task, rounded(dtype, v).map((x, i) => x + d[i]!))).toBe('twice');
        const half = await judgeTensor(golden.withValues(task, scaled(0.5)), golden.compile);
        expect(half.verdict).toBe('scaled');
        expect(half.scale).toBeCloseTo(0.5, 2);
      }
      await golden.close();
    });
  });
}

for (const { label, dir } of fixtureFolders('examples')) {
  it.each(fs.readdirSync(dir).filter((name) => fs.existsSync(path.join(dir, name, 'expected-merged'))))(`${label} recital %s: PEFT's merge, and none at all`, async (name) => {
    const root = path.join(dir, name), open = (merged: string) => openGolden(path.join(root, 'base'), [path.join(root, 'adapter')], path.join(root, merged));
    for (const [merged, verdict] of [['expected-merged', /^merged(-with-rounding)?$/], ['base', /^not-merged|partly-merged|unrelated$/]] as const) {
      const golden = await open(merged), results = await verifyTensors(golden.tasks, golden.compile);
      await golden.close();
      expect(judgeModel(results).verdict).toMatch(verdict);
    }
  });
}
