import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { baseAuditPath, baseMatchPaths, baseSetPath, baseShowPath, baseVerifyPaths } from '../../src/node/base.ts';
import { mergePaths } from '../../src/node/index.ts';
import { fixtureRoots, readJson } from '../fixtures.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-base-'));
afterAll(() => { fs.rmSync(root, { recursive: true, force: true }); });
let copies = 0;
/** A tree that may be changed. */
function copyOf(tree: string): string {
  const to = path.join(root, String(copies++));
  fs.cpSync(tree, to, { recursive: true });
  return to;
}

const trees = fixtureRoots().map((one) => path.join(one, 'trees')).filter((one) => fs.existsSync(one)).flatMap((one) => fs.readdirSync(one).map((name) => path.join(one, name)))
  .filter((one) => fs.existsSync(path.join(one, 'expected.json'))).map((dir) => ({ dir, name: path.basename(dir), expected: readJson(path.join(dir, 'expected.json')) }));

const audited = trees.filter(({ expected }) => expected.base_values !== undefined), judged = trees.filter(({ expected }) => expected.verdicts !== undefined && expected.base_fingerprint !== undefined);

describe('base show', () => {
  test('there is something to look at', () => { expect(audited.length * judged.length).toBeGreaterThan(0); });

  test.for(audited)('says where every value points: $name', async ({ dir, expected }) => {
    const { body } = await baseShowPath(path.join(dir, 'tree'));
    const shown = Object.fromEntries(body.adapters.map(({ path: place, value, value_class, revision }) => [place, { value, value_class, revision }]));
    expect(shown).toEqual(expected.base_values);
    const cached = body.adapters.find(({ value_class }) => value_class === 'hub-cache')!;
    expect(cached.stands_for).toEqual({ id: 'example-org/tiny-llama', revision: '0123456789abcdef0123456789abcdef01234567' });
    expect(body.adapters.find(({ path: place }) => place === 'adapters/run/checkpoint-2')).toMatchObject({
      disagrees_with: [{ path: 'adapters/run/checkpoint-2/README.md', value: 'example-org/tiny-llama' }, { path: 'adapters/run' }, { path: 'adapters/run/checkpoint-4' }],
    });
    expect(body.adapters.find(({ path: place }) => place === 'adapters/quantised-base')!.quantised).toBe('bnb-4bit');
  });

  test.for(audited)('audit adds what stands against them: $name', async ({ dir, expected }) => {
    const { exit, findings } = await baseAuditPath(path.join(dir, 'tree')), place = ({ severity, path: where }: { severity: string; path?: string }) => `${severity} ${where}`;
    const wanted = expected.expected_findings.filter(({ rule }: { rule: string }) => rule === 'base').map(place);
    expect([exit, findings.map(place).sort()]).toEqual([0, wanted.sort()]);
  });

  test('names a configuration that cannot be read, and shows the others', async () => {
    const tree = copyOf(path.join(audited[0]!.dir, 'tree/adapters'));
    fs.writeFileSync(path.join(tree, 'run/adapter_config.json'), '{"peft_type": ');
    for (const { findings, body } of [await baseShowPath(tree), await baseAuditPath(tree)]) {
      expect(findings.filter(({ code }) => code === 'json-malformed')).toMatchObject([{ severity: 'error', path: 'run/adapter_config.json' }]);
      expect(body.adapters.map(({ path: place }) => place)).not.toContain('run');
      expect(body.adapters.length).toBe(11);
    }
  });

  test('refuses a folder without adapters', async () => {
    await expect(baseShowPath(path.join(judged[0]!.dir, 'tree/candidates'))).rejects.toMatchObject({ findings: [{ code: 'no-adapter-config' }] });
  });
});

describe('base set', () => {
  test('changes that field and no other byte, and keeps the file', async () => {
    const adapter = copyOf(path.join(audited[0]!.dir, 'tree/adapters/absolute-foreign')), file = path.join(adapter, 'adapter_config.json'), before = fs.readFileSync(file, 'utf8');
    const { body } = await baseSetPath(adapter, 'example-org/tiny-llama');
    expect(fs.readFileSync(file, 'utf8')).toBe(before.replace('"/data/models/llama"', '"example-org/tiny-llama"'));
    expect(fs.readFileSync(path.join(adapter, 'adapter_config.json.bak'), 'utf8')).toBe(before);
    expect(body.changed).toEqual([{ path: 'adapter_config.json', before: '/data/models/llama', after: 'example-org/tiny-llama', backup: 'adapter_config.json.bak' }]);
    expect((await baseSetPath(adapter, 'example-org/tiny-llama')).body).toMatchObject({ changed: [], unchanged: ['adapter_config.json'] });
  });

  test('changes a whole tree, each path as seen from its adapter, and the model cards', async () => {
    const tree = copyOf(path.join(audited[0]!.dir, 'tree'));
    await baseSetPath(tree, path.join(tree, 'base'), { relative: true, readme: true, revision: 'v2' });
    const { body: { adapters } } = await baseShowPath(tree);
    expect(new Set(adapters.map(({ value_class }) => value_class))).toEqual(new Set(['relative-path-existing']));
    expect(adapters.find(({ path: place }) => place === 'adapters/run/checkpoint-4')).toMatchObject({ value: '../../../base', revision: 'v2', readme_base_model: '../../../base' });
    const card = fs.readFileSync(path.join(tree, 'adapters/readme-differs/README.md'), 'utf8');
    expect(card).toBe(fs.readFileSync(path.join(audited[0]!.dir, 'tree/adapters/readme-differs/README.md'), 'utf8').replace('base_model: example-org/other-llama', 'base_model: "../../base"'));
  });

  test('shows before it writes, and refuses a broken file before it touches another', async () => {
    const tree = copyOf(path.join(audited[0]!.dir, 'tree/adapters')), config = (name: string) => path.join(tree, name, 'adapter_config.json'), first = fs.readFileSync(config('absolute-foreign'), 'utf8');
    expect((await baseSetPath(tree, 'other/base', { dryRun: true })).body.changed.length).toBe(12);
    fs.writeFileSync(config('run'), '[1]');
    await expect(baseSetPath(tree, 'other/base')).rejects.toMatchObject({ findings: [{ code: 'config-not-editable', path: 'run/adapter_config.json' }] });
    expect(fs.readFileSync(config('absolute-foreign'), 'utf8')).toBe(first);
  });
});

describe('base match and verify', () => {
  test.for(judged)('tell the right base: $name', async ({ dir, expected }) => {
    const tree = path.join(dir, 'tree'), candidates = path.join(tree, 'candidates'), adapter = copyOf(path.join(tree, 'adapter'));
    const unrecorded = (await baseMatchPaths(adapter, [candidates])).body;
    for (const [name, { fits }] of Object.entries<{ fits: boolean }>(expected.verdicts)) {
      expect(unrecorded.candidates.find((one) => path.basename(one.path) === name)!.verdict, name).toBe(fits ? 'fits' : 'misfit');
    }
    expect(unrecorded.best).toBeNull();

    expect(await baseVerifyPaths(path.join(candidates, 'right'), adapter, { record: true })).toMatchObject({ exit: 0, body: { verdict: 'fits', recorded: 'temper-base.json' } });
    const recorded = (await baseMatchPaths(adapter, [candidates])).body;
    for (const [name, { fits, fingerprint_equal }] of Object.entries<{ fits: boolean; fingerprint_equal: boolean }>(expected.verdicts)) {
      const one = recorded.candidates.find((row) => path.basename(row.path) === name)!;
      expect(one, name).toMatchObject({ verdict: fingerprint_equal ? 'fits' : fits ? 'other-weights' : 'misfit', content: fingerprint_equal ? 'equal' : 'different' });
    }
    expect(path.basename(recorded.best!)).toBe('right');
    for (const name of ['same-shape-other-weights', 'other-shape']) expect((await baseVerifyPaths(path.join(candidates, name), adapter)).exit).toBe(1);

    const merge = (base: string, output: string) => mergePaths({ base: path.join(candidates, base), adapters: [adapter], output: path.join(adapter, '..', `${path.basename(adapter)}-${output}`), workers: 0 });
    await expect(merge('same-shape-other-weights', 'refused')).rejects.toMatchObject({ findings: [{ code: 'base-fingerprint-differs' }] });
    expect(fs.existsSync(`${adapter}-refused`)).toBe(false);
    await merge('right', 'merged');
    expect(readJson(path.join(`${adapter}-merged`, 'temper.json')).base_fingerprint).toBe(readJson(path.join(adapter, 'temper-base.json')).fingerprint);

    // What was not trained is the same in the merged model and its base.
    expect(path.basename((await baseMatchPaths(path.join(dir, 'expected/merged'), [candidates])).body.best!)).toBe('right');
  });

  test('a record that says nothing stands against a merge', async () => {
    const tree = path.join(judged[0]!.dir, 'tree'), adapter = copyOf(path.join(tree, 'adapter'));
    fs.writeFileSync(path.join(adapter, 'temper-base.json'), '{"schema":"temper.base-record/1"}');
    await expect(mergePaths({ base: path.join(tree, 'candidates/right'), adapters: [adapter], output: path.join(root, 'unread'), workers: 0 })).rejects.toMatchObject({ findings: [{ code: 'base-record-invalid' }] });
  });
});
