/** Adapters combined: against PEFT's own results, and by what has to hold whatever PEFT says. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { COMBINE_NAMES } from '../../src/cli/names.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { combinePaths, diffPaths, mergePaths, type CombinePathsOptions } from '../../src/node/index.ts';
import { addUp, COMBINE_METHODS, keepLargest, type CombineName } from '../../src/verbs/combine/methods.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { made, noise, safetensorsFile, type Made } from './models.ts';

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-combine-'));
afterAll(() => { fs.rmSync(room, { recursive: true, force: true }); });
let count = 0;
const fresh = (name: string): string => path.join(room, `${count++}-${name}`);

async function combined(adapters: readonly string[], options: Partial<CombinePathsOptions>) {
  const output = fresh('combined'), answer = await combinePaths({ adapters, output, workers: 0, ...options });
  return { output, ...answer, config: readJson(path.join(output, 'adapter_config.json')) };
}

async function merged(base: string, ...adapters: string[]): Promise<string> {
  const output = fresh('merged');
  await mergePaths({ base, adapters, output, workers: 0 });
  return output;
}

/** Largest relative difference of any tensor that both have. */
async function distance(a: string, b: string): Promise<number> {
  const { body } = await diffPaths(a, b, { rank: false });
  return body.tensors.reduce((most, one) => Math.max(most, one.relative_norm ?? 0), 0);
}

const code = async (run: Promise<unknown>): Promise<string> => {
  try { await run; } catch (error) { if (isTemperError(error)) return error.code; throw error; }
  return 'none';
};

it('has a name on the command line for every method', () => {
  expect([...COMBINE_NAMES].sort()).toEqual(Object.keys(COMBINE_METHODS).sort());
});

for (const { label, dir } of fixtureFolders('peft')) {
  describe(`PEFT's combinations, ${label}`, () => {
    for (const name of fs.readdirSync(dir).filter((one) => one.startsWith('weighted-'))) {
      it(name, async () => {
        const folder = path.join(dir, name), { combine } = readJson(path.join(folder, 'case.json'));
        const { output } = await combined(combine.adapters.map((adapter: string) => path.join(folder, adapter)), {
          weights: combine.weights, method: combine.combination_type ?? 'linear',
          ...(combine.density === undefined ? {} : { density: combine.density }), ...(combine.svd_rank === undefined ? {} : { rank: combine.svd_rank }), ...(typeof combine.torch_seed !== 'number' ? {} : { seed: combine.torch_seed }),
        });
        // Where PEFT itself goes wrong, what was meant.
        const intended = path.join(folder, 'intended'), expected = fs.existsSync(intended) ? intended : path.join(folder, 'expected');
        // PEFT decomposes in float32.
        expect(await distance(await merged(path.join(folder, 'base'), output), expected)).toBeLessThan(name.includes('svd') ? 1e-6 : 2e-7);
      });
    }
  });
}

const Q = 'model.layers.0.self_attn.q_proj', V = 'model.layers.0.self_attn.v_proj', SIDES: Readonly<Record<string, readonly [number, number]>> = { [Q]: [24, 16], [V]: [8, 16] };

/** An adapter with noise in it. */
function adapter(seed: number, { r = 4, alpha = 8, modules = [Q, V], config = {}, extra = {} }: { r?: number; alpha?: number; modules?: readonly string[]; config?: object; extra?: Readonly<Record<string, Made>> } = {}): string {
  const folder = fresh('adapter'), tensors: Record<string, Made> = { ...extra };
  for (const [i, module] of modules.entries()) {
    const [out, columns] = SIDES[module]!;
    tensors[`base_model.model.${module}.lora_A.weight`] = made('F32', [r, columns], noise(seed + i, r * columns, 0.3));
    tensors[`base_model.model.${module}.lora_B.weight`] = made('F32', [out, r], noise(seed + 50 + i, out * r, 0.3));
  }
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'adapter_model.safetensors'), safetensorsFile(tensors));
  fs.writeFileSync(path.join(folder, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r, lora_alpha: alpha, target_modules: modules.map((module) => module.split('.').at(-1)), base_model_name_or_path: 'example-org/base', ...config }));
  return folder;
}

function base(): string {
  const folder = fresh('base');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'model.safetensors'), safetensorsFile(Object.fromEntries(Object.entries(SIDES).map(([module, [m, n]], i) => [`${module}.weight`, made('F32', [m, n], noise(900 + i, m * n))]))));
  fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] }));
  return folder;
}

describe('the weighted sum', () => {
  it('by cat is merging one after the other', async () => {
    const model = base(), a = adapter(1), b = adapter(2, { r: 2, alpha: 3, modules: [Q] }), c = adapter(3, { config: { use_rslora: true } });
    const { output, config, body } = await combined([a, b, c], {});
    expect(config).toMatchObject({ r: 10, lora_alpha: 10, use_rslora: false, target_modules: ['q_proj', 'v_proj'] });
    expect(body.combined).toMatchObject({ distance: 0, rank: 10, weights: [1, 1, 1] });
    expect(await distance(await merged(model, output), await merged(model, a, b, c))).toBeLessThan(3e-7);
  });

  it('by svd of full rank is that by cat, and the best one below it', async () => {
    const model = base(), sources = [adapter(1), adapter(2)], weights = [0.5, -1.5];
    const exact = await merged(model, (await combined(sources, { weights })).output);
    expect(await distance(await merged(model, (await combined(sources, { weights, method: 'svd', rank: 8 })).output), exact)).toBeLessThan(3e-7);
    const far = async (method: CombineName, rank?: number) => (await combined(sources, { weights, method, ...(rank === undefined ? {} : { rank }) })).body.combined.distance!;
    const [four, six] = [await far('svd', 4), await far('svd', 6)];
    expect(six).toBeLessThan(four);
    expect(four).toBeLessThan(await far('linear'));
  });

  it('of one adapter is the adapter, by every method that keeps all', async () => {
    const model = base(), one = adapter(7), alone = await merged(model, one);
    for (const method of COMBINE_NAMES as readonly CombineName[]) {
      const { output } = await combined([one], { method, ...(COMBINE_METHODS[method].drop === 'nothing' ? {} : { density: 1 }) });
      expect(await distance(await merged(model, output), alone), method).toBeLessThan(5e-7);
    }
  });

  it('adds biases, and carries what only one adapter has', async () => {
    const bias = (seed: number) => ({ [`base_model.model.${Q}.lora_B.bias`]: made('F32', [24], noise(seed, 24)) }), norm = { 'base_model.model.model.norm.weight': made('F32', [16], noise(33, 16)) };
    const { config, body } = await combined([adapter(1, { config: { lora_bias: true }, extra: bias(1) }), adapter(2, { config: { lora_bias: true, modules_to_save: ['norm'] }, extra: { ...bias(2), ...norm } })], {});
    expect(config).toMatchObject({ lora_bias: true, modules_to_save: ['norm'] });
    expect(body.tensors).toMatchObject({ computed: 5, copied: 1 });
  });
});

describe('elements', () => {
  it('keeps the largest, of equal ones the first', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), async (values, density) => {
      const wanted = Math.trunc(density * values.length), keep = await keepLargest((see) => { for (const value of values) see(value); }, wanted), kept = values.map((value, i) => keep(value, i));
      const ranked = [...values.keys()].sort((i, j) => Math.abs(values[j]!) - Math.abs(values[i]!) || i - j).slice(0, wanted);
      expect(kept.flatMap((is, i) => (is ? [i] : []))).toEqual(ranked.sort((i, j) => i - j));
    }));
  });

  it('elects a sign', () => {
    expect(addUp([3, -1, -1], [1, 1, 1], 'ties', 'total')).toBe(3);
    expect(addUp([3, -1, -1], [1, 2, 4], 'ties', 'frequency')).toBe(-3);
    // A tie of the votes is a plus; zeros never count.
    expect(addUp([2, -2, 0], [1, 1, 1], 'ties', 'total')).toBe(2);
    expect(addUp([0, 0], [1, 1], 'ties', 'total')).toBe(0);
    expect(addUp([2, -2], [0.5, 0.25], 'sum', 'total')).toBe(0.5);
  });
});

describe('what cannot be combined', () => {
  it('is refused by name', async () => {
    const a = adapter(1), magnitude = { [`base_model.model.${Q}.lora_magnitude_vector`]: made('F32', [24], noise(3, 24)) };
    expect(await code(combined([a, adapter(2, { config: { use_dora: true }, extra: magnitude })], {}))).toBe('cannot-combine');
    expect(await code(combined([a, adapter(2, { r: 2 })], { method: 'linear' }))).toBe('ranks-differ');
    expect(await code(combined([a], { weights: [1, 2] }))).toBe('weights-mismatch');
    expect(await code(combined([a], { method: 'ties' }))).toBe('density-needed');
    expect(await code(combined([a], { method: 'ties', density: 1.5 }))).toBe('density-needed');
    const whole = (seed: number) => ({ 'base_model.model.model.norm.weight': made('F32', [16], noise(seed, 16)) });
    expect(await code(combined([adapter(1, { extra: whole(1), config: { modules_to_save: ['norm'] } }), adapter(2, { extra: whole(2), config: { modules_to_save: ['norm'] } })], {}))).toBe('several-owners');
    const other = adapter(4);
    fs.writeFileSync(path.join(other, 'adapter_model.safetensors'), safetensorsFile({ [`base_model.model.${Q}.lora_A.weight`]: made('F32', [4, 20], noise(1, 80)), [`base_model.model.${Q}.lora_B.weight`]: made('F32', [24, 4], noise(2, 96)) }));
    expect(await code(combined([a, other], {}))).toBe('modules-of-other-models');
    expect(fs.readdirSync(room).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('or said', async () => {
    const { findings } = await combined([adapter(1), adapter(2, { config: { base_model_name_or_path: 'example-org/other' } })], { method: 'linear' });
    expect(findings.map((one) => one.code)).toEqual(expect.arrayContaining(['bases-differ', 'factors-are-heuristic']));
  });
});
