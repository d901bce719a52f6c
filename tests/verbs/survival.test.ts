/** What is left of the deltas after a merge: a sample by default, every element when asked. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { mergePaths } from '../../src/node/verbs.ts';
import { decodeTensor } from '../../src/tensors/index.ts';
import { readModelRaw, readRaw } from '../adapters/judge.ts';
import { fixtureFolders } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-survival-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const { dir } = fixtureFolders('peft').find(({ label }) => label === 'carried')!;

async function merged(name: string, options: Partial<Parameters<typeof mergePaths>[0]>) {
  const root = path.join(dir, name), output = fs.mkdtempSync(path.join(scratch, name));
  const { body } = await mergePaths({ base: path.join(root, 'base'), adapters: [path.join(root, 'adapter')], output, force: true, workers: 0, ...options });
  return { body, output, root };
}

it.each(['lora-llama-bf16', 'lora-fp16', 'osf'])('counts every element of %s', async (name) => {
  const { body: { survival, verified }, output, root } = await merged(name, { survival: 'exact' });
  const after = readModelRaw(output), before = readModelRaw(path.join(root, 'base')), reference = readRaw(path.join(root, 'reference.safetensors'));
  let changed = 0, lost = 0;
  for (const [tensor, exact] of reference) {
    const [a, b, v] = [after.get(tensor)!, before.get(tensor)!, exact].map(({ dtype, shape, bytes }) => decodeTensor(dtype, shape, bytes)) as [Float64Array, Float64Array, Float64Array];
    a.forEach((value, i) => { if (value !== b[i]) changed++; else if (v[i] !== b[i]) lost++; });
  }
  expect(survival).toMatchObject({ sampled: false, changed_elements: changed, lost_elements: lost });
  expect(survival!.per_module.map((one) => one.name).sort()).toEqual([...reference.keys()].sort());
  expect(verified).toBeUndefined();
});

it('proves at the same time, when that is asked too', async () => {
  const { body } = await merged('lora-llama-bf16', { survival: 'exact', verify: true });
  expect(body).toMatchObject({ survival: { sampled: false }, verified: { verdict: 'merged' } });
});

it('is measured on a sample otherwise, and always before anything is written', async () => {
  const [sample, dry] = [(await merged('lora-llama-bf16', {})).body.survival!, (await merged('lora-llama-bf16', { survival: 'exact', dryRun: true })).body.survival!];
  expect([sample, dry].map(({ cosine }) => cosine > 0.9)).toEqual([true, true]);
});
