/** Adapters as scripts leave them: without a configuration, nested, beside an embedding of their own, one on top of another. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapterFolder } from '../../src/adapters/opening.ts';
import { loraFacts } from '../../src/adapters/index.ts';
import { memoryFolder } from '../../src/bytes/index.ts';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { convertPath, mergePaths } from '../../src/node/verbs.ts';
import { fixtureRoots, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readAll, readFileOf } from '../states/support.ts';

const trees = path.join(fixtureRoots()[0]!, 'trees'), cla = path.join(trees, 'cla-bin-is-adapter/tree'), bge = path.join(trees, 'bge-llm-embedder-lora/tree');
const modelIn = async (dir: string) => readAll(await openCheckpoint(openFolder(dir)));

describe('an adapter without its configuration', () => {
  it('is written with one, nothing lost, and merges to the same bytes', async () => withTemporary(async (dir) => {
    const adapter = path.join(dir, 'adapter'), one = path.join(dir, 'one'), two = path.join(dir, 'two');
    await convertPath({ input: path.join(cla, 'checkpoint-200'), output: adapter, asAdapter: true, loraAlpha: 16 });
    expect(readJson(path.join(adapter, 'adapter_config.json'))).toMatchObject({ peft_type: 'LORA', r: 8, lora_alpha: 16, modules_to_save: ['embed_tokens', 'lm_head'], target_modules: ['down_proj', 'gate_proj', 'k_proj', 'o_proj', 'q_proj', 'up_proj', 'v_proj'] });
    expect(await readFileOf(path.join(adapter, 'adapter_model.safetensors'))).toEqual(await readFileOf(path.join(cla, 'checkpoint-200/pytorch_model.bin')));
    await mergePaths({ base: path.join(cla, 'base'), adapters: [adapter], output: one });
    const { findings } = await mergePaths({ base: path.join(cla, 'base'), adapters: [path.join(cla, 'checkpoint-200')], output: two, loraAlpha: 16 });
    expect(await modelIn(one)).toEqual(await modelIn(two));
    expect(findings.map(({ code }) => code)).toContain('adapter-config-synthesised');
  }));

  it('is told from a model', async () => withTemporary(async (dir) => {
    const code = await mergePaths({ base: path.join(cla, 'base'), adapters: [path.join(cla, 'base')], output: path.join(dir, 'out'), loraAlpha: 16 }).then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.code; });
    expect(code).toBe('adapter-is-model');
  }));

  it('gives its facts by names and shapes', () => {
    const q = 'base_model.model.layers.0.q_proj', facts = (shapes: Record<string, number[]>) => loraFacts(Object.entries(shapes).map(([name, shape]) => ({ name, shape })));
    expect(facts({ [`${q}.lora_A.weight`]: [4, 8], [`${q}.lora_B.weight`]: [8, 4], 'base_model.model.layers.1.q_proj.lora_A.default.weight': [4, 8], 'base_model.model.layers.1.v_proj.lora_A.weight': [2, 8], [`${q}.bias`]: [8], [`${q}.lora_magnitude_vector`]: [8], 'base_model.model.score.weight': [2, 8] }))
      .toEqual({ r: 4, rankPattern: new Map([['layers.1.v_proj', 2]]), targetModules: ['q_proj', 'v_proj'], modulesToSave: ['score'], bias: 'lora_only', dora: true, loraBias: false, modules: 3 });
    expect(facts({ 'base_model.model.wte.lora_embedding_A': [3, 20], 'base_model.model.ln.bias': [8] })).toMatchObject({ r: 3, targetModules: ['wte'], bias: 'all' });
    expect(facts({ 'model.layers.0.q_proj.weight': [8, 8] })).toBeUndefined();
  });
});

describe('the folder of an adapter', () => {
  const found = async (...files: string[]) => { const { folder, findings } = await adapterFolder(memoryFolder('DIR', new Map(files.map((file) => [file, new Uint8Array()])))); return [folder.label, findings.map(({ code }) => code)]; };

  it('is searched below, as deep as any script nests it', async () => {
    expect(await found('adapter_config.json', 'checkpoint-1/adapter_config.json')).toEqual(['DIR', []]);
    expect(await found('pt_lora_model/adapter_config.json')).toEqual(['DIR/pt_lora_model', ['adapter-in-subfolder']]);
    expect(await found('checkpoint-200/pt_lora_model/pt_lora_model/adapter_config.json', 'checkpoint-200/trainer_state.json')).toEqual(['DIR/checkpoint-200/pt_lora_model/pt_lora_model', ['adapter-in-subfolder']]);
    expect(await found('a/b/c/d/adapter_config.json')).toEqual(['DIR', []]);
  });

  it('is not guessed among several, and never a checkpoint of a run', async () => {
    for (const files of [['a/adapter_config.json', 'b/adapter_config.json'], ['checkpoint-1/adapter_config.json']]) await expect(found(...files)).rejects.toMatchObject({ code: 'several-adapters' });
  });
});

describe('an embedding beside an adapter', () => {
  it('replaces that of the base; without it the vocabulary stays', async () => withTemporary(async (dir) => {
    const output = path.join(dir, 'out'), { findings } = await mergePaths({ base: path.join(bge, 'base'), adapters: [bge], output });
    expect(findings.find(({ code }) => code === 'added-embedding-used')).toMatchObject({ parameters: { file: 'embedding/emb.pth', rows: 303, before: 300, target: 'embed_tokens.weight' } });
    const embedding = (await readFileOf(path.join(bge, 'embedding/emb.pth'))).get('weight')!;
    expect((await modelIn(output)).get('embed_tokens.weight')!.bytes).toEqual(embedding.bytes);
    expect(readJson(path.join(output, 'config.json')).vocab_size).toBe(303);
    const adapter = path.join(dir, 'adapter'), plain = path.join(dir, 'plain');
    fs.cpSync(bge, adapter, { recursive: true });
    fs.rmSync(path.join(adapter, 'embedding/emb.pth'));
    await mergePaths({ base: path.join(bge, 'base'), adapters: [adapter], output: plain });
    expect((await modelIn(plain)).get('embed_tokens.weight')!.shape[0]).toBe(300);
  }));
});
