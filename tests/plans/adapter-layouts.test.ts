/** Adapters for llama.cpp and MLX: each program's own formula over what was written gives the delta that PEFT adds, and the way back gives the adapter. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAdapter } from '../../src/adapters/index.ts';
import { closeCheckpoint, openCheckpoint, readValues, type Checkpoint, type CheckpointTensor } from '../../src/checkpoints/index.ts';
import { ggufModule } from '../../src/families/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { convertPath } from '../../src/node/verbs.ts';
import { decodeTensor } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';

/** A matrix, rows first. */
interface Matrix { readonly rows: number; readonly columns: number; readonly at: (i: number, j: number) => number }

const values = async (checkpoint: Checkpoint, tensor: CheckpointTensor): Promise<Matrix> => {
  const all = decodeTensor(tensor.dtype, tensor.shape, await readValues(checkpoint, tensor)), [rows = 0, columns = 0] = tensor.shape;
  return { rows, columns, at: (i, j) => all[i * columns + j]! };
};
const turned = ({ rows, columns, at }: Matrix): Matrix => ({ rows: columns, columns: rows, at: (i, j) => at(j, i) });
const product = (s: number, b: Matrix, a: Matrix): Matrix => ({ rows: b.rows, columns: a.columns, at: (i, j) => { let sum = 0; for (let k = 0; k < a.rows; k++) sum += b.at(i, k) * a.at(k, j); return s * sum; } });

/** Largest difference, relative to the largest value. */
function apart(x: Matrix, y: Matrix): number {
  expect([x.rows, x.columns]).toEqual([y.rows, y.columns]);
  let worst = 0, most = 0;
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < x.columns; j++) { worst = Math.max(worst, Math.abs(x.at(i, j) - y.at(i, j))); most = Math.max(most, Math.abs(x.at(i, j))); }
  return worst / most;
}

/** Deltas of a PEFT adapter by module, embeddings as (rows, width). */
async function deltas(folder: string): Promise<Map<string, Matrix>> {
  const adapter = await openAdapter(openFolder(folder)), found = new Map<string, Matrix>();
  try {
    for (const { path: name, parts } of adapter.modules) {
      const embedding = parts.has('lora_embedding_A'), part = (key: string) => values(adapter.checkpoint, parts.get(key)!);
      const delta = product(adapter.scales.of(name).scale, await part(embedding ? 'lora_embedding_B' : 'lora_B.weight'), await part(embedding ? 'lora_embedding_A' : 'lora_A.weight'));
      found.set(name, embedding ? turned(delta) : delta);
    }
    return found;
  } finally {
    await closeCheckpoint(adapter.checkpoint);
  }
}

/** Row of transformers that llama.cpp's row `i` is, for heads of `side` rows: pairs lie side by side there, halves here. */
const rowInHalves = (i: number, side: number): number => { const head = Math.floor(i / side), within = i % side; return head * side + (within % 2) * (side / 2) + Math.floor(within / 2); };

const PLAIN = ['lora-llama-bf16', 'lora-patterns', 'lora-rslora', 'lora-fp16', 'lora-embed-tokens', 'lora-gemma', 'lora-qwen3-all-linear', 'lora-llama-fp32', 'lora-lm-head-untied'];
const cases = fixtureFolders('peft').flatMap(({ dir, label }) => PLAIN.filter((name) => fs.existsSync(path.join(dir, name))).map((name) => ({ title: `${label} ${name}`, adapter: path.join(dir, name, 'adapter'), base: path.join(dir, name, 'base') })));

/** float32 has 24 bits; a folded scale is rounded once more. */
const FLOAT32 = 2 ** -22;

describe('GGUF', () => {
  it.each(cases)('$title: B·A times alpha / rank is the delta, and back', async ({ adapter, base }) => withTemporary(async (dir) => {
    const file = path.join(dir, 'adapter.gguf'), back = path.join(dir, 'back'), want = await deltas(adapter), config = readJson(path.join(base, 'config.json'));
    await convertPath({ input: adapter, output: file, base });
    const opened = await openCheckpoint(openFolder(dir), { file: 'adapter.gguf' });
    try {
      expect(opened.findings).toEqual([]);
      const metadata = opened.files[0]!.metadata, alpha = Number(metadata.get('adapter.lora.alpha')), arch = metadata.get('general.architecture')!;
      expect(opened.tensors.size).toBe(2 * want.size);
      for (const [module, delta] of want) {
        const name = ggufModule(module, arch)!, a = await values(opened, opened.tensors.get(`${name}.weight.lora_a`)!), b = await values(opened, opened.tensors.get(`${name}.weight.lora_b`)!);
        const embedding = name === 'token_embd', got = embedding ? product(alpha / b.columns, a, turned(b)) : product(alpha / b.columns, b, a), kind = /attn_([qk])$/.exec(name)?.[1];
        const heads = kind === 'q' ? config.num_attention_heads : config.num_key_value_heads ?? config.num_attention_heads;
        const pairs = arch === 'llama' && kind !== undefined ? { ...delta, at: (i: number, j: number) => delta.at(rowInHalves(i, delta.rows / heads), j) } : delta;
        expect(apart(pairs, got)).toBeLessThanOrEqual(FLOAT32);
      }
    } finally {
      await closeCheckpoint(opened);
    }
    await convertPath({ input: file, output: back, base });
    const again = await deltas(back);
    expect([...again.keys()].sort()).toEqual([...want.keys()].sort());
    for (const [module, delta] of want) expect(apart(delta, again.get(module)!)).toBeLessThanOrEqual(FLOAT32);
  }));
});

describe('MLX', () => {
  it.each(cases)('$title: scale times (a·b)ᵀ is the delta, and back', async ({ adapter, base }) => withTemporary(async (dir) => {
    const output = path.join(dir, 'mlx'), back = path.join(dir, 'back'), want = await deltas(adapter);
    await convertPath({ input: adapter, output, to: 'mlx', base });
    const { lora_parameters: { scale, keys } } = readJson(path.join(output, 'adapter_config.json')), opened = await openCheckpoint(openFolder(output), { file: 'adapters.safetensors' });
    try {
      for (const [module, delta] of want) {
        const a = await values(opened, opened.tensors.get(`${module}.lora_a`)!), b = await values(opened, opened.tensors.get(`${module}.lora_b`)!);
        const embedding = module.endsWith('embed_tokens'), got = product(scale, a, b);
        // A factor that is folded into B is rounded to the dtype of B.
        expect(apart(delta, embedding ? got : turned(got))).toBeLessThanOrEqual(b.columns > 0 && opened.tensors.get(`${module}.lora_b`)!.dtype === 'F32' ? FLOAT32 : 2 ** -8);
        expect((keys as string[]).some((key) => module === key || module.endsWith(`.${key}`))).toBe(true);
      }
    } finally {
      await closeCheckpoint(opened);
    }
    await convertPath({ input: output, output: back });
    const again = await deltas(back);
    expect([...again.keys()].sort()).toEqual([...want.keys()].sort());
    for (const [module, delta] of want) expect(apart(delta, again.get(module)!)).toBeLessThanOrEqual(2 ** -8);
  }));
});

describe('what another layout cannot say', () => {
  const refused: readonly (readonly [name: string, to: string, tensor: RegExp])[] = [
    ['dora-toy', 'gguf-lora', /^gguf-architecture-unknown|lora_magnitude_vector/], ['mts-norms', 'gguf-lora', /norm/], ['mts-untied-grown', 'mlx', /lm_head/], ['tokens-lora-untied', 'mlx', /trainable_tokens_delta/],
    ['lora-lora-bias', 'gguf-lora', /lora_B\.bias/], ['lora-bias-lora-only', 'mlx', /bias/], ['loha-conv-effective', 'mlx', /LOHA/], ['layer-replication', 'mlx', /layer_replication/], ['moe-target-parameters-mixtral', 'gguf-lora', /experts/],
    ['lora-mha', 'mlx', /out_proj|in_proj/], ['lora-tied-head', 'gguf-lora', /lm_head/],
  ];
  const [carried] = fixtureFolders('peft');

  it.each(refused)('%s to %s', async (name, to, tensor) => withTemporary(async (dir) => {
    const at = path.join(carried!.dir, name), output = path.join(dir, 'out');
    const message = await convertPath({ input: path.join(at, 'adapter'), output, to, base: path.join(at, 'base') }).then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.message; });
    expect(message).toMatch(tensor);
    expect(fs.readdirSync(dir)).toEqual([]);
  }));

  it('a GGUF file without the base that its order needs', async () => withTemporary(async (dir) => {
    const at = path.join(carried!.dir, 'lora-llama-bf16'), file = path.join(dir, 'a.gguf');
    await convertPath({ input: path.join(at, 'adapter'), output: file, base: path.join(at, 'base') });
    await expect(convertPath({ input: file, output: path.join(dir, 'back') })).rejects.toMatchObject({ code: 'base-config-needed' });
  }));
});
