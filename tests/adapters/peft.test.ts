/** Adapters written by real PEFT releases, merged: bit for bit the rounded reference, or refused with the right words. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemperError, renderFinding, type Finding } from '../../src/findings/index.ts';
import { mergePaths } from '../../src/node/verbs.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { compareWithReference, readModelRaw, readRaw } from './judge.ts';

const NAMES = /^(lora|dora|mts|tokens|multi|save|file|report|refuse|legacy-lora|legacy-bias|legacy-patterns|legacy-bone|raw|bdlora|ln-tuning|loha|lokr|ia3|miss|gralora|randlora|glora|weighted)-|^(mica|velora|monteclora|adalora.*|hira|beft|miss|vera|pvera|gralora|randlora|c3a|deft-(relu|para)|glora|adalora)$/;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-peft-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

const words = (findings: readonly Finding[]) => findings.map((found) => Object.values(renderFinding(found, 'en')).join('\n')).join('\n');
/** Fields that appear only because the other tool saved the configuration again. */
const resaved = (key: string, before: unknown) => before === '<absent>' && /(^|\.)(torch_)?dtype$/.test(key);
const at = (config: any, dotted: string) => dotted.split('.').reduce((value, key) => value?.[key], config);

for (const { label, dir } of fixtureFolders('peft')) {
  const cases = fs.readdirSync(dir).filter((name) => NAMES.test(name) && fs.existsSync(path.join(dir, name, 'case.json')));
  describe(`${label} peft cases`, () => {
    it.each(cases)('%s', async (name) => {
      const root = path.join(dir, name), expected = readJson(path.join(root, 'case.json')), out = path.join(scratch, `${label}-${name}`);
      const rule = expected.expected_error as { severity: string; must_mention: string[] } | null;
      let findings: readonly Finding[], refused = false;
      try {
        ({ findings } = await mergePaths({ base: path.join(root, 'base'), adapters: expected.adapters.map((a: string) => path.join(root, a)), output: out, workers: 0 }));
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
        fs.existsSync(reference) ? readRaw(reference) : new Map())).toBeNull();
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
