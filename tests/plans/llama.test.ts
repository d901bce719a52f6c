/** Meta's layout: cut and joined again for any number of shards, tied or not; what does not fit is named. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { convertPath } from '../../src/node/verbs.ts';
import { fixtureRoots, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readAll, readFileOf } from '../states/support.ts';

const trees = path.join(fixtureRoots()[0]!, 'trees'), hf = path.join(trees, 'llama-pth-2shards/tree/hf'), gqa = path.join(trees, 'llama-pth-gqa/tree/hf');
const modelIn = async (dir: string) => readAll(await openCheckpoint(openFolder(dir)));
const codeOf = async (run: Promise<unknown>) => run.then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.code; });

/** A model with another config.json, beside the same weights. */
function changed(dir: string, change: Record<string, unknown>, from = hf): string {
  const own = fs.mkdtempSync(path.join(dir, 'model-'));
  fs.cpSync(from, own, { recursive: true });
  fs.writeFileSync(path.join(own, 'config.json'), JSON.stringify({ ...readJson(path.join(from, 'config.json')), ...change }));
  return own;
}

describe('consolidated.NN.pth', () => {
  it.each([[hf, 1], [hf, 2], [hf, 4], [gqa, 1], [gqa, 2]])('%s in %i shards and back', async (model, shards) => withTemporary(async (dir) => {
    const pth = path.join(dir, 'pth'), back = path.join(dir, 'back');
    await convertPath({ input: model, output: pth, to: 'llama-pth', shards });
    expect(fs.readdirSync(pth).filter((name) => name.endsWith('.pth'))).toHaveLength(shards);
    // Naming one slice means all of them.
    await convertPath({ input: path.join(pth, 'consolidated.00.pth'), output: back, to: 'huggingface' });
    expect(await modelIn(back)).toEqual(new Map([...await modelIn(model)].map(([name, tensor]) => [name, expect.objectContaining({ dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.bytes })])));
    const before = readJson(path.join(model, 'config.json')), after = readJson(path.join(back, 'config.json'));
    for (const field of ['hidden_size', 'intermediate_size', 'num_attention_heads', 'num_key_value_heads', 'num_hidden_layers', 'vocab_size', 'rms_norm_eps', 'tie_word_embeddings']) expect([field, after[field]]).toEqual([field, before[field]]);
  }));

  it('holds a tied head, which comes back tied however it was cut', async () => withTemporary(async (dir) => {
    const tied = changed(dir, { tie_word_embeddings: true });
    for (const shards of [1, 2]) {
      const pth = path.join(dir, `pth${shards}`), back = path.join(dir, `back${shards}`);
      await convertPath({ input: tied, output: pth, to: 'llama-pth', shards });
      await convertPath({ input: pth, output: back, to: 'huggingface' });
      expect([readJson(path.join(back, 'config.json')).tie_word_embeddings, (await modelIn(back)).has('lm_head.weight')]).toEqual([true, false]);
    }
    expect((await readFileOf(path.join(dir, 'pth1', 'consolidated.00.pth'))).get('output.weight')!.bytes).toEqual((await modelIn(hf)).get('model.embed_tokens.weight')!.bytes);
  }));

  it('keeps grouped queries that params.json does not tell of', async () => withTemporary(async (dir) => {
    const pth = path.join(dir, 'pth'), back = path.join(dir, 'back');
    await convertPath({ input: gqa, output: pth, to: 'llama-pth' });
    const { n_kv_heads: heads, ...params } = readJson(path.join(pth, 'params.json'));
    fs.writeFileSync(path.join(pth, 'params.json'), JSON.stringify(params));
    await convertPath({ input: pth, output: back, to: 'huggingface' });
    expect(readJson(path.join(back, 'config.json')).num_key_value_heads).toBe(heads);
  }));

  it('is refused with a slice missing, of another model, or with params.json of another', async () => withTemporary(async (dir) => {
    const pth = path.join(dir, 'pth'), other = path.join(dir, 'other'), out = path.join(dir, 'out'), import_ = async () => codeOf(convertPath({ input: pth, output: out, to: 'huggingface' }));
    await convertPath({ input: hf, output: pth, to: 'llama-pth', shards: 2 });
    await convertPath({ input: hf, output: other, to: 'llama-pth', shards: 2, dtype: 'F32' });
    const second = path.join(pth, 'consolidated.01.pth'), saved = fs.readFileSync(second), params = fs.readFileSync(path.join(pth, 'params.json'), 'utf8');
    fs.copyFileSync(path.join(other, 'consolidated.01.pth'), second);
    expect(await import_()).toBe('llama-shards-differ');
    fs.writeFileSync(second, saved);
    for (const [change, code] of [[{ n_heads: 8 }, 'written'], [{ dim: 64 }, 'llama-sizes-differ'], [{ n_layers: 1 }, 'llama-tensor-unknown'], [{ n_layers: 3 }, 'llama-tensor-missing'], [{ n_heads: 5 }, 'llama-params'], [{ n_layers: 'two' }, 'llama-params']] as const) {
      fs.writeFileSync(path.join(pth, 'params.json'), JSON.stringify({ ...JSON.parse(params), ...change }));
      expect([change, await import_()]).toEqual([change, code]);
      fs.rmSync(out, { recursive: true, force: true });
    }
    fs.renameSync(second, path.join(pth, 'consolidated.02.pth'));
    expect(await import_()).toBe('llama-shard-missing');
  }));

  it('cannot hold every model', async () => withTemporary(async (dir) => {
    const export_ = async (input: string, shards = 1) => codeOf(convertPath({ input, output: path.join(dir, 'out'), to: 'llama-pth', shards }));
    expect(await export_(hf, 3)).toBe('llama-shards-uneven');
    for (const change of [{ model_type: 'qwen2' }, { attention_bias: true }, { rope_scaling: { type: 'linear', factor: 4 }, rope_parameters: null }, { head_dim: 16 }, { hidden_act: 'gelu' }, { sliding_window: 4096 }]) {
      expect([change, await export_(changed(dir, change))]).toEqual([change, 'llama-pth-cannot']);
    }
    expect(await export_(changed(dir, { num_hidden_layers: 1 }))).toBe('llama-tensor-unknown');
    expect(await export_(changed(dir, { intermediate_size: 64 }))).toBe('llama-sizes-differ');
  }));
});
