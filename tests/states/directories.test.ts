/** Whole directories out of trees: merged, assembled, imported from Meta's layout and exported to it, XTuner's parts; against what the producers themselves make. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { assemblePaths } from '../../src/node/assemble.ts';
import { openFolder } from '../../src/node/folder.ts';
import { convertPath, mergePaths } from '../../src/node/verbs.ts';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { decodeTensor, type DType } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readAll, readFileOf, type Read } from './support.ts';

interface Wanted { readonly action: string; readonly path?: string; readonly base?: string; readonly adapter?: string; readonly source?: string; readonly shards?: number }

const trees = fixtureFolders('trees').flatMap(({ dir, label }) => fs.readdirSync(dir).filter((name) => fs.existsSync(path.join(dir, name, 'expected.json')))
  .map((name) => ({ title: `${label} ${name}`, dir: path.join(dir, name), expected: readJson(path.join(dir, name, 'expected.json')) })));

/** Runs what the tree asks for. */
async function make({ dir, expected }: typeof trees[number], { action, base, adapter, source, shards }: Wanted, output: string, alpha = expected.merge_when_alpha_given?.lora_alpha as number | undefined): Promise<unknown> {
  const at = (name: string | undefined) => path.join(dir, 'tree', name!);
  switch (action) {
    case 'merge': return mergePaths({ base: at(base), adapters: [at(adapter)], output, ...(alpha === undefined ? {} : { loraAlpha: alpha }) });
    case 'assemble': return assemblePaths({ tree: at(path.dirname(adapter!)), bases: [`llm=${at(base)}`], output });
    case 'pth-to-hf': return convertPath({ input: at(source), output, to: 'huggingface' });
    case 'hf-to-pth': return convertPath({ input: at(source), output, to: 'llama-pth', ...(shards === undefined ? {} : { shards }) });
    default: throw new Error(`unknown action ${action}`);
  }
}

/** One step of a dtype, relative. PEFT merges in float32 and its sums are off by a little more. */
const STEP: Partial<Record<DType, number>> = { BF16: 2 ** -7, F16: 2 ** -10, F32: 2 ** -22 };

/** Names of tensors that differ by more than a step or a millionth of the largest value. */
function differing(got: ReadonlyMap<string, Read>, want: ReadonlyMap<string, Read>): string[] {
  const close = (a: Read, b: Read) => {
    if (Buffer.compare(a.bytes, b.bytes) === 0) return true;
    const x = decodeTensor(a.dtype, a.shape, a.bytes), y = decodeTensor(b.dtype, b.shape, b.bytes), largest = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return x.every((value, i) => Math.abs(value - y[i]!) <= Math.max(1e-6 * largest, STEP[b.dtype]! * Math.abs(y[i]!)));
  };
  return [...new Set([...got.keys(), ...want.keys()])].filter((name) => {
    const a = got.get(name), b = want.get(name);
    return a === undefined || b === undefined || a.dtype !== b.dtype || String(a.shape) !== String(b.shape) || !close(a, b);
  });
}

const modelIn = async (dir: string, prefer: 'model' | 'adapter' = 'model') => readAll(await openCheckpoint(openFolder(dir), { prefer }));

/** Folders below a directory that hold weights, by relative path. */
const weighted = (dir: string) => ['.', ...fs.readdirSync(dir, { recursive: true, encoding: 'utf8' })].filter((name) => fs.statSync(path.join(dir, name)).isDirectory() && fs.readdirSync(path.join(dir, name)).some((file) => file.endsWith('.safetensors')));

/** Fields that decide what a model is; how a file writes them is its own affair. */
const FIELDS = ['model_type', 'vocab_size', 'tie_word_embeddings', 'num_hidden_layers', 'hidden_size', 'intermediate_size', 'num_attention_heads', 'num_key_value_heads', 'rms_norm_eps', 'dim', 'n_layers', 'n_heads', 'n_kv_heads', 'norm_eps', 'multiple_of', 'ffn_dim_multiplier'];

describe('directories', () => {
  const cases = trees.flatMap((tree) => ((tree.expected.expected_directories ?? []) as Wanted[]).filter(({ path: at }) => fs.existsSync(path.join(tree.dir, at!))).map((wanted) => ({ tree, wanted, title: `${tree.title}: ${wanted.action} ${wanted.path}` })));

  it.each(cases)('$title', async ({ tree, wanted }) => withTemporary(async (dir) => {
    const output = path.join(dir, 'out'), want = path.join(tree.dir, wanted.path!);
    await make(tree, wanted, output);
    if (wanted.action === 'hf-to-pth') {
      const files = fs.readdirSync(want).filter((name) => name.endsWith('.pth'));
      expect(fs.readdirSync(output).filter((name) => name.endsWith('.pth'))).toEqual(files);
      for (const file of files) {
        const expected = await readFileOf(path.join(want, file));
        expected.delete('rope.freqs');
        expect(differing(await readFileOf(path.join(output, file)), expected)).toEqual([]);
      }
    } else {
      expect(weighted(want).length).toBeGreaterThan(0);
      for (const folder of weighted(want)) expect([folder, differing(await modelIn(path.join(output, folder)), await modelIn(path.join(want, folder)))]).toEqual([folder, []]);
    }
    for (const file of ['config.json', 'params.json'].filter((name) => fs.existsSync(path.join(want, name)))) {
      const got = readJson(path.join(output, file)), expected = readJson(path.join(want, file));
      for (const field of FIELDS.filter((name) => expected[name] !== undefined)) expect([field, got[field]]).toEqual([field, expected[field]]);
    }
    const beside = fs.readdirSync(want).filter((name) => (wanted.action === 'pth-to-hf' ? /\.model$/ : /token|\.model$|\.py$|\.cpp$|\.cu$|preprocessor|generation_config/).test(name));
    expect(beside.filter((name) => !fs.existsSync(path.join(output, name)))).toEqual([]);
  }));

  const refused = trees.flatMap((tree) => [
    ...((tree.expected.must_refuse ?? []) as Wanted[]).map((wanted) => ({ tree, wanted, title: `${tree.title}: ${wanted.action} ${wanted.adapter}`, mention: /./, alpha: undefined })),
    ...(tree.expected.merge_when_alpha_given === undefined ? [] : [{ tree: { ...tree, expected: { ...tree.expected, merge_when_alpha_given: undefined } }, wanted: tree.expected.expected_directories[0] as Wanted, title: `${tree.title}: merge without alpha`, mention: /alpha/, alpha: undefined }]),
  ]);

  it.each(refused)('refused: $title', async ({ tree, wanted, mention }) => withTemporary(async (dir) => {
    const output = path.join(dir, 'out'), message = await make(tree, wanted, output).then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.message; });
    expect(message).not.toBe('written');
    expect(message).toMatch(mention);
    expect(fs.readdirSync(dir)).toEqual([]);
  }));
});

describe('parts of XTuner', () => {
  const PARTS = ['llm_adapter', 'visual_encoder_adapter', 'projector'];
  const cases = trees.filter(({ dir }) => path.basename(dir).startsWith('xt-')).flatMap((tree) => ((tree.expected.consolidated ?? []) as { path: string; source: string; as_adapter?: boolean; adapter_config?: Record<string, unknown> }[])
    .filter(({ path: at, as_adapter }) => (as_adapter === true || PARTS.some((part) => at === `expected_${part}.safetensors`)) && fs.existsSync(path.join(tree.dir, at)))
    .map((wanted) => ({ tree, wanted, part: PARTS.find((part) => wanted.path === `expected_${part}.safetensors`), title: `${tree.title}: ${wanted.path}` })));

  it('of a work directory are those of the checkpoint that last_checkpoint names', async () => withTemporary(async (dir) => {
    const tree = trees.find((one) => path.basename(one.dir) === 'xt-llava-pth-file')!, [all, one] = [path.join(dir, 'all'), path.join(dir, 'one')];
    await convertPath({ input: path.join(tree.dir, 'tree'), output: all, saveFormat: 'xtuner' });
    await convertPath({ input: path.join(tree.dir, 'tree/iter_8.pth'), output: one, saveFormat: 'xtuner' });
    for (const part of ['llm_adapter', 'visual_encoder_adapter']) expect(await modelIn(path.join(all, part), 'adapter')).toEqual(await modelIn(path.join(one, part), 'adapter'));
  }));

  it.each(cases)('$title', async ({ tree, wanted, part }) => withTemporary(async (dir) => {
    const output = path.join(dir, 'out');
    await convertPath({ input: path.join(tree.dir, 'tree', wanted.source), output, ...(part === undefined ? { asAdapter: true } : { saveFormat: 'xtuner' }) });
    const folder = part === undefined ? output : path.join(output, part), want = await readFileOf(path.join(tree.dir, wanted.path)), got = await modelIn(folder, wanted.as_adapter ? 'adapter' : 'model');
    expect([...got.keys()].sort()).toEqual([...want.keys()].sort());
    for (const [name, { dtype, bytes }] of want) expect([name, got.get(name)!.dtype, Buffer.compare(got.get(name)!.bytes, bytes)]).toEqual([name, dtype, 0]);
    if (wanted.adapter_config !== undefined) expect(readJson(path.join(folder, 'adapter_config.json'))).toMatchObject(wanted.adapter_config);
    // Nothing of the configuration was executed, and all of it is kept.
    expect(fs.readFileSync(path.join(output, 'xtuner_config.py'), 'utf8')).toContain('model = dict(');
  }));
});
