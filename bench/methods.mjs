/**
 * node bench/methods.mjs [--dir DIR] [--pairs N] [--extract]
 * Methods other than LoRA over a model of 1B by shapes, and experts: time of a merge beside `cp -r` of the base, peak RSS,
 * processor time. `--extract`: a LoRA of rank 64 out of the merged model, which takes minutes.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, median, run, TEMPER } from './measure.mjs';
import { buildModel, linearsOf, SHAPES, writeFile } from './models.mjs';

const { values } = parseArgs({ options: { dir: { type: 'string', default: path.join(os.tmpdir(), 'temper-bench') }, pairs: { type: 'string', default: '3' }, extract: { type: 'boolean', default: false } } });
const MODEL = 'llama-3.2-1b', RANK = 16, BLOCK = 32, pairs = Number(values.pairs), shapes = SHAPES[MODEL];
/** A mixture of experts with about as many weights: its experts lie one by one in the file, the adapter is on all at once. */
const EXPERTS = { hidden: 2048, inner: 4096, layers: 4, experts: 8 };

const json = (file, value) => fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
const f32 = (name, shape, scale) => ({ name, shape, dtype: 'F32', scale });

/** Tensors of one linear layer `[out, in]`, and what the config says beside the rank. */
const METHODS = {
  'DoRA r=16': { config: { peft_type: 'LORA', r: RANK, lora_alpha: 2 * RANK, use_dora: true }, parts: (p, out, inn) => [f32(`${p}.lora_A.weight`, [RANK, inn], 1 / Math.sqrt(inn)), f32(`${p}.lora_B.weight`, [out, RANK], 0.01), f32(`${p}.lora_magnitude_vector`, [out], 1)] },
  'LoHa r=16': {
    config: { peft_type: 'LOHA', r: RANK, alpha: RANK },
    parts: (p, out, inn) => ['w1', 'w2'].flatMap((w) => [f32(`${p}.hada_${w}_a`, [out, RANK], 0.05), f32(`${p}.hada_${w}_b`, [RANK, inn], 0.05)]),
  },
  'OFT block 32': { config: { peft_type: 'OFT', r: 0, oft_block_size: BLOCK, use_cayley_neumann: false, coft: false, block_share: false, bias: 'none' }, parts: (p, _out, inn) => [f32(`${p}.oft_R.weight`, [inn / BLOCK, BLOCK * (BLOCK - 1) / 2], 0.01)] },
};

function adapterOf(name) {
  const { config, parts } = METHODS[name], folder = path.join(values.dir, MODEL, name.replace(/\W+/g, '-')), linears = linearsOf(shapes);
  if (fs.existsSync(path.join(folder, 'adapter_config.json'))) return folder;
  fs.mkdirSync(folder, { recursive: true });
  writeFile(path.join(folder, 'adapter_model.safetensors'), Array.from({ length: shapes.layers }, (_, l) => l)
    .flatMap((l) => Object.entries(linears).flatMap(([m, [out, inn]]) => parts(`base_model.model.model.layers.${l}.${m}`, out, inn))));
  json(path.join(folder, 'adapter_config.json'), { ...config, task_type: 'CAUSAL_LM', target_modules: Object.keys(linears).map((m) => m.split('.')[1]), base_model_name_or_path: MODEL, peft_version: '0.21.0' });
  return folder;
}

/** A Mixtral by shapes, and a LoRA on `target_parameters`. */
function expertsModel() {
  const { hidden, inner, layers, experts } = EXPERTS, root = path.join(values.dir, 'experts'), base = path.join(root, 'base'), adapter = path.join(root, 'adapter');
  if (fs.existsSync(path.join(adapter, 'adapter_config.json'))) return { base, adapter };
  for (const folder of [base, adapter]) fs.mkdirSync(folder, { recursive: true });
  const bf16 = (name, shape) => ({ name, shape, dtype: 'BF16', scale: 0.02 }), tensors = [bf16('model.embed_tokens.weight', [32000, hidden])], lora = [];
  for (let l = 0; l < layers; l++) {
    for (let e = 0; e < experts; e++) for (const [w, shape] of [['w1', [inner, hidden]], ['w2', [hidden, inner]], ['w3', [inner, hidden]]]) tensors.push(bf16(`model.layers.${l}.block_sparse_moe.experts.${e}.${w}.weight`, shape));
    tensors.push(bf16(`model.layers.${l}.block_sparse_moe.gate.weight`, [experts, hidden]));
    for (const m of ['q', 'k', 'v', 'o']) tensors.push(bf16(`model.layers.${l}.self_attn.${m}_proj.weight`, [hidden, hidden]));
    const p = `base_model.model.model.layers.${l}.mlp.experts`, all = experts * RANK;
    lora.push(f32(`${p}.base_layer.lora_A.weight`, [all, hidden], 0.02), f32(`${p}.base_layer.lora_B.weight`, [2 * inner, all], 0.01), f32(`${p}.lora_A.weight`, [all, inner], 0.02), f32(`${p}.lora_B.weight`, [hidden, all], 0.01));
  }
  tensors.push(bf16('model.norm.weight', [hidden]), bf16('lm_head.weight', [32000, hidden]));
  writeFile(path.join(base, 'model.safetensors'), tensors);
  json(path.join(base, 'config.json'), { architectures: ['MixtralForCausalLM'], model_type: 'mixtral', hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers, num_local_experts: experts, num_attention_heads: 16, num_key_value_heads: 16, vocab_size: 32000, tie_word_embeddings: false, dtype: 'bfloat16' });
  writeFile(path.join(adapter, 'adapter_model.safetensors'), lora);
  json(path.join(adapter, 'adapter_config.json'), { peft_type: 'LORA', task_type: 'CAUSAL_LM', r: RANK, lora_alpha: RANK, bias: 'none', target_modules: [], target_parameters: ['mlp.experts.gate_up_proj', 'mlp.experts.down_proj'], base_model_name_or_path: 'experts', peft_version: '0.21.0' });
  return { base, adapter };
}

console.log(`${machine()}\n`);
console.log('command                       ms      cp ms   ratio   peak MiB');
const { base, adapters } = buildModel(values.dir, MODEL), experts = expertsModel(), root = fs.mkdtempSync(path.join(values.dir, 'out-'));
const rows = [['LoRA r=16', base, adapters[16]], ...Object.keys(METHODS).map((name) => [name, base, adapterOf(name)]), ['all experts r=16', experts.base, experts.adapter]];
for (const [label, from, adapter] of rows) {
  const ours = [], cps = [];
  let peak = 0;
  for (let i = 0; i < pairs; i++) {
    const out = path.join(root, `${label.replace(/\W+/g, '-')}-${i}`), result = await run([process.execPath, TEMPER, 'merge', from, adapter, '-o', out, '--json']);
    ours.push(result.ms);
    peak = Math.max(peak, result.peakMiB);
    cps.push((await run(['cp', '-r', from, `${out}-cp`])).ms);
    for (const folder of [out, `${out}-cp`]) fs.rmSync(folder, { recursive: true });
  }
  console.log(`${label.padEnd(20)} ${median(ours).toFixed(0).padStart(11)} ${median(cps).toFixed(0).padStart(10)} ${median(ours.map((ms, i) => ms / cps[i])).toFixed(2).padStart(7)} ${peak.toFixed(0).padStart(10)}`);
}
if (values.extract) {
  const merged = path.join(root, 'merged');
  await run([process.execPath, TEMPER, 'merge', base, adapters[64], '-o', merged, '--json']);
  const { ms, peakMiB } = await run([process.execPath, TEMPER, 'extract', base, merged, '-o', path.join(root, 'extracted'), '--rank', '64', '--json']);
  console.log(`${'extract rank 64'.padEnd(20)} ${ms.toFixed(0).padStart(11)} ${''.padStart(18)} ${peakMiB.toFixed(0).padStart(10)}`);
}
fs.rmSync(root, { recursive: true });
