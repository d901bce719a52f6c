/** Adapters written by real PEFT releases, merged: bit for bit the rounded reference, or refused with the right words. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemperError, renderFinding, type Finding } from '../../src/findings/index.ts';
import { mergePaths } from '../../src/node/verbs.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { compareWithReference, readModelRaw, readRaw } from './judge.ts';

/** The reference computes scales that the file holds as float32, and PEFT multiplies by. */
const ROUNDED_IN_FILE = /^unilora-indices/;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-peft-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

const words = (findings: readonly Finding[]) => findings.map((found) => Object.values(renderFinding(found, 'en')).join('\n')).join('\n');
/** Fields that appear only because the other tool saved the configuration again. */
const resaved = (key: string, before: unknown) => before === '<absent>' && /(^|\.)(torch_)?dtype$/.test(key);
const at = (config: any, dotted: string) => dotted.split('.').reduce((value, key) => value?.[key], config);

for (const { label, dir } of fixtureFolders('peft')) {
  const cases = fs.readdirSync(dir).filter((name) => fs.existsSync(path.join(dir, name, 'case.json')));
  // The same adapter after another round through PEFT has to give the same model.
  const variants = cases.flatMap((name) => {
    const { adapters, alternative_adapters: others = [] } = readJson(path.join(dir, name, 'case.json')) as { adapters: string[]; alternative_adapters?: string[] };
    return [{ name, title: name, adapters }, ...others.map((other) => ({ name, title: `${name}/${other}`, adapters: [other] }))];
  });
  describe(`${label} peft cases`, () => {
    it.each(variants)('$title', async ({ name, title, adapters }) => {
      const root = path.join(dir, name), expected = readJson(path.join(root, 'case.json')), out = path.join(scratch, `${label}-${title.replace('/', '-')}`);
      const rule = expected.expected_error as { severity: string; must_mention: string[] } | null;
      const initial = path.join(root, 'adapter_initial'), initialAdapter = fs.existsSync(initial) ? { initialAdapter: initial } : {};
      let findings: readonly Finding[], refused = false;
      try {
        ({ findings } = await mergePaths({ base: path.join(root, 'base'), adapters: adapters.map((a) => path.join(root, a)), output: out, workers: 0, ...initialAdapter }));
      } catch (error) {
        if (!isTemperError(error)) throw error;
        [findings, refused] = [error.findings, true];
      }
      for (const mention of rule?.must_mention ?? []) expect(words(findings)).toMatch(new RegExp(mention, 'i'));
      if (refused) {
        expect(rule?.severity ?? `no refusal, but: ${words(findings)}`).toMatch(/^refuse/);
        expect(fs.existsSync(out)).toBe(false);
        return;
      }
      expect(rule?.severity ?? 'report').not.toBe('refuse');
      const reference = path.join(root, 'reference.safetensors');
      expect(compareWithReference(readModelRaw(out), readRaw(path.join(root, expected.authority, 'model.safetensors')),
        fs.existsSync(reference) ? readRaw(reference) : new Map(), ROUNDED_IN_FILE.test(name) ? 2 ** -23 : 0)).toBeNull();
      if (fs.existsSync(path.join(root, 'base/config.json'))) {
        const before = readJson(path.join(root, 'base/config.json')), after = readJson(path.join(out, 'config.json'));
        const changes = Object.entries<[unknown, unknown]>(expected.config_changes ?? {});
        for (const [key, [was, is]] of changes) if (!resaved(key, was)) expect(at(after, key) ?? '<absent>').toEqual(is);
        const touched = new Set(changes.map(([key]) => key.split('.')[0]));
        for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) if (!touched.has(key)) expect(after[key]).toEqual(before[key]);
      }
    });
  });
}
