/** Adapters of other methods than LoRA, damaged: refused by name, never merged otherwise and never a crash. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { mergePaths } from '../../src/node/verbs.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { readRaw, type RawTensor } from './judge.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-damaged-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const { dir } = fixtureFolders('peft').find(({ label }) => label === 'carried')!;

function write(file: string, tensors: ReadonlyMap<string, RawTensor>): void {
  let at = 0;
  const header = Object.fromEntries([...tensors].map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape, data_offsets: [at, at += bytes.length] }]));
  const text = Buffer.from(JSON.stringify(header)), size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  fs.writeFileSync(file, Buffer.concat([size, text, ...[...tensors.values()].map(({ bytes }) => bytes)]));
}

/** Codes of the errors with which a changed copy of the case's adapter is refused; [] when it merges. */
async function refusal(name: string, change: { config?: object; tensors?: (all: Map<string, RawTensor>) => void }): Promise<string[]> {
  const adapter = fs.mkdtempSync(path.join(scratch, `${name}-`)), weights = 'adapter_model.safetensors', from = path.join(dir, name, 'adapter');
  const tensors = readRaw(path.join(from, weights));
  change.tensors?.(tensors);
  write(path.join(adapter, weights), tensors);
  fs.writeFileSync(path.join(adapter, 'adapter_config.json'), JSON.stringify({ ...readJson(path.join(from, 'adapter_config.json')), ...change.config }));
  try {
    await mergePaths({ base: path.join(dir, name, 'base'), adapters: [adapter], output: `${adapter}-out`, workers: 0 });
    return [];
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return [...new Set(error.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code))];
  }
}

const rename = (from: RegExp, to: string) => (all: Map<string, RawTensor>) => {
  for (const [name, tensor] of new Map(all)) if (from.test(name)) { all.delete(name); all.set(name.replace(from, to), tensor); }
};
const drop = (name: RegExp) => (all: Map<string, RawTensor>) => { for (const key of all.keys()) if (name.test(key)) all.delete(key); };
/** Drops the last row of the first tensor of this name. */
const shorten = (name: RegExp) => (all: Map<string, RawTensor>) => {
  const [key, { dtype, shape, bytes }] = [...all].find(([own]) => name.test(own))!, [first, ...rest] = shape as [number, ...number[]];
  all.set(key, { dtype, shape: [first - 1, ...rest], bytes: bytes.slice(0, bytes.length / first * (first - 1)) });
};

describe('damaged adapters', () => {
  it.each([
    ['loha-conv-effective', { tensors: drop(/lin\.hada_w2_b$/) }, ['incomplete-pair']],
    ['loha-conv-effective', { tensors: shorten(/lin\.hada_w1_b$/) }, ['inconsistent-sides']],
    ['loha-conv-effective', { config: { r: 3 } }, ['rank-mismatch']],
    ['loha-conv-effective', { config: { new_switch: true } }, ['unknown-option']],
    ['lokr-full', { tensors: shorten(/lin\.lokr_w1$/) }, ['shape-mismatch']],
    ['vera', { tensors: drop(/vera_A$/) }, ['projection-not-saved']],
    ['vera', { tensors: shorten(/vera_B$/) }, ['inconsistent-sides']],
    ['randlora', { tensors: drop(/randlora_gamma$/) }, ['incomplete-pair']],
    ['miss-bat', { config: { init_weights: true } }, ['inconsistent-sides']],
    ['miss-tail', { config: { init_weights: 'bat' } }, ['inconsistent-sides']],
    ['gralora-hybrid', { config: { hybrid_r: 0 } }, ['unknown-tensor']],
    ['bdlora-ab', { config: { use_bdlora: null } }, ['shape-mismatch']],
    ['bdlora-ab', { config: { use_bdlora: { nblocks: 'two', target_modules_bd_a: ['o_proj'] } } }, ['adapter-config-invalid']],
    ['ia3-conv', { config: { feedforward_modules: ['lin2'] } }, ['shape-mismatch']],
    ['deft-relu', { config: { decomposition_method: 'qr' } }, ['option-not-built']],
    ['beft', { tensors: rename(/v_proj/, 'o_proj') }, ['shape-mismatch']],
    ['raw-orig-mod', { tensors: rename(/q_proj\.lora_A\./, 'q_proj.lora_A.other.') }, []],
    ['layer-replication', { config: { layer_replication: [[0, 3]] } }, ['adapter-config-invalid']],
    ['layer-replication', { config: { layer_replication: null } }, ['unmatched-tensor']],
    ['moe-target-parameters-reversed', { config: { target_parameters: ['mlp.experts.down_proj'] } }, ['expert-parameters-unclear']],
    ['moe-target-parameters-reversed', { config: { target_parameters: null } }, ['unknown-tensor', 'rank-mismatch']],
    ['moe-target-parameters-reversed', { config: { r: 4 } }, ['rank-mismatch']],
  ])('%s with %o', async (name, change, codes) => {
    expect(await refusal(name, change)).toEqual(codes);
  });

  it('names the adapters of a state that holds several', async () => {
    const two = (all: Map<string, RawTensor>) => { rename(/q_proj\.lora_A\./, 'q_proj.lora_A.one.')(all); rename(/q_proj\.lora_B\./, 'q_proj.lora_B.two.')(all); };
    expect(await refusal('raw-orig-mod', { tensors: two })).toEqual(['several-adapter-names']);
  });
});
