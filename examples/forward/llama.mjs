/**
 * @module
 * The forward pass of a LLaMA or Qwen2 in plain JavaScript, one token at a time, with a key/value cache:
 * RMSNorm → attention with rotary positions and grouped queries → RMSNorm → SwiGLU, and again.
 */
import fs from 'node:fs';
import path from 'node:path';
import { readTensors } from './safetensors.mjs';

/** weight · x (+ bias): `weight` has shape [rows, columns]. */
function linear({ shape: [rows, columns], values }, x, bias) {
  const y = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = bias ? bias.values[row] : 0;
    for (let column = 0, at = row * columns; column < columns; column++, at++) sum += values[at] * x[column];
    y[row] = sum;
  }
  return y;
}

/** x / √(mean(x²) + epsilon) · weight. */
function rmsNorm({ values }, x, epsilon) {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + epsilon);
  return x.map((value, i) => value * scale * values[i]);
}

/** Rotates each head's pairs (i, i + half) by position · theta^(-i/half), in place. */
function rotate(x, headSize, position, theta) {
  const half = headSize / 2;
  for (let head = 0; head < x.length; head += headSize) {
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** (-i / half), cos = Math.cos(angle), sin = Math.sin(angle);
      const a = x[head + i], b = x[head + half + i];
      x[head + i] = a * cos - b * sin;
      x[head + half + i] = b * cos + a * sin;
    }
  }
  return x;
}

/** One query against all keys so far; query head h uses key/value head ⌊h · groups / heads⌋. */
function attend(query, keys, values, heads, groups, headSize) {
  const out = new Float32Array(heads * headSize);
  for (let head = 0; head < heads; head++) {
    const q = head * headSize, kv = Math.floor((head * groups) / heads) * headSize;
    const scores = keys.map((key) => {
      let score = 0;
      for (let i = 0; i < headSize; i++) score += query[q + i] * key[kv + i];
      return score / Math.sqrt(headSize);
    });
    const top = Math.max(...scores), weights = scores.map((score) => Math.exp(score - top));
    const total = weights.reduce((a, b) => a + b);
    values.forEach((value, position) => {
      for (let i = 0; i < headSize; i++) out[q + i] += (weights[position] / total) * value[kv + i];
    });
  }
  return out;
}

const addTo = (x, y) => y.forEach((value, i) => { x[i] += value; });
const silu = (value) => value / (1 + Math.exp(-value));

/** Opens a model directory. `start()` gives a function that takes the next token's id and returns the logits after it. */
export function loadModel(directory) {
  const config = JSON.parse(fs.readFileSync(path.join(directory, 'config.json'), 'utf8'));
  const { hidden_size: size, num_attention_heads: heads, num_key_value_heads: groups = heads, rms_norm_eps: epsilon } = config;
  const headSize = config.head_dim ?? size / heads, theta = config.rope_parameters?.rope_theta ?? config.rope_theta ?? 10000;
  const tensors = readTensors(directory);
  const find = (name) => tensors.get(name) ?? (() => { throw new Error(`${directory} has no tensor ${name}`); })();
  const embedding = find('model.embed_tokens.weight');
  const head = config.tie_word_embeddings ? embedding : find('lm_head.weight');

  function start() {
    const caches = Array.from({ length: config.num_hidden_layers }, () => ({ keys: [], values: [] }));
    let position = 0;
    return (token) => {
      const x = embedding.values.slice(token * size, (token + 1) * size);
      caches.forEach(({ keys, values }, layer) => {
        const weight = (name) => find(`model.layers.${layer}.${name}.weight`);
        const project = (name, input) => linear(weight(name), input, tensors.get(`model.layers.${layer}.${name}.bias`));
        const before = rmsNorm(weight('input_layernorm'), x, epsilon);
        const query = rotate(project('self_attn.q_proj', before), headSize, position, theta);
        keys.push(rotate(project('self_attn.k_proj', before), headSize, position, theta));
        values.push(project('self_attn.v_proj', before));
        addTo(x, project('self_attn.o_proj', attend(query, keys, values, heads, groups, headSize)));
        const after = rmsNorm(weight('post_attention_layernorm'), x, epsilon);
        const gate = project('mlp.gate_proj', after), up = project('mlp.up_proj', after);
        addTo(x, project('mlp.down_proj', gate.map((value, i) => silu(value) * up[i])));
      });
      position += 1;
      return linear(head, rmsNorm(find('model.norm.weight'), x, epsilon));
    };
  }
  return { config, start };
}
