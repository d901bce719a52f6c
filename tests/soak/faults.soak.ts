/** 200 faults at random operations of a merge with several shards: whole or absent, and resumed to the same bytes. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { layoutSafetensors } from '../../src/containers/safetensors/index.ts';
import { mergePaths } from '../../src/node/verbs.ts';
import type { DType } from '../../src/tensors/index.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-faults-soak-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const TIMES = 200, HIDDEN = 1024, LAYERS = 24, RANK = 8;

function write(file: string, tensors: readonly { name: string; dtype: DType; shape: readonly number[] }[]): void {
  const { header, dataStart, fileBytes } = layoutSafetensors(tensors, new Map([['format', 'pt']]));
  const bytes = new Uint8Array(fileBytes);
  bytes.set(header);
  // Small finite values in BF16 and F32 alike.
  for (let i = dataStart; i < fileBytes; i += 2) { bytes[i] = Math.random() * 256; bytes[i + 1] = 0x3c; }
  fs.writeFileSync(file, bytes);
}

const print = (dir: string) => fs.readdirSync(dir).sort().map((name) => `${name} ${createHash('sha256').update(fs.readFileSync(path.join(dir, name))).digest('hex')}`);

it('survives 200 random faults', async () => {
  const base = path.join(scratch, 'base'), adapter = path.join(scratch, 'adapter'), modules = Array.from({ length: LAYERS }, (_, i) => `model.layers.${i}.mlp.up_proj`);
  fs.mkdirSync(base);
  fs.mkdirSync(adapter);
  write(path.join(base, 'model.safetensors'), modules.map((name) => ({ name: `${name}.weight`, dtype: 'BF16' as const, shape: [HIDDEN * 4, HIDDEN] })));
  write(path.join(adapter, 'adapter_model.safetensors'), modules.flatMap((name) => [
    { name: `base_model.model.${name}.lora_A.weight`, dtype: 'F32' as const, shape: [RANK, HIDDEN] }, { name: `base_model.model.${name}.lora_B.weight`, dtype: 'F32' as const, shape: [HIDDEN * 4, RANK] },
  ]));
  fs.writeFileSync(path.join(adapter, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r: RANK, lora_alpha: 16, target_modules: ['up_proj'] }));
  let count = 0;
  const merge = (output: string, more: object) => mergePaths({ base, adapters: [adapter], output, workers: 0, maxShardBytes: 40e6, ...more });
  const calm = path.join(scratch, 'calm');
  await merge(calm, { hook: () => { count++; } });
  const want = print(calm);
  for (let i = 0; i < TIMES; i++) {
    const parent = path.join(scratch, `t${i}`), out = path.join(parent, 'out'), at = 1 + Math.floor(Math.random() * count), torn = Math.random() < 0.5;
    fs.mkdirSync(parent);
    let seen = 0;
    const failure = await merge(out, { hook: (_: string, __: string, half?: () => void) => { if (++seen === at) { if (torn) half?.(); throw new Error('fault'); } } }).catch((error: unknown) => error);
    expect(failure, `operation ${at}`).toBeInstanceOf(Error);
    if (fs.existsSync(out)) expect(print(out)).toEqual(want);
    else await merge(out, { resume: true });
    expect(print(out), `operation ${at} of ${count}`).toEqual(want);
    expect(fs.readdirSync(parent)).toEqual(['out']);
    fs.rmSync(parent, { recursive: true });
  }
});
