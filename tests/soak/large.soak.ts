/** A 6 GB model (a sparse file) converted, merged and verified within the memory budget. Needs about 20 GB of disk. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { layoutSafetensors } from '../../src/containers/safetensors/index.ts';
import type { DType } from '../../src/tensors/index.ts';

const temper = fileURLToPath(new URL('../../dist/bin/temper.js', import.meta.url));
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-large-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Default budget of `--memory`. */
const BUDGET_MIB = 512;
const HIDDEN = 8192, LAYERS = 46, RANK = 16;

interface Entry { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] }

/** A file with a header and a hole; `fill` writes some tensors. */
function sparse(file: string, tensors: readonly Entry[], fill: (name: string) => Float32Array | undefined = () => undefined): void {
  const { header, dataStart, offsets, fileBytes } = layoutSafetensors(tensors, new Map([['format', 'pt']]));
  const descriptor = fs.openSync(file, 'w');
  fs.writeSync(descriptor, header);
  tensors.forEach((tensor, i) => {
    const values = fill(tensor.name);
    if (values !== undefined) fs.writeSync(descriptor, new Uint8Array(values.buffer), 0, values.byteLength, dataStart + offsets[i]!);
  });
  fs.ftruncateSync(descriptor, fileBytes);
  fs.closeSync(descriptor);
}

function run(args: string[]): Promise<{ code: number | null; peakMiB: number; document: any }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [temper, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '', peak = 0;
    child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
    const poll = setInterval(() => {
      try { peak = Math.max(peak, Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0)); } catch { /* gone */ }
    }, 20);
    child.on('close', (code) => { clearInterval(poll); resolve({ code, peakMiB: peak / 1024, document: JSON.parse(out) }); });
  });
}

it('holds 6 GB in the budget', async () => {
  const base = path.join(scratch, 'base'), adapter = path.join(scratch, 'adapter'), modules = Array.from({ length: LAYERS }, (_, i) => `model.layers.${i}.self_attn.q_proj`);
  fs.mkdirSync(base);
  fs.mkdirSync(adapter);
  sparse(path.join(base, 'model.safetensors'), modules.map((name) => ({ name: `${name}.weight`, dtype: 'BF16', shape: [HIDDEN, HIDDEN] })));
  expect(fs.statSync(path.join(base, 'model.safetensors')).size).toBeGreaterThan(6e9);
  const random = () => Float32Array.from({ length: RANK * HIDDEN }, () => Math.random() - 0.5);
  sparse(path.join(adapter, 'adapter_model.safetensors'), modules.flatMap((name): Entry[] => [
    { name: `base_model.model.${name}.lora_A.weight`, dtype: 'F32', shape: [RANK, HIDDEN] }, { name: `base_model.model.${name}.lora_B.weight`, dtype: 'F32', shape: [HIDDEN, RANK] },
  ]), random);
  fs.writeFileSync(path.join(adapter, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r: RANK, lora_alpha: 32, target_modules: ['q_proj'] }));

  for (const args of [['convert', base, '-o', path.join(scratch, 'shards'), '--max-shard-size', '1GB'], ['merge', base, adapter, '-o', path.join(scratch, 'merged')],
    ['verify', base, adapter, path.join(scratch, 'merged')]]) {
    const { code, peakMiB, document } = await run(args);
    expect(code, JSON.stringify(document.findings)).toBe(0);
    expect(peakMiB, args[0]).toBeGreaterThan(0);
    expect(peakMiB, args[0]).toBeLessThan(BUDGET_MIB);
    if (args[0] === 'verify') expect(document.verdict).toBe('merged');
    fs.rmSync(path.join(scratch, 'shards'), { recursive: true, force: true });
  }
});
