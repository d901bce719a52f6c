/** A LoRA out of two models: what merges back, what is carried whole, what is refused. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { extractPaths, type ExtractPathsOptions } from '../../src/node/extract.ts';
import { diffPaths, mergePaths } from '../../src/node/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { made, noise, product, safetensorsFile, type Made } from './models.ts';

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-extract-'));
afterAll(() => { fs.rmSync(room, { recursive: true, force: true }); });
let count = 0;
const fresh = (name: string): string => path.join(room, `${count++}-${name}`);

type Tensors = Readonly<Record<string, Made>>;

function write(name: string, tensors: Tensors, config: object = { model_type: 'llama', architectures: ['LlamaForCausalLM'], tie_word_embeddings: false }): string {
  const folder = fresh(name);
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'model.safetensors'), safetensorsFile(tensors));
  fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

async function extracted(base: string, tuned: string, options: Partial<ExtractPathsOptions> = {}) {
  const output = fresh('adapter'), answer = await extractPaths({ base, tuned, output, workers: 0, ...options });
  return { output, ...answer, config: readJson(path.join(output, 'adapter_config.json')) };
}

/** Largest relative distance of base + adapter from the tuned model, over its tensors. */
async function distance(base: string, adapter: string, tuned: string): Promise<number> {
  const merged = fresh('merged');
  await mergePaths({ base, adapters: [adapter], output: merged, workers: 0 });
  const { body } = await diffPaths(merged, tuned, { rank: false });
  expect(body.tensors.filter(({ status }) => status !== 'same' && status !== 'changed')).toEqual([]);
  return body.tensors.reduce((most, one) => Math.max(most, one.relative_norm ?? Infinity), 0);
}

const code = async (run: Promise<unknown>): Promise<string> => {
  try { await run; } catch (error) { if (isTemperError(error)) return error.code; throw error; }
  return 'none';
};

const Q = 'model.layers.0.self_attn.q_proj', V = 'model.layers.1.self_attn.v_proj', NORM = 'model.layers.0.input_layernorm', EMBED = 'model.embed_tokens', HEAD = 'lm_head';

/** A small model; `seed` 0 is the base. */
function tensors(changes: Readonly<Record<string, Made>> = {}): Tensors {
  return {
    [`${EMBED}.weight`]: made('F32', [20, 24], noise(1, 480)), [`${Q}.weight`]: made('F32', [40, 24], noise(2, 960)), [`${Q}.bias`]: made('F32', [40], noise(3, 40)),
    'model.layers.0.self_attn.k_proj.weight': made('F32', [16, 24], noise(4, 384)), [`${V}.weight`]: made('F32', [16, 24], noise(5, 384)), [`${NORM}.weight`]: made('F32', [24], noise(6, 24)),
    'model.norm.weight': made('F32', [24], noise(7, 24)), [`${HEAD}.weight`]: made('F32', [20, 24], noise(8, 480)), ...changes,
  };
}

const moved = (seed: number, shape: readonly [number, number], rank: number, from: number): Made => {
  const [m, n] = shape, delta = product(noise(seed, m * rank), noise(seed + 1, rank * n), m, rank, n);
  return made('F32', shape, noise(from, m * n).map((x, i) => Math.fround(x) + delta[i]!));
};

describe('a merge', () => {
  it('of any rank and shape gives its delta back', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1e6 }), async (m, n, rank, seed) => {
      const W = (w: Made): Tensors => ({ [`${Q}.weight`]: w }), base = write('base', W(made('F32', [m, n], noise(seed, m * n)))), tuned = write('tuned', W(moved(seed + 7, [m, n], rank, seed)));
      const { output, body } = await extracted(base, tuned, { rank });
      expect(body.extracted.modules).toHaveLength(1);
      // The tuned weights were rounded to float32, so the difference has a little of every direction.
      expect(body.extracted.modules[0]!.relative_error).toBeLessThan(1e-4);
      expect(await distance(base, output, tuned)).toBeLessThan(1e-6);
    }), { numRuns: 12 });
  });

  for (const { label, dir } of fixtureFolders('peft')) {
    for (const name of ['lora-llama-bf16', 'lora-gpt2-hub-names', 'lora-bias-lora-only', 'mts-norms', 'mts-tied-ensure', 'mts-tied-grown', 'moe-target-parameters-mixtral', 'moe-gpt-oss', 'legacy-target-parameters-0.17', 'lora-bert-embedding']) {
      it(`of PEFT comes back: ${name}, ${label}`, async () => {
        const folder = path.join(dir, name), { authority } = readJson(path.join(folder, 'case.json')), base = path.join(folder, 'base'), tuned = path.join(folder, authority);
        const { output } = await extracted(base, tuned, { rank: 24 });
        expect(await distance(base, output, tuned)).toBeLessThan(name.includes('bf16') ? 2 ** -8 : 1e-6);
      });
    }
  }
});

describe('what an adapter says', () => {
  it('names no more modules than have factors', async () => {
    const base = write('base', tensors()), { config, body } = await extracted(base, write('tuned', tensors({ [`${Q}.weight`]: moved(50, [40, 24], 3, 2), [`${V}.weight`]: moved(60, [16, 24], 3, 5) })), { rank: 3 });
    expect(config).toMatchObject({ peft_type: 'LORA', r: 3, lora_alpha: 3, bias: 'none', task_type: 'CAUSAL_LM', base_model_name_or_path: base, modules_to_save: null, target_modules: ['q_proj', 'v_proj'] });
    expect(body.extracted).toMatchObject({ full_tensors: [], left_out: [] });
  });

  it('names whole paths where an ending would mean too much', async () => {
    const second = { 'model.layers.1.self_attn.q_proj.weight': made('F32', [40, 24], noise(9, 960)) };
    const { config } = await extracted(write('base', tensors(second)), write('tuned', tensors({ ...second, [`${Q}.weight`]: moved(50, [40, 24], 3, 2) })));
    expect(config.target_modules).toEqual([Q]);
  });

  it('carries norms, embeddings and heads whole, and what their names hit', async () => {
    const changes = { [`${EMBED}.weight`]: made('F32', [20, 24], noise(70, 480)), 'model.norm.weight': made('F32', [24], noise(71, 24)), [`${HEAD}.weight`]: made('F32', [20, 24], noise(72, 480)) };
    const base = write('base', tensors()), tuned = write('tuned', tensors(changes)), { output, config, body } = await extracted(base, tuned);
    expect(config.modules_to_save).toEqual(['embed_tokens', 'lm_head', 'model.norm']);
    expect(body.extracted.modules).toEqual([]);
    expect([...body.extracted.full_tensors].sort()).toEqual([`${HEAD}.weight`, `${EMBED}.weight`, 'model.norm.weight']);
    expect(await distance(base, output, tuned)).toBe(0);
  });

  it('carries every module that an ending without a dot means', async () => {
    const bare = (norm: number): Tensors => ({ 'norm.weight': made('F32', [8], noise(norm, 8)), 'layers.0.input_norm.weight': made('F32', [8], noise(2, 8)) });
    const { config, body } = await extracted(write('base', bare(1)), write('tuned', bare(5)));
    expect(config.modules_to_save).toEqual(['input_norm', 'norm']);
    expect([...body.extracted.full_tensors].sort()).toEqual(['layers.0.input_norm.weight', 'norm.weight']);
  });

  it('adapts all experts of a layer at once, unless the module is carried whole', async () => {
    const root = 'model.layers.0.mlp.experts', E = 3, values = noise(40, E * 10 * 8), moved = values.map((x, i) => x + (i % 80) * (i % 8) * 1e-4 * (1 + Math.floor(i / 80)));
    const experts = (up: ArrayLike<number>, bias: number): Tensors => ({ [`${root}.gate_up_proj`]: made('F32', [E, 10, 8], up), [`${root}.down_proj`]: made('F32', [E, 8, 5], noise(41, E * 40)), [`${root}.gate_up_proj_bias`]: made('F32', [E, 10], noise(bias, E * 10)) });
    const config = { model_type: 'qwen3_moe', architectures: ['Qwen3MoeForCausalLM'] }, base = write('base', experts(values, 1), config), tuned = write('tuned', experts(moved, 1), config);
    const { output, config: words, body } = await extracted(base, tuned, { rank: 4 });
    expect(words).toMatchObject({ r: 4, target_modules: [], target_parameters: ['mlp.experts.gate_up_proj'], modules_to_save: null });
    expect(body.extracted.modules.map(({ module }) => module)).toEqual([`${root}.gate_up_proj`]);
    expect(await distance(base, output, tuned)).toBeLessThan(1e-2);
    expect(body.extracted.modules[0]!.relative_error).toBeLessThan(0.1);
    // PEFT cannot wrap parameters of a module that it saves.
    const whole = write('tuned', experts(moved, 2), config), carried = await extracted(base, whole, { rank: 4 });
    expect(carried.config).toMatchObject({ target_parameters: null, modules_to_save: ['experts'] });
    expect(carried.body.extracted.modules).toEqual([]);
    expect(await distance(base, carried.output, whole)).toBe(0);
  });

  it('keeps biases beside factors', async () => {
    const tuned = write('tuned', tensors({ [`${Q}.weight`]: moved(50, [40, 24], 2, 2), [`${Q}.bias`]: made('F32', [40], noise(80, 40)) })), base = write('base', tensors());
    const { output, config } = await extracted(base, tuned, { rank: 2 });
    expect(config).toMatchObject({ bias: 'lora_only', modules_to_save: null });
    expect(await distance(base, output, tuned)).toBeLessThan(1e-6);
  });

  it('gives every module the rank that a share needs', async () => {
    const tuned = write('tuned', tensors({ [`${Q}.weight`]: moved(50, [40, 24], 7, 2), [`${V}.weight`]: moved(60, [16, 24], 2, 5) })), base = write('base', tensors());
    const { output, config, body } = await extracted(base, tuned, { energy: 0.999999 });
    expect(body.extracted.modules.map(({ module, rank }) => [module, rank])).toEqual([[Q, 7], [V, 2]]);
    expect(config.rank_pattern).toEqual(config.alpha_pattern);
    expect(Object.keys(config.rank_pattern)).toHaveLength(1);
    expect(await distance(base, output, tuned)).toBeLessThan(1e-3);
    const { body: half } = await extracted(base, tuned, { energy: 0.5 });
    for (const { energy_kept: kept, rank } of half.extracted.modules) { expect(kept).toBeGreaterThanOrEqual(0.5); expect(rank).toBeLessThan(7); }
  });

  it('measures what is lost on the factors as they are stored', async () => {
    const base = write('base', tensors()), tuned = write('tuned', tensors({ [`${Q}.weight`]: made('F32', [40, 24], noise(90, 960)) }));
    const { output, body, findings } = await extracted(base, tuned, { rank: 4, dtype: 'BF16' });
    expect(findings.map((one) => one.code)).toContain('adapter-keeps-little');
    const merged = fresh('merged');
    await mergePaths({ base, adapters: [output], output: merged, workers: 0 });
    const norm = async (a: string, b: string) => { const { body: { tensors: all } } = await diffPaths(a, b); return all.find(({ name }) => name === `${Q}.weight`)!; };
    const [lost, all] = [await norm(merged, tuned), await norm(base, tuned)];
    // Both are relative to other norms: of the merged weight, and of the base's.
    const size = (values: Float64Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0)), [w] = [size(noise(2, 960))];
    const change = all.relative_norm! * w;
    expect(Math.abs((lost.relative_norm! * mergedNorm(merged)) / change - body.extracted.modules[0]!.relative_error)).toBeLessThan(1e-5);
  });

  it('is the same bytes every time', async () => {
    const base = write('base', tensors()), tuned = write('tuned', tensors({ [`${Q}.weight`]: made('F32', [40, 24], noise(90, 960)) }));
    const file = async () => fs.readFileSync(path.join((await extracted(base, tuned, { rank: 4 })).output, 'adapter_model.safetensors'));
    expect((await file()).equals(await file())).toBe(true);
  });
});

/** Norm of q_proj in a merged model. */
function mergedNorm(folder: string): number {
  const bytes = fs.readFileSync(path.join(folder, 'model.safetensors')), length = Number(bytes.readBigUInt64LE(0)), header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { data_offsets: [number, number] }>;
  const [from, to] = header[`${Q}.weight`]!.data_offsets;
  let sum = 0;
  for (let at = from; at < to; at += 4) sum += bytes.readFloatLE(8 + length + at) ** 2;
  return Math.sqrt(sum);
}

it('stops when it is told to, and leaves nothing', async () => {
  const m = 300, W = (seed: number): Tensors => ({ [`${Q}.weight`]: made('F32', [m, m], noise(seed, m * m)), [`${V}.weight`]: made('F32', [m, m], noise(seed + 1, m * m)) });
  const base = write('base', W(1)), tuned = write('tuned', W(5)), output = fresh('stopped'), stop = new AbortController();
  const running = extractPaths({ base, tuned, output, workers: 0 }, { signal: stop.signal, onEvent: (event) => { if (event.kind === 'progress' && event.phase === 'extract') stop.abort(new Error('enough')); } });
  await expect(running).rejects.toThrow('enough');
  expect(fs.readdirSync(room).filter((name) => name.includes('stopped'))).toEqual([]);
});

describe('what is left out or refused', () => {
  const base = write('base', tensors()), tuned = write('tuned', tensors({ [`${Q}.weight`]: moved(50, [40, 24], 3, 2), [`${V}.weight`]: moved(60, [16, 24], 3, 5), [`${NORM}.weight`]: made('F32', [24], noise(70, 24)) }));

  it('says so', async () => {
    const { body, findings } = await extracted(base, tuned, { targets: ['q_proj'], fullTensors: false });
    expect(body.extracted.left_out.map(({ name }) => name).sort()).toEqual([`${NORM}.weight`, `${V}.weight`]);
    expect(findings.map((one) => one.code)).toContain('changes-left-out');
  });

  it('by name', async () => {
    const without = Object.fromEntries(Object.entries(tensors()).filter(([name]) => !name.startsWith(Q)));
    expect(await code(extracted(base, base))).toBe('nothing-to-extract');
    expect(await code(extracted(base, write('tuned', without)))).toBe('cannot-be-an-adapter');
    expect(await code(extracted(base, write('tuned', tensors({ [`${Q}.weight`]: made('F32', [24, 40], noise(2, 960)) }))))).toBe('cannot-be-an-adapter');
    expect(await code(extracted(base, write('tuned', tensors({ 'model.layers.2.self_attn.q_proj.weight': made('F32', [40, 24], noise(2, 960)) }))))).toBe('cannot-be-an-adapter');
    expect(await code(extracted(write('base', { token: made('F32', [4], [1, 2, 3, 4]) }), write('tuned', { token: made('F32', [4], [1, 2, 3, 5]) })))).toBe('cannot-be-an-adapter');
    expect(await code(extracted(base, tuned, { energy: 2 }))).toBe('share-out-of-range');
    expect(await code(extracted(base, tuned, { targets: ['q_proj', 'qproj'] }))).toBe('target-unknown');
    expect(await code(extracted(base, write('tuned', { other: made('F32', [2], [1, 2]) })))).toBe('another-model');
    expect(await code(extractPaths({ base, tuned, output: base, workers: 0 }))).toBe('output-exists');
    expect(await code(extracted(base, tuned, { rank: 16, memoryBytes: 4096 }))).toMatch(/rank-too-large|memory/);
    expect(fs.readdirSync(room).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
