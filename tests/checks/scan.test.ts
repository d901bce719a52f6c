/**
 * The scan over every hostile file that is one file: an accepted verdict, the names it must list, nothing changed in
 * this process. And over every golden torch file: what weights_only=True really said.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { judge, scanFile, VERDICTS, worst } from '../../src/checks/scan/index.ts';
import { lookUpCode } from '../../src/findings/index.ts';
import { codesOf } from '../../src/verbs/catalogue.ts';
import { buildRecipeCase, hostileCases, withTemporary } from '../hostile.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

const GROUPS = /^(?:P\d+|N|Z\d+|L1|B|S1)$/;
const scan = (file: string) => scanFile(memorySource(path.basename(file), new Uint8Array(fs.readFileSync(file))));

describe('hostile files', () => {
  let before: string[];
  beforeAll(() => { before = [...Object.getOwnPropertyNames(Object.prototype), ...Object.keys(globalThis)]; });
  afterAll(() => { expect([...Object.getOwnPropertyNames(Object.prototype), ...Object.keys(globalThis)]).toEqual(before); });

  for (const { title, path: file, one } of hostileCases((c) => GROUPS.test(c.group))) {
    const { accept = [one.expected], must_list_globals: names = [], anomalies = [] } = one as typeof one & { must_list_globals?: string[]; anomalies?: string[] };
    it(title, async () => {
      const scanned = file.endsWith('.recipe.json')
        ? await withTemporary((directory) => scan(buildRecipeCase(file, directory))) : await scan(file);
      expect(accept).toContain(scanned.verdict);
      expect(scanned.globals).toEqual(expect.arrayContaining(names));
      // An anomaly must be reported beside the verdict, not only be behind it.
      if (anomalies.length > 0) expect(scanned.findings.filter(({ code }) => !['scan-dangerous', 'scan-unknown', 'scan-framework'].includes(code))).not.toEqual([]);
      for (const { code } of scanned.findings) expect(lookUpCode(code) ?? codesOf([]), code).toBeDefined();
    });
  }
});

describe('weights_only=True', () => {
  for (const { label, dir } of fixtureFolders('containers')) {
    for (const one of readJson(path.join(dir, 'manifest.json')).cases) {
      const file = path.join(dir, one.case);
      if (typeof one.weights_only_loads !== 'boolean' || !fs.statSync(file).isFile()) continue;
      it(`${label} ${one.case}: ${one.weights_only_loads ? 'loads' : 'is refused'}`, async () => {
        const { flags } = readJson(`${file}.expected.json`), { weightsOnly } = await scan(file);
        expect(weightsOnly?.loads).toBe(flags.weights_only_loads);
        const said = /GLOBAL \S+|operand \d+/.exec(flags.weights_only_error ?? '')?.[0];
        if (said !== undefined) expect(weightsOnly?.reason).toContain(said);
      });
    }
  }
});

describe('names', () => {
  it.each([
    ['torch._utils', '_rebuild_tensor_v2', 'data'], ['torch', 'FloatStorage', 'data'], ['torch', 'float8_e4m3fn', 'data'],
    ['torch.nn.modules.linear', 'Linear', 'framework'], ['transformers.training_args', 'TrainingArguments', 'framework'], ['numpy', 'float64', 'framework'],
    ['my_model', 'Net', 'unknown'], ['torch', 'float128', 'unknown'], ['os ', 'system', 'unknown'],
    ['torch', 'hub.load', 'dangerous'], ['torch.hub', 'load', 'dangerous'], ['collections', '_sys.exit', 'dangerous'], ['my_model', 'Net.__class__', 'dangerous'],
    ['__builtin__', 'eval', 'dangerous'], ['builtins', 'eval', 'dangerous'], ['commands', 'getoutput', 'dangerous'], ['torch.nn.modules.linear', 'os.system', 'dangerous'],
  ] as const)('%s %s is %s', (module, name, level) => { expect(judge(module, name)).toBe(level); });

  it('verdicts are ordered', () => {
    expect(worst([])).toBe('data-only');
    expect(worst(['finding', 'unknown', 'benign-framework'])).toBe('unknown');
    expect(worst(VERDICTS)).toBe('dangerous');
  });
});
