/** Two models compared: what is a difference and what is not, how large it is, and of what rank. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Folder } from '../../src/bytes/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { diff, type DiffedTensor } from '../../src/verbs/diff.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { folderOf, made, model, noise, product, safetensorsFile, type Made } from './models.ts';

const W = 'model.layers.0.self_attn.q_proj.weight';

async function compare(a: Folder, b: Folder): Promise<{ exit: number; summary: Record<string, number>; of: (name: string) => DiffedTensor }> {
  const { exit, body } = await diff({ a, b });
  return { exit, summary: Object.fromEntries(Object.entries(body.summary).filter(([, n]) => n > 0)), of: (name) => body.tensors.find((one) => one.name === name)! };
}

describe('what is no difference', () => {
  const tensors = { [W]: made('BF16', [48, 32], noise(1, 48 * 32)), 'model.norm.weight': made('F32', [32], noise(2, 32)) };

  it('other shards', async () => {
    const { [W]: first, ...second } = tensors;
    const shards = folderOf({
      'model-00001-of-00002.safetensors': safetensorsFile({ [W]: first }), 'model-00002-of-00002.safetensors': safetensorsFile(second),
      'model.safetensors.index.json': { metadata: {}, weight_map: { [W]: 'model-00001-of-00002.safetensors', 'model.norm.weight': 'model-00002-of-00002.safetensors' } },
    });
    expect(await compare(model(tensors), shards)).toMatchObject({ exit: 0, summary: { same: 2 } });
  });

  it('another NaN, and the sign of a zero', async () => {
    const odd = (nan: number, zero: number): Made => ({ dtype: 'F32', shape: [3], bytes: new Uint8Array(Uint32Array.of(nan, zero, 0x3f800000).buffer) });
    expect(await compare(model({ w: odd(0x7fc00000, 0) }), model({ w: odd(0xffc00123, 0x80000000) }))).toMatchObject({ exit: 0 });
  });

  it('a root that one side has and the other has not', async () => {
    const renamed = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`language_model.${name}`, tensor]));
    const { exit, of } = await compare(model(tensors), model(renamed));
    expect(exit).toBe(0);
    expect(of(W).name_in_b).toBe(`language_model.${W}`);
  });

  it('a head that one side ties', async () => {
    const embedding = made('BF16', [20, 8], noise(3, 160)), config = { architectures: ['LlamaForCausalLM'], tie_word_embeddings: true };
    const one = { 'model.embed_tokens.weight': embedding }, two = { ...one, 'lm_head.weight': embedding };
    expect(await compare(model(two, config), model(one, config))).toMatchObject({ exit: 0, summary: { same: 2 } });
    expect(await compare(model(one, config), model(two, config))).toMatchObject({ exit: 0, summary: { same: 2 } });
    expect(await compare(model(two), model(one, undefined, { format: 'pt', 'lm_head.weight': 'model.embed_tokens.weight' }))).toMatchObject({ exit: 0 });
    // Without any word of a tie, a head that is gone is gone.
    expect(await compare(model(two), model(one))).toMatchObject({ exit: 1, summary: { same: 1, removed: 1 } });
    expect(await compare(model(two), model(one, { ...config, tie_word_embeddings: false }))).toMatchObject({ exit: 1 });
  });

  it('a head that one side ties, but that is another tensor', async () => {
    const config = { architectures: ['LlamaForCausalLM'], tie_word_embeddings: true }, embedding = made('BF16', [20, 8], noise(3, 160));
    const { exit, of } = await compare(model({ 'model.embed_tokens.weight': embedding, 'lm_head.weight': made('BF16', [20, 8], noise(4, 160)) }), model({ 'model.embed_tokens.weight': embedding }, config));
    expect(exit).toBe(1);
    expect(of('lm_head.weight')).toMatchObject({ status: 'changed', changed_rows: 20, name_in_b: 'model.embed_tokens.weight' });
  });

  it('experts in one tensor or one by one', async () => {
    const root = 'model.layers.0.mlp.experts', parts = [0, 1, 2].map((e) => ({ gate: noise(10 + e, 24), up: noise(20 + e, 24) }));
    const split = Object.fromEntries(parts.flatMap(({ gate, up }, e) => [[`${root}.${e}.gate_proj.weight`, made('F32', [6, 4], gate)], [`${root}.${e}.up_proj.weight`, made('F32', [6, 4], up)]]));
    const values = parts.flatMap(({ gate, up }) => [...gate, ...up]), fused = { [`${root}.gate_up_proj`]: made('F32', [3, 12, 4], values) };
    expect(await compare(model(fused), model(split))).toMatchObject({ exit: 0, summary: { same: 1 } });
    expect(await compare(model(split), model(fused))).toMatchObject({ exit: 0, summary: { same: 1 } });
    values[30]! += 1;
    const { exit, of } = await compare(model(split), model({ [`${root}.gate_up_proj`]: made('F32', [3, 12, 4], values) }));
    expect(exit).toBe(1);
    expect(of(`${root}.0.gate_proj.weight`)).toMatchObject({ status: 'changed', differing: 1, elements: 144 });
  });
});

describe('another dtype', () => {
  const values = noise(5, 64 * 40), single = { [W]: made('F32', [64, 40], values) }, half = { [W]: made('BF16', [64, 40], values) };

  it('is told apart from other values, in both directions', async () => {
    for (const [a, b] of [[single, half], [half, single]] as const) {
      const { exit, summary, of } = await compare(model(a), model(b));
      expect({ exit, summary }).toEqual({ exit: 1, summary: { dtype_changed: 1 } });
      expect(of(W)).toMatchObject({ dtype_a: a[W].dtype, dtype_b: b[W].dtype });
      expect(of(W).relative_norm).toBeLessThan(2 ** -8);
    }
  });

  it('with other values is a change', async () => {
    const other = values.map((x, i) => (i === 7 ? x + 0.01 : x));
    expect((await compare(model(single), model({ [W]: made('BF16', [64, 40], other) }))).of(W).status).toBe('changed');
  });
});

describe('what is a difference', () => {
  it('sizes', async () => {
    const { exit, of } = await compare(model({ w: made('F32', [4], [3, 0, 4, 0]) }), model({ w: made('F32', [4], [3, 0, 4, -0.5]) }));
    expect(exit).toBe(1);
    expect(of('w')).toEqual({ name: 'w', status: 'changed', elements: 4, differing: 1, max_abs: 0.5, relative_norm: 0.1 });
  });

  it('a NaN on one side, and a change from nothing', async () => {
    const { of } = await compare(model({ w: made('F32', [2], [1, 2]), z: made('F32', [2], [0, 0]) }), model({ w: made('F32', [2], [1, NaN]), z: made('F32', [2], [0, 1]) }));
    expect(of('w')).toMatchObject({ status: 'changed', differing: 1, not_finite: 1, max_abs: 0 });
    expect(of('z')).toMatchObject({ relative_norm: null, max_abs: 1 });
  });

  it('added, removed, another shape', async () => {
    const one = made('F32', [4], [1, 2, 3, 4]), two = made('F32', [2], [1, 2]);
    const { summary, of } = await compare(model({ gone: one, w: one }), model({ w: two, fresh: two }));
    expect(summary).toEqual({ removed: 1, shape_changed: 1, added: 1 });
    expect(of('w')).toMatchObject({ max_abs: null, shape_a: [4], shape_b: [2] });
  });

  it('rows of a vocabulary that grew', async () => {
    const name = 'model.embed_tokens.weight', values = noise(6, 40), grown = Float64Array.from([...values, 1, 2, 3, 4]);
    grown[9] = 7;
    const { of } = await compare(model({ [name]: made('F32', [10, 4], values) }), model({ [name]: made('F32', [11, 4], grown) }));
    expect(of(name)).toMatchObject({ status: 'shape_changed', changed_rows: 1, shape_b: [11, 4] });
  });
});

describe('the rank of a change', () => {
  const rankOf = async (m: number, n: number, rank: number, dtype: 'F32' | 'BF16', sigma = 0.02): Promise<DiffedTensor> => {
    const w = noise(7, m * n, 0.02), delta = product(noise(8, m * rank, Math.sqrt(sigma)), noise(9, rank * n, Math.sqrt(sigma)), m, rank, n);
    const base = made(dtype, [m, n], w), stored = dtype === 'F32' ? w.map(Math.fround) : new Float64Array(w.length);
    if (dtype === 'BF16') new Uint16Array(base.bytes.buffer).forEach((bits, i) => { stored[i] = new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!; });
    return (await compare(model({ [W]: base }), model({ [W]: made(dtype, [m, n], stored.map((x, i) => x + delta[i]!)) }))).of(W);
  };

  for (const dtype of ['F32', 'BF16'] as const) {
    it(`of a merged adapter, in ${dtype}`, async () => {
      for (const rank of [1, 5, 16]) expect(await rankOf(96, 80, rank, dtype)).toMatchObject({ effective_rank: rank });
      expect(await rankOf(1300, 200, 30, dtype)).toMatchObject({ effective_rank: 30 });
    });
  }

  it('is only bounded from below for a full fine-tune', async () => {
    const m = 160, w = noise(7, m * m), tuned = w.map((x, i) => x + 0.01 * Math.sin(i * i));
    expect((await compare(model({ [W]: made('F32', [m, m], w) }), model({ [W]: made('F32', [m, m], tuned) }))).of(W)).toMatchObject({ effective_rank: 64, effective_rank_is_at_least: true });
  });

  it('is none where only rounding differs', async () => {
    const m = 96, w = made('BF16', [m, m], noise(7, m * m)), bits = new Uint16Array(w.bytes.slice().buffer);
    // One element of ten or so is a step off, in either direction.
    noise(11, bits.length, 1).forEach((x, i) => { if (Math.abs(x) > 1.6) bits[i]! += x > 0 ? 1 : -1; });
    const found = (await compare(model({ [W]: w }), model({ [W]: { ...w, bytes: new Uint8Array(bits.buffer) } }))).of(W);
    expect(found).toMatchObject({ status: 'changed', rounding_only: true });
    expect(found.effective_rank).toBeUndefined();
    bits[5]! += 2;
    expect((await compare(model({ [W]: w }), model({ [W]: { ...w, bytes: new Uint8Array(bits.buffer) } }))).of(W)).toMatchObject({ effective_rank: 0 });
  });
});

for (const { label, dir } of fixtureFolders('peft')) {
  describe(`${label} containers`, () => {
    it('a torch file and a safetensors file of the same values', async () => {
      const folder = path.join(dir, 'file-base-bin-sharded'), { untouched_tensors: untouched, changed_tensors: changed } = readJson(path.join(folder, 'case.json'));
      const { body } = await diff({ a: openFolder(path.join(folder, 'base')), b: openFolder(path.join(folder, 'expected')) });
      const named = (...statuses: string[]) => body.tensors.filter(({ status }) => statuses.includes(status)).map(({ name }) => name).sort();
      expect({ untouched: named('same'), changed: named('changed') }).toEqual({ untouched: untouched.sort(), changed: changed.sort() });
    });

    it('a base and its merge', async () => {
      const { exit, body } = await diff({ a: openFolder(path.join(dir, 'lora-llama-bf16', 'base')), b: openFolder(path.join(dir, 'lora-llama-bf16', 'expected')) });
      expect(exit).toBe(1);
      expect(body.tensors.filter(({ status }) => status === 'changed').map(({ effective_rank }) => effective_rank)).toEqual(Array.from({ length: body.summary.changed }, () => 8));
    });
  });
}

for (const { label, dir } of fixtureFolders('trees')) {
  const name = 'dsreal-z3-w2-subgroups', tree = path.join(dir, name, 'tree');
  it.runIf(fs.existsSync(path.join(dir, name, 'expected.safetensors')))(`a training state and what it holds, ${label}`, async () => {
    const { body } = await diff({ a: openFolder(tree), b: openFolder(path.join(dir, name)), bFile: 'expected.safetensors' });
    // DeepSpeed's own script writes buffers as float32, integers too.
    expect(body.summary).toMatchObject({ same: body.tensors.length - 1, dtype_changed: 1 });
  });
}
