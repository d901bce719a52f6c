/** The verb inspect where the survey alone is not the answer: sums over large indexes, facts of broken adapters, single files. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder, openInput } from '../../src/node/folder.ts';
import { inspect } from '../../src/verbs/inspect.ts';
import { INDEX_COMPARED_BYTES } from '../../src/verbs/listing.ts';
import { fixtureFolders } from '../fixtures.ts';
import { folderOf, pickledObject, safetensors, type Content } from '../producers/trees.ts';

const look = (files: Parameters<typeof folderOf>[0], more: object = {}) => inspect({ folder: folderOf(files), path: 'tree', ...more });
const carried = (name: string) => path.join(fixtureFolders('trees')[0]!.dir, name, 'tree');

describe('a large index', () => {
  const names = (shard: number) => Array.from({ length: 40_000 }, (_, i) => `model.layers.${shard}.mlp.experts.${i}.a_long_name_as_mixtures_of_experts_have_them.weight`);
  const shards = [0, 1].map((i) => `model-0000${i + 1}-of-00002.safetensors`);
  const index = JSON.stringify({ metadata: { total_size: 8 * 80_000 }, weight_map: Object.fromEntries(shards.flatMap((shard, i) => names(i).map((name) => [name, shard]))) });
  const files: Record<string, Content> = { 'config.json': { model_type: 'x' }, 'model.safetensors.index.json': index, ...Object.fromEntries(shards.map((shard, i) => [shard, safetensors(Object.fromEntries(names(i).map((name) => [name, [1, 2]])))])) };

  it('is summed shard by shard', async () => {
    expect(index.length).toBeGreaterThan(INDEX_COMPARED_BYTES);
    const { body, findings } = await look(files);
    expect([body.summary!.tensors, body.summary!.parameters, body.summary!.bytes, findings]).toEqual([80_000, 160_000, 640_000, []]);
    expect(body.effective_weights['.']).toEqual(['model.safetensors.index.json', ...shards]);
  });
  it('says which shard is missing', async () => {
    const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== shards[1]));
    expect((await look(rest)).findings.map(({ code, severity }) => `${severity} ${code}`)).toContain('error missing-shard');
  });
});

describe('an adapter that is broken', () => {
  const config = { peft_type: 'LORA', r: 8, lora_alpha: 16, base_model_name_or_path: 'org/base' };
  it('still tells what its configuration says, once, with the paths of its folder', async () => {
    const { body, findings, exit } = await look({ 'run/adapter_config.json': config, 'run/adapter_model.safetensors': '<html>' });
    expect(body.adapters.map(({ path: at, r, lora_alpha: alpha, base_model_name_or_path: base, modules }) => [at, r, alpha, base, modules])).toEqual([['run', 8, 16, 'org/base', 0]]);
    expect([exit, findings.map((one) => `${one.code} ${one.path}`)]).toEqual([0, ['html-page run/adapter_model.safetensors']]);
  });
  it('without a configuration is a finding at its folder', async () => {
    const { body, findings } = await look({ 'run/adapter_model.safetensors': safetensors({ 'base_model.model.q.lora_A.weight': [1, 2] }) });
    expect([body.adapters, findings.map((one) => `${one.code} ${one.path}`)]).toEqual([[], ['adapter-config-missing run']]);
  });
});

describe('weights that no loader can read', () => {
  it('are findings wherever they lie, those of other frameworks are not', async () => {
    const { findings } = await look({ 'a/config.json': '{}', 'a/pytorch_model.bin': safetensors({ x: [1] }), 'b/optimizer.pt': 'oops', 'c/flax_model.msgpack': new Uint8Array([0x81, 0, 1]), 'c/tf_model.h5': 'x' });
    expect(findings.map((one) => `${one.code} ${one.path}`)).toEqual(['name-and-content-differ a/pytorch_model.bin', 'unknown-format b/optimizer.pt']);
  });
});

describe('a single file', () => {
  const one = async (name: string, content: Parameters<typeof folderOf>[0][string]) => (await look({ [name]: content }, { file: name, path: name })).body;
  it('that is text is no failure, but in the place of weights it is', async () => {
    expect((await one('README.md', '# x')).format).toBe('markdown');
    await expect(one('model.safetensors', 'Entry not found')).rejects.toMatchObject({ code: expect.stringMatching(/./) });
  });
  it('of arguments tells their class instead of no tensors', async () => {
    const body = await one('training_args.bin', pickledObject('trl.trainer.sft_config', 'SFTConfig'));
    expect([body.training?.arguments?.class, body.summary]).toEqual(['trl.trainer.sft_config.SFTConfig', undefined]);
  });
});

describe('whole answers', () => {
  it('of every carried tree are JSON, and never fail', async () => {
    const { dir } = fixtureFolders('trees')[0]!;
    for (const name of fs.readdirSync(dir).filter((entry) => fs.existsSync(path.join(dir, entry, 'expected.json')))) {
      const { body, exit } = await inspect({ folder: openFolder(carried(name)), path: name });
      expect(exit).toBe(0);
      expect(body.files.length).toBeGreaterThan(0);
      expect(() => JSON.stringify(body)).not.toThrow();
    }
  });
  it('of a loss that is no number stay readable', async () => {
    const { body } = await look({ 'trainer_state.json': '{"global_step": 4, "log_history": [{"loss": NaN}]}' });
    expect(body.training?.progress?.loss).toBe('NaN');
  });
  it('of one file of a tree', async () => {
    const { folder, file } = openInput(path.join(carried('cla-pretrain-complete'), 'output_dir/pt_lora_model/adapter_model.bin'));
    expect((await inspect({ folder, path: 'x', ...(file === undefined ? {} : { file }) })).body.summary?.parameters).toBe(31_360);
  });
});
