/**
 * Synthetic models by configuration: the shapes of real ones, random bf16 weights, a LoRA adapter over all linear layers.
 * Content is a repeated random block: what costs time does not depend on it, except that deltas are about 3 % of the weights.
 */
import fs from 'node:fs';
import path from 'node:path';

/** Shapes from the models' config.json on the hub. */
export const SHAPES = {
  'qwen2.5-0.5b': { hidden: 896, inner: 4864, layers: 24, heads: 14, kvHeads: 2, headDim: 64, vocab: 151936, tied: true, shardBytes: 5e9 },
  'llama-3.2-1b': { hidden: 2048, inner: 8192, layers: 16, heads: 32, kvHeads: 8, headDim: 64, vocab: 128256, tied: true, shardBytes: 1.5e9 },
  'llama-2-7b': { hidden: 4096, inner: 11008, layers: 32, heads: 32, kvHeads: 32, headDim: 128, vocab: 32000, tied: false, shardBytes: 4.9e9 },
};

let state = 1;
const next = () => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return state >>> 0; };
const normal = () => { let sum = -6; for (let i = 0; i < 12; i++) sum += next() / 2 ** 32; return sum; };
const BLOCK = 1 << 20;

function block(dtype, scale) {
  const values = Float32Array.from({ length: BLOCK / 4 + 13 }, () => normal() * scale);
  if (dtype === 'F32') return Buffer.from(values.buffer);
  const bits = new Uint32Array(values.buffer);
  return Buffer.from(Uint16Array.from(bits, (b) => b >>> 16).buffer);
}

/** Writes a safetensors file of tensors `{name, shape, dtype, scale}`; returns the bytes of their data. */
export function writeFile(file, tensors) {
  const header = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const t of tensors) {
    const bytes = t.shape.reduce((a, b) => a * b, 1) * (t.dtype === 'F32' ? 4 : 2);
    header[t.name] = { dtype: t.dtype, shape: t.shape, data_offsets: [at, at += bytes] };
    t.bytes = bytes;
  }
  const json = Buffer.from(JSON.stringify(header)), pad = Buffer.alloc((8 - (json.length % 8)) % 8, ' '), size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length + pad.length));
  const fd = fs.openSync(file, 'w');
  for (const b of [size, json, pad]) fs.writeSync(fd, b);
  const blocks = new Map();
  for (const t of tensors) {
    const key = `${t.dtype} ${t.scale}`;
    if (!blocks.has(key)) blocks.set(key, block(t.dtype, t.scale));
    const b = blocks.get(key);
    for (let done = 0; done < t.bytes;) done += fs.writeSync(fd, b, 0, Math.min(b.length, t.bytes - done));
  }
  fs.closeSync(fd);
  return at;
}

/** Linear layers of a block, `[out, in]`. */
export const linearsOf = (s) => ({
  'self_attn.q_proj': [s.heads * s.headDim, s.hidden], 'self_attn.k_proj': [s.kvHeads * s.headDim, s.hidden], 'self_attn.v_proj': [s.kvHeads * s.headDim, s.hidden],
  'self_attn.o_proj': [s.hidden, s.heads * s.headDim], 'mlp.gate_proj': [s.inner, s.hidden], 'mlp.up_proj': [s.inner, s.hidden], 'mlp.down_proj': [s.hidden, s.inner],
});

/** Writes base and adapters under `dir` (kept for later runs); returns their places. */
export function buildModel(dir, name, ranks = [16, 64]) {
  const s = SHAPES[name], root = path.join(dir, name), base = path.join(root, 'base'), done = path.join(root, 'done');
  const adapters = Object.fromEntries(ranks.map((r) => [r, path.join(root, `adapter-r${r}`)]));
  if (fs.existsSync(done)) return { base, adapters, bytes: Number(fs.readFileSync(done, 'utf8')) };
  fs.mkdirSync(base, { recursive: true });
  const linears = linearsOf(s);
  const bf16 = (tensor, shape, scale = 0.02) => ({ name: tensor, shape, dtype: 'BF16', scale });
  const tensors = [bf16('model.embed_tokens.weight', [s.vocab, s.hidden])];
  for (let l = 0; l < s.layers; l++) {
    for (const [m, shape] of Object.entries(linears)) tensors.push(bf16(`model.layers.${l}.${m}.weight`, shape));
    for (const m of ['input_layernorm', 'post_attention_layernorm']) tensors.push(bf16(`model.layers.${l}.${m}.weight`, [s.hidden], 1));
  }
  tensors.push(bf16('model.norm.weight', [s.hidden], 1));
  if (!s.tied) tensors.push(bf16('lm_head.weight', [s.vocab, s.hidden]));
  const shards = [[]];
  let held = 0;
  for (const t of tensors) {
    const bytes = t.shape.reduce((a, b) => a * b, 1) * 2;
    if (held > 0 && held + bytes > s.shardBytes) { shards.push([]); held = 0; }
    shards.at(-1).push(t);
    held += bytes;
  }
  const weightMap = {};
  let total = 0;
  shards.forEach((list, i) => {
    const pad = (n) => String(n).padStart(5, '0'), file = shards.length === 1 ? 'model.safetensors' : `model-${pad(i + 1)}-of-${pad(shards.length)}.safetensors`;
    total += writeFile(path.join(base, file), list);
    for (const t of list) weightMap[t.name] = file;
  });
  const json = (file, value) => fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
  if (shards.length > 1) json(path.join(base, 'model.safetensors.index.json'), { metadata: { total_size: total }, weight_map: weightMap });
  json(path.join(base, 'config.json'), { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: s.hidden, intermediate_size: s.inner, num_hidden_layers: s.layers,
    num_attention_heads: s.heads, num_key_value_heads: s.kvHeads, head_dim: s.headDim, vocab_size: s.vocab, tie_word_embeddings: s.tied, torch_dtype: 'bfloat16' });
  for (const r of ranks) {
    fs.mkdirSync(adapters[r], { recursive: true });
    const f32 = (tensor, shape, scale) => ({ name: tensor, shape, dtype: 'F32', scale }), lora = [];
    for (let l = 0; l < s.layers; l++) for (const [m, [out, inn]] of Object.entries(linears)) {
      const prefix = `base_model.model.model.layers.${l}.${m}`;
      lora.push(f32(`${prefix}.lora_A.weight`, [r, inn], 1 / Math.sqrt(inn)), f32(`${prefix}.lora_B.weight`, [out, r], 0.0003 * Math.sqrt(inn / r)));
    }
    writeFile(path.join(adapters[r], 'adapter_model.safetensors'), lora);
    json(path.join(adapters[r], 'adapter_config.json'), { peft_type: 'LORA', task_type: 'CAUSAL_LM', r, lora_alpha: 2 * r, bias: 'none', target_modules: Object.keys(linears).map((m) => m.split('.')[1]), base_model_name_or_path: name, peft_version: '0.21.0' });
  }
  fs.writeFileSync(done, String(total));
  return { base, adapters, bytes: total };
}
