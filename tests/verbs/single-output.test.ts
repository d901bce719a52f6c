/** Outputs that are one file: the weights of a conversion, or a refusal where they are nothing on their own. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, type ConvertPathOptions } from '../../src/node/verbs.ts';
import { fixtureRoots } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { readFileOf } from '../states/support.ts';

const trees = path.join(fixtureRoots()[0]!, 'trees'), peft = path.join(fixtureRoots()[0]!, 'peft/lora-llama-bf16');
const pth = path.join(trees, 'llama-pth-2shards/tree'), parts = path.join(trees, 'xt-llava-pth-file/tree/iter_8.pth');

describe('an output named like a file', () => {
  it.each<[string, Omit<ConvertPathOptions, 'output'>, string]>([
    ['model.safetensors', { input: path.join(pth, 'pth'), to: 'huggingface' }, path.join(pth, 'hf/model.safetensors')],
    ['model.bin', { input: path.join(pth, 'pth'), to: 'huggingface' }, path.join(pth, 'hf/model.safetensors')],
    ['adapter.safetensors', { input: path.join(trees, 'cla-bin-is-adapter/tree/checkpoint-200'), asAdapter: true, loraAlpha: 16 }, path.join(trees, 'cla-bin-is-adapter/tree/checkpoint-200/pytorch_model.bin')],
  ])('is the weights: %s', async (name, options, want) => withTemporary(async (dir) => {
    await convertPath({ ...options, output: path.join(dir, name) });
    expect(fs.readdirSync(dir)).toEqual([name]);
    expect(await readFileOf(path.join(dir, name))).toEqual(await readFileOf(want));
  }));

  it.each<[string, Omit<ConvertPathOptions, 'output'>, string]>([
    ['out.pth', { input: path.join(pth, 'hf'), to: 'llama-pth' }, 'output-is-directory'],
    ['out.safetensors', { input: parts, saveFormat: 'xtuner' }, 'output-is-directory'],
    ['out.safetensors', { input: path.join(trees, 'st-layout5-bge/tree'), to: 'sentence-transformers' }, 'output-is-directory'],
    ['out.safetensors', { input: path.join(peft, 'adapter'), to: 'mlx' }, 'output-is-directory'],
    ['out.safetensors', { input: path.join(peft, 'adapter'), to: 'gguf-lora', base: path.join(peft, 'base') }, 'output-is-directory'],
    ['out', { input: path.join(pth, 'hf'), shards: 2 }, 'option-without-target'],
    ['out', { input: path.join(pth, 'hf'), to: 'huggingface', pooling: 'cls' }, 'option-without-target'],
  ])('is refused where that is not enough: %s, %o', async (name, options, code) => withTemporary(async (dir) => {
    const got = await convertPath({ ...options, output: path.join(dir, name) }).then(() => 'written', (error: unknown) => { if (!isTemperError(error)) throw error; return error.code; });
    expect([got, fs.readdirSync(dir)]).toEqual([code, []]);
  }));
});
