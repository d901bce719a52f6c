/** check over paths of this machine: exit status, baseline, and repairs with their backup. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPath } from '../../src/node/check.ts';
import { goldenTrees } from '../checks/trees.ts';

let scratch: string;
beforeEach(() => { scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-check-')); });
afterEach(() => { fs.rmSync(scratch, { recursive: true, force: true }); });

/** A copy of a golden directory, or of a folder in it. */
function copyOf(name: string, from = ''): string {
  const target = path.join(scratch, name);
  fs.cpSync(path.join(goldenTrees().find((tree) => tree.name === name)!.dir, 'tree', from), target, { recursive: true });
  return target;
}
const readJson = (file: string): any => JSON.parse(fs.readFileSync(file, 'utf8'));
const editJson = (file: string, change: (value: any) => void) => { const value = readJson(file); change(value); fs.writeFileSync(file, JSON.stringify(value)); };
const codesOf = (answer: Awaited<ReturnType<typeof checkPath>>) => answer.findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code);

describe('exit status', () => {
  it('is 1 for an error and, when asked, for a warning', async () => {
    const tree = copyOf('deploy-g4-stale-index');
    expect((await checkPath(tree)).exit).toBe(0);
    expect((await checkPath(tree, { failOn: 'warning' })).exit).toBe(1);
    fs.rmSync(path.join(tree, 'config.json'));
    expect((await checkPath(tree)).exit).toBe(1);
  });

  it('is 0 when the baseline knows everything', async () => {
    const tree = copyOf('deploy-g5-html-page'), baseline = path.join(scratch, 'known.json');
    expect((await checkPath(tree, { writeBaseline: baseline })).exit).toBe(1);
    const again = await checkPath(tree, { baseline });
    expect([again.exit, codesOf(again), again.body.known]).toEqual([0, [], 1]);
    fs.rmSync(path.join(tree, 'config.json'));
    expect(codesOf(await checkPath(tree, { baseline }))).toEqual(['config-missing']);
  });

  it('refuses a baseline that is none', async () => {
    const file = path.join(scratch, 'known.json');
    fs.writeFileSync(file, '{"schema": "other"}');
    await expect(checkPath(copyOf('deploy-g5-html-page'), { baseline: file })).rejects.toThrow(/baseline-invalid/);
  });
});

describe('repairs', () => {
  it('are only shown without a yes', async () => {
    const tree = copyOf('deploy-g4-stale-index'), answer = await checkPath(tree, { fix: true });
    expect(answer.body.fixes).toMatchObject([{ path: 'model.safetensors.index.json', action: 'remove', applied: false }]);
    expect(fs.readdirSync(tree)).toContain('model.safetensors.index.json');
  });

  it('move what is stale into the backup', async () => {
    const tree = copyOf('deploy-g4-stale-index'), before = fs.readFileSync(path.join(tree, 'model.safetensors.index.json'));
    const answer = await checkPath(tree, { fix: true, yes: true });
    expect([answer.exit, codesOf(answer)]).toEqual([0, []]);
    expect(fs.readFileSync(path.join(tree, '.temper-backup/model.safetensors.index.json'))).toEqual(before);
    expect(codesOf(await checkPath(tree, { failOn: 'warning' }))).toEqual([]);
  });

  it('set vocab_size and leave every other byte', async () => {
    const tree = copyOf('deploy-g4-stale-index'), file = path.join(tree, 'config.json'), right = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, right.replace(/"vocab_size": \d+/, '"vocab_size": 100'));
    await checkPath(tree, { fix: true, yes: true });
    expect(fs.readFileSync(file, 'utf8')).toBe(right);
  });

  it('build an index anew', async () => {
    const tree = copyOf('qwen1-deploy-complete'), file = path.join(tree, 'model.safetensors.index.json'), right = readJson(file);
    editJson(file, (index) => { index.metadata.total_size += 8; });
    await checkPath(tree, { fix: true, yes: true });
    expect(readJson(file)).toMatchObject({ metadata: { total_size: right.metadata.total_size }, weight_map: right.weight_map });
    fs.rmSync(file);
    await checkPath(tree, { fix: true, yes: true });
    expect(readJson(file).weight_map).toEqual(right.weight_map);
  });

  it('touch nothing where a tensor is missing', async () => {
    const tree = copyOf('qwen1-deploy-complete'), file = path.join(tree, 'model.safetensors.index.json');
    editJson(file, (index) => { index.metadata.total_size += 8; index.weight_map['transformer.h.9.ln_1.weight'] = 'model-00001-of-00002.safetensors'; });
    const before = fs.readFileSync(file), answer = await checkPath(tree, { fix: true, yes: true });
    expect([answer.body.fixes, codesOf(answer)]).toEqual([[], ['index-missing-tensor']]);
    expect(fs.readFileSync(file)).toEqual(before);
  });

  it('keep the first original when they are made twice', async () => {
    const tree = copyOf('qwen1-deploy-complete'), file = path.join(tree, 'model.safetensors.index.json');
    for (const more of [8, 16]) {
      editJson(file, (index) => { index.metadata.total_size += more; });
      await checkPath(tree, { fix: true, yes: true });
    }
    expect(fs.readdirSync(path.join(tree, '.temper-backup')).sort()).toEqual(['model.safetensors.index.json', 'model.safetensors.index.json.2']);
  });
});

describe('one file', () => {
  it('is judged without the folder around it', async () => {
    const tree = copyOf('qwen1-deploy-complete');
    expect(codesOf(await checkPath(path.join(tree, 'model-00001-of-00002.safetensors')))).toEqual([]);
    fs.truncateSync(path.join(tree, 'model-00001-of-00002.safetensors'), 5000);
    const answer = await checkPath(path.join(tree, 'model-00001-of-00002.safetensors'));
    expect([answer.exit, codesOf(answer), answer.findings[0]!.path]).toEqual([1, ['safetensors-truncated'], 'model-00001-of-00002.safetensors']);
  });
});

describe('a base that is named', () => {
  it('fits, or the tensors that do not are named', async () => {
    const tree = copyOf('base-candidates'), adapter = path.join(tree, 'adapter');
    const of = async (candidate: string) => (await checkPath(adapter, { base: path.join(tree, 'candidates', candidate) }));
    expect((await of('right')).findings.map(({ code }) => code)).toEqual(['base-fits']);
    const other = await of('other-shape');
    expect([other.exit, new Set(codesOf(other))]).toEqual([1, new Set(['shape-mismatch'])]);
    expect(other.findings.every(({ path: place }) => place === 'adapter_model.safetensors')).toBe(true);
  });
});

describe('updated modules', () => {
  it('are counted row by row', async () => {
    const tree = copyOf('cla-pretrain-complete');
    const answer = await checkPath(path.join(tree, 'output_dir/pt_lora_model'), { updated: ['embed_tokens', 'lm_head'], base: path.join(tree, 'base') });
    expect(answer.findings.filter(({ code }) => code !== 'base-fits').map(({ code, parameters }) => [code, parameters['changed'], parameters['new']])).toEqual([['module-updated', 299, 24], ['module-updated', 299, 24]]);
  });

  it('are counted in a training state as well', async () => {
    const tree = copyOf('cla-pretrain-complete'), answer = await checkPath(path.join(tree, 'output_dir/checkpoint-200'), { updated: ['embed_tokens'], base: path.join(tree, 'base') });
    const states = answer.findings.filter(({ code, path: place = '' }) => code === 'module-updated' && place.startsWith('global_step200/'));
    expect(states.map(({ parameters }) => [parameters['changed'], parameters['new']])).toEqual([[299, 24]]);
  });

  it('need a base', async () => {
    const tree = copyOf('cla-pretrain-complete', 'output_dir/pt_lora_model');
    expect(codesOf(await checkPath(tree, { updated: ['embed_tokens'] }))).toEqual(['updated-needs-base']);
  });

  it('are an error when they are not there', async () => {
    const tree = copyOf('cla-pretrain-complete');
    expect(codesOf(await checkPath(path.join(tree, 'output_dir/pt_lora_model'), { updated: ['norm'], base: path.join(tree, 'base') }))).toEqual(['updated-module-absent']);
  });

  it('that were never touched are told apart', async () => {
    const tree = copyOf('cla-pretrain-complete');
    expect(codesOf(await checkPath(path.join(tree, 'base'), { updated: ['embed_tokens'], base: path.join(tree, 'base') }))).toEqual(['module-not-updated']);
  });
});
