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

/** Another first position in the tensor of this name. */
const place = (name: RegExp, position: number) => (all: Map<string, RawTensor>) => {
  const { dtype, bytes } = [...all].find(([own]) => name.test(own))![1], view = new DataView(bytes.buffer, bytes.byteOffset);
  if (dtype === 'U8') view.setUint8(0, position); else if (dtype === 'I32') view.setInt32(0, position, true); else view.setFloat32(0, position, true);
};

/** Sets the first element of all tensors of this name, whole numbers of 8 bytes. */
const change = (name: RegExp, value: number) => (all: Map<string, RawTensor>) => {
  for (const [key, tensor] of all) {
    if (!name.test(key)) continue;
    const bytes = tensor.bytes.slice();
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
    all.set(key, { ...tensor, bytes });
  }
};
const fill = (name: RegExp, byte: number) => (all: Map<string, RawTensor>) => { for (const [key, tensor] of all) if (name.test(key)) all.set(key, { ...tensor, bytes: tensor.bytes.slice().fill(byte) }); };
const withMagnitudes = (all: Map<string, RawTensor>) => {
  for (const [key, { shape }] of new Map(all)) if (key.endsWith('lora_B.weight')) all.set(key.replace('lora_B.weight', 'lora_magnitude_vector'), { dtype: 'F32', shape: [shape[0]!], bytes: new Uint8Array(Float32Array.from({ length: shape[0]! }, () => 1).buffer) });
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
    ['deft-relu', { config: { decomposition_method: 'svd' } }, ['option-not-built']],
    ['beft', { tensors: rename(/v_proj/, 'o_proj') }, ['shape-mismatch']],
    ['oft-toy', { config: { oft_block_size: 4 } }, ['inconsistent-sides']],
    ['oft-toy', { config: { r: 4, oft_block_size: 0 } }, ['inconsistent-sides']],
    ['oft-toy', { config: { block_share: true } }, ['inconsistent-sides']],
    ['oft-toy', { config: { peft_version: '0.18.0.dev0@12ab' } }, ['oft-version-unclear']],
    ['oft-toy', { config: { peft_version: '0.17.2.dev0' } }, ['oft-version-unclear']],
    ['oft-toy', { config: { num_cayley_neumann_terms: 2.5 } }, ['adapter-config-invalid']],
    ['oft-coft', { config: { eps: 0 } }, ['adapter-config-invalid']],
    ['legacy-oft-0.15', { tensors: drop(/oft_s$/) }, ['inconsistent-sides']],
    ['legacy-oft-0.13', { config: { r: 8 } }, ['inconsistent-sides']],
    ['boft-toy', { config: { boft_block_size: 0, boft_block_num: 3 } }, ['inconsistent-sides']],
    ['boft-butterfly', { config: { boft_n_butterfly_factor: 2 } }, ['inconsistent-sides']],
    ['boft-toy', { tensors: drop(/boft_s$/) }, ['incomplete-pair']],
    ['hra-gs', { config: { r: 5 } }, ['rank-mismatch']],
    ['hra-gs', { tensors: shorten(/q_proj\.hra_u$/) }, ['shape-mismatch']],
    ['road-1', { config: { variant: 'road_2' } }, ['shape-mismatch']],
    ['road-1', { config: { variant: 'road_9' } }, ['adapter-config-invalid']],
    ['road-1', { config: { group_size: 3 } }, ['adapter-config-invalid']],
    ['road-1', { config: { group_size: 32 } }, ['inconsistent-sides']],
    ['shira', { config: { r: 3 } }, ['inconsistent-sides']],
    ['shira', { tensors: place(/shira_indices$/, 16) }, ['position-outside']],
    ['shira', { tensors: place(/shira_indices$/, -1) }, ['position-outside']],
    ['shira-windows', { tensors: place(/shira_indices$/, 0.5) }, ['position-outside']],
    ['supertuning-lora', { tensors: place(/supertuning_indices$/, 1 << 20) }, ['position-outside']],
    ['supertuning-lora', { config: { sparsity: 0.9 } }, ['inconsistent-sides']],
    ['supertuning-lora', { config: { r: null } }, ['unknown-tensor']],
    ['supertuning-lora', { tensors: drop(/supertuning_indices$/) }, ['positions-not-saved', 'incomplete-pair']],
    ['vblora-topk', { tensors: place(/logits_A_topk_indices$/, 12) }, ['position-outside']],
    ['vblora-topk', { config: { topk: 3 } }, ['inconsistent-sides']],
    ['vblora-topk', { config: { save_only_topk_weights: false } }, ['unknown-tensor']],
    ['vblora-topk', { config: { vector_length: 8 } }, ['shape-mismatch']],
    ['vblora-topk', { tensors: drop(/vector_bank$/) }, ['projection-not-saved']],
    ['delora', { tensors: drop(/delora_w_norm$/) }, ['incomplete-pair']],
    ['delora', { config: { r: 5 } }, ['rank-mismatch']],
    ['peanut-deep', { config: { depth: 1 } }, ['unknown-tensor']],
    ['peanut-deep', { config: { depth: 3 } }, ['incomplete-pair']],
    ['peanut-deep', { config: { act_fn: 'xielu' } }, ['option-not-built']],
    ['peanut-deep', { config: { act_fn: 'toString' } }, ['option-not-built']],
    ['raw-orig-mod', { tensors: rename(/q_proj\.lora_A\./, 'q_proj.lora_A.other.') }, []],
    ['layer-replication', { config: { layer_replication: [[0, 3]] } }, ['adapter-config-invalid']],
    ['layer-replication', { config: { layer_replication: null } }, ['unmatched-tensor']],
    ['moe-target-parameters-reversed', { config: { target_parameters: ['mlp.experts.down_proj'] } }, ['expert-parameters-unclear']],
    ['moe-target-parameters-reversed', { config: { target_parameters: null } }, ['unknown-tensor', 'rank-mismatch']],
    ['moe-target-parameters-reversed', { config: { r: 4 } }, ['rank-mismatch']],
    ['fourierft', { config: { n_frequency: 41 } }, ['rank-mismatch']],
    ['fourierft', { tensors: shorten(/fourierft_spectrum$/) }, ['rank-mismatch']],
    ['waveft-db2', { config: { wavelet_family: 'coif5' } }, ['option-not-built']],
    ['waveft-db2', { config: { wavelet_family: 'haar' } }, ['option-not-built']],
    ['vera-no-projection', { config: { save_projection: true } }, ['projection-not-saved']],
    ['unilora', { config: { target_modules: ['no_such_module'] } }, ['unmatched-tensor']],
    ['unilora', { config: { theta_d_length: 41 } }, ['inconsistent-sides']],
    ['unilora', { tensors: drop(/theta_d$/) }, ['no-tensors']],
    ['unilora-indices', { tensors: change(/indices_A$/, 36) }, ['position-outside']],
    ['osf', { tensors: shorten(/V_low$/) }, ['inconsistent-sides']],
    ['kasa', { tensors: drop(/lora_diag$/) }, ['incomplete-pair']],
    ['kasa', { config: { kasa_config: null } }, ['unknown-tensor']],
    ['frod', { tensors: drop(/frod_V\.mlp_down_proj$/) }, ['projection-not-saved']],
    ['frod', { config: { save_projection: false }, tensors: drop(/frod_V\.mlp_down_proj$/) }, ['projection-not-redrawable']],
    ['frod', { tensors: rename(/frod_V\.mlp_down_proj$/, 'frod_V.mlp_up_proj') }, ['projection-not-saved']],
    ['frod', { tensors: change(/frod_s_indices\.mlp_down_proj$/, 20) }, ['position-outside']],
    ['tinylora-groups', { tensors: drop(/tinylora_v\.1$/) }, ['projection-not-saved']],
    ['tinylora-groups', { config: { weight_tying: 1 } }, ['unmatched-tensor']],
    ['tinylora-groups', { tensors: drop(/tinylora_P$/) }, ['incomplete-pair']],
    ['tinylora-no-projection', { config: { peft_version: '0.19.1' } }, ['projection-not-redrawable']],
    ['deft-qr', { tensors: fill(/deft_P$/, 0) }, ['decomposition-undecided']],
    ['init-pissa-alone', { config: { init_lora_weights: 'pissa_niter_4' } }, ['base-changing-initialisation']],
    ['init-olora-alone', { config: { use_dora: true }, tensors: withMagnitudes }, ['base-changing-initialisation']],
  ])('%s with %o', async (name, change, codes) => {
    expect(await refusal(name, change)).toEqual(codes);
  });

  it('names the adapters of a state that holds several', async () => {
    const two = (all: Map<string, RawTensor>) => { rename(/q_proj\.lora_A\./, 'q_proj.lora_A.one.')(all); rename(/q_proj\.lora_B\./, 'q_proj.lora_B.two.')(all); };
    expect(await refusal('raw-orig-mod', { tensors: two })).toEqual(['several-adapter-names']);
  });
});
