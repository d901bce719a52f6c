/** Adapters that are written differently and mean the same; and a merge that is taken back. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { combinePaths, convertPath, diffPaths, mergePaths } from '../../src/node/index.ts';
import type { DType } from '../../src/tensors/index.ts';
import { made, noise, product, safetensorsFile, type Made } from './models.ts';

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-equalities-'));
afterAll(() => { fs.rmSync(room, { recursive: true, force: true }); });
let count = 0;
const fresh = (name: string): string => path.join(room, `${count++}-${name}`);

function write(file: string, tensors: Readonly<Record<string, Made>>, configFile: string, config: object): string {
  const folder = fresh(file);
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, `${file}.safetensors`), safetensorsFile(tensors));
  fs.writeFileSync(path.join(folder, configFile), JSON.stringify(config));
  return folder;
}

const LLAMA = { model_type: 'llama', architectures: ['LlamaForCausalLM'] };
const model = (tensors: Readonly<Record<string, Made>>, config: object = LLAMA): string => write('model', tensors, 'config.json', config);
const adapter = (tensors: Readonly<Record<string, Made>>, config: object): string =>
  write('adapter_model', Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`base_model.model.${name}`, tensor])), 'adapter_config.json', { peft_type: 'LORA', target_modules: ['q_proj'], ...config });

async function merged(base: string, ...adapters: string[]): Promise<string> {
  const output = fresh('merged');
  await mergePaths({ base, adapters, output, workers: 0 });
  return output;
}

const Q = 'model.layers.0.self_attn.q_proj';

/** A weight of this size with an adapter's factors. */
interface Case { readonly m: number; readonly n: number; readonly r: number; readonly seed: number; readonly dtype: DType }

const cases = (ranks: readonly number[]) => fc.record({ m: fc.integer({ min: 1, max: 40 }), n: fc.integer({ min: 1, max: 40 }), r: fc.constantFrom(...ranks), seed: fc.integer({ min: 1, max: 1e6 }), dtype: fc.constantFrom<DType>('BF16', 'F16', 'F32') });
const baseOf = ({ m, n, seed, dtype }: Case): string => model({ [`${Q}.weight`]: made(dtype, [m, n], noise(seed, m * n)) });
const factorsOf = ({ m, n, r, seed }: Case) => ({ [`${Q}.lora_A.weight`]: made('F32', [r, n], noise(seed + 1, r * n, 0.3)), [`${Q}.lora_B.weight`]: made('F32', [m, r], noise(seed + 2, m * r, 0.3)) });

describe('the same delta', () => {
  it('as rsLoRA with the alpha rescaled', async () => {
    // Ranks with a whole root: the scales are then the same number.
    await fc.assert(fc.asyncProperty(cases([1, 4, 16]), async (own) => {
      const base = baseOf(own), factors = factorsOf(own), { r } = own;
      const plain = await merged(base, adapter(factors, { r, lora_alpha: 2 * r })), rooted = await merged(base, adapter(factors, { r, lora_alpha: 2 * Math.sqrt(r), use_rslora: true }));
      expect((await diffPaths(plain, rooted)).exit).toBe(0);
    }), { numRuns: 8 });
  });

  it('as DoRA whose magnitudes are the norms of the rows', async () => {
    await fc.assert(fc.asyncProperty(cases([1, 3, 8]), async (own) => {
      const { m, n, r, seed, dtype } = own, base = baseOf(own), factors = factorsOf(own), plain = await merged(base, adapter(factors, { r, lora_alpha: r }));
      const w = Float64Array.from(noise(seed, m * n)), single = (values: Float64Array) => values.map(Math.fround), delta = product(single(noise(seed + 2, m * r, 0.3)), single(noise(seed + 1, r * n, 0.3)), m, r, n);
      const stored = decoded(made(dtype, [m, n], w));
      const norms = Float64Array.from({ length: m }, (_, i) => { let sum = 0; for (let j = 0; j < n; j++) sum += (stored[i * n + j]! + delta[i * n + j]!) ** 2; return Math.sqrt(sum); });
      const directed = await merged(base, adapter({ ...factors, [`${Q}.lora_magnitude_vector`]: made('F32', [m], norms) }, { r, lora_alpha: r, use_dora: true }));
      // The magnitudes are stored in float32, so the quotient is 1 up to 2^-24.
      const { body: { tensors: [tensor] } } = await diffPaths(plain, directed);
      expect(tensor!.relative_norm).toBeLessThan(dtype === 'F32' ? 2 ** -22 : 2 ** -9);
    }), { numRuns: 8 });
  });

  it('as two adapters that halve it, and as one that was combined of them', async () => {
    const own: Case = { m: 24, n: 16, r: 4, seed: 5, dtype: 'F32' }, base = baseOf(own), factors = factorsOf(own), half = adapter(factors, { r: 4, lora_alpha: 4 }), output = fresh('combined');
    const whole = await merged(base, adapter(factors, { r: 4, lora_alpha: 8 }));
    expect((await diffPaths(whole, await merged(base, half, half))).exit).toBe(0);
    await combinePaths({ adapters: [half, half], output, workers: 0 });
    expect((await diffPaths(whole, await merged(base, output))).body.tensors.every(({ status, rounding_only: rounding }) => status === 'same' || rounding)).toBe(true);
  });
});

/** Values of a tensor as they are stored. */
function decoded({ dtype, bytes }: Made): Float64Array {
  if (dtype === 'F32') return Float64Array.from(new Float32Array(bytes.buffer));
  const words = new Uint16Array(bytes.buffer);
  if (dtype === 'BF16') return Float64Array.from(new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer));
  return Float64Array.from(words, (word) => { const e = (word >> 10) & 31, f = word & 1023; return (word >> 15 ? -1 : 1) * (e === 0 ? f * 2 ** -24 : (1024 + f) * 2 ** (e - 25)); });
}

describe('a merge taken back', () => {
  it('gives the base in float32, up to the roundings of the two sums', async () => {
    await fc.assert(fc.asyncProperty(cases([1, 8]), async (own) => {
      const base = baseOf({ ...own, dtype: 'F32' }), factors = factorsOf(own), { r } = own;
      const there = await merged(base, adapter(factors, { r, lora_alpha: r })), back = await merged(there, adapter(factors, { r, lora_alpha: -r }));
      const { body: { tensors: [tensor] } } = await diffPaths(base, back);
      // Half a step of the larger of W and W + delta each; deltas here are a few times the weights.
      expect(tensor!.max_abs).toBeLessThan(2 ** -20);
    }), { numRuns: 8 });
  });
});

describe('experts', () => {
  const E = 3, I = 5, H = 8, r = 2, root = 'model.layers.0.mlp.experts', config = { model_type: 'qwen3_moe', architectures: ['Qwen3MoeForCausalLM'] };
  const gate = noise(1, E * I * H), up = noise(2, E * I * H), down = noise(3, E * H * I), part = (values: Float64Array, e: number, size: number) => values.slice(e * size, (e + 1) * size);
  const split = model(Object.fromEntries(Array.from({ length: E }, (_, e) => [
    [`${root}.${e}.gate_proj.weight`, made('BF16', [I, H], part(gate, e, I * H))], [`${root}.${e}.up_proj.weight`, made('BF16', [I, H], part(up, e, I * H))], [`${root}.${e}.down_proj.weight`, made('BF16', [H, I], part(down, e, H * I))],
  ] as const).flat()), config);
  const fused = model({
    [`${root}.gate_up_proj`]: made('BF16', [E, 2 * I, H], Array.from({ length: E }, (_, e) => [...part(gate, e, I * H), ...part(up, e, I * H)]).flat()), [`${root}.down_proj`]: made('BF16', [E, H, I], down),
  }, config);
  // Fewer ranks than experts, so that the two ways to lay them out in B differ.
  const both = { r, lora_alpha: 4, target_modules: [], target_parameters: ['mlp.experts.gate_up_proj', 'mlp.experts.down_proj'], peft_version: '0.19.0' };
  const factors = adapter({
    [`${root}.base_layer.lora_A.weight`]: made('F32', [r * E, H], noise(11, r * E * H, 0.3)), [`${root}.base_layer.lora_B.weight`]: made('F32', [2 * I, r * E], noise(12, 2 * I * r * E, 0.3)),
    [`${root}.lora_A.weight`]: made('F32', [r * E, I], noise(13, r * E * I, 0.3)), [`${root}.lora_B.weight`]: made('F32', [H, r * E], noise(14, H * r * E, 0.3)),
  }, both);

  it('are the same whole or one by one, before and after a merge', async () => {
    expect((await diffPaths(split, fused)).exit).toBe(0);
    expect((await diffPaths(await merged(split, factors), await merged(fused, factors))).exit).toBe(0);
    expect((await diffPaths(split, await merged(fused, factors))).body.summary.changed).toBe(2);
  });

  describe('with an adapter of single experts', () => {
    const own = (e: number, matrix: string, out: number, columns: number, extra: Readonly<Record<string, Made>> = {}) => ({
      [`${root}.${e}.${matrix}.lora_A.weight`]: made('F32', [r, columns], noise(100 + e, r * columns, 0.3)), [`${root}.${e}.${matrix}.lora_B.weight`]: made('F32', [out, r], noise(200 + e, out * r, 0.3)), ...extra,
    });
    const single = { r, lora_alpha: 4, target_modules: ['gate_proj', 'up_proj', 'down_proj'] };

    it('all of them, and some of them', async () => {
      const all = Object.assign({}, ...Array.from({ length: E }, (_, e) => ({ ...own(e, 'gate_proj', I, H), ...own(e, 'up_proj', I, H), ...own(e, 'down_proj', H, I) }))) as Readonly<Record<string, Made>>;
      for (const tensors of [all, own(1, 'up_proj', I, H), { ...own(0, 'down_proj', H, I), ...own(2, 'gate_proj', I, H) }]) {
        const some = adapter(tensors, single);
        expect((await diffPaths(await merged(split, some), await merged(fused, some))).exit).toBe(0);
      }
    });

    it('of a method with norms', async () => {
      const some = adapter(own(1, 'up_proj', I, H, { [`${root}.1.up_proj.lora_magnitude_vector`]: made('F32', [I], noise(9, I).map((x) => Math.abs(x) + 0.1)) }), { ...single, use_dora: true });
      expect((await diffPaths(await merged(split, some), await merged(fused, some))).exit).toBe(0);
    });

    it('stored (experts, in, out), and untouched experts keep their bytes', async () => {
      const turn = (values: Float64Array | number[], rows: number, columns: number) => Array.from({ length: E }, (_, e) => Array.from({ length: rows * columns }, (__, i) => values[e * rows * columns + (i % rows) * columns + Math.floor(i / rows)]!)).flat();
      const stacked = Array.from({ length: E }, (_, e) => [...part(gate, e, I * H), ...part(up, e, I * H)]).flat();
      // A negative zero in an expert that nothing touches.
      const values = turn(stacked, 2 * I, H), turned = model({ [`${root}.gate_up_proj`]: made('BF16', [E, H, 2 * I], values.map((x, i) => (i === 0 ? -0 : x))) }, config), some = adapter(own(1, 'up_proj', I, H), single);
      const bytes = (folder: string) => { const file = fs.readFileSync(path.join(folder, 'model.safetensors')); return file.subarray(file.length - E * H * 2 * I * 2).subarray(0, H * 2 * I * 2); };
      const output = await merged(turned, some);
      expect(bytes(output).equals(bytes(turned))).toBe(true);
      const { body } = await diffPaths(await merged(split, some), output);
      expect(body.tensors.find(({ name_in_b: name }) => name === `${root}.gate_up_proj`) ?? body.tensors.find(({ name }) => name.includes('gate_proj'))).toMatchObject({ differing: 1, max_abs: Math.abs(new Float32Array(Uint32Array.of(new Uint16Array(made('BF16', [1], [gate[0]!]).bytes.buffer)[0]! << 16).buffer)[0]!) });
    });
  });

  it('are the same in other shards', async () => {
    const output = fresh('sharded');
    await convertPath({ input: split, output, workers: 0, maxShardBytes: 300 });
    expect((await diffPaths(output, fused)).exit).toBe(0);
  });
});
