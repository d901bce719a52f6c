/**
 * @module
 * params.json, Meta's configuration of a LLaMA model, and what it means in transformers' config.json.
 */
import type { JsonValue } from '../../containers/json.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { ffnFields } from '../../families/index.ts';
import { PTH_ASSUMED, PTH_PARAMS } from './codes.ts';

/** The numbers that decide how weights are cut. */
export interface LlamaParams {
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  /** Absent in files of before grouped queries; the weights tell then. */
  readonly kvHeads?: number;
  readonly normEps: number;
  readonly ropeTheta?: number;
  /** Llama 3.1 and later stretch their rotary embeddings. */
  readonly scaledRope: boolean;
  readonly maxSequence?: number;
}

/** Params of what a file holds. `path` is for messages. */
export function readParams(fields: JsonValue, path: string): LlamaParams {
  const bad = (field: string, value: unknown, wanted: Text): never => refuse(PTH_PARAMS, { field, value: JSON.stringify(value) ?? 'undefined', wanted }, { path });
  if (!(fields instanceof Map)) return bad('the file', null, { en: 'an object', zh: '一个对象' });
  const number = (field: string): number | undefined => {
    const value = fields.get(field);
    if (value === undefined || value === null) return undefined;
    return typeof value === 'number' && Number.isFinite(value) ? value : bad(field, value, { en: 'a number', zh: '一个数' });
  };
  const count = (field: string): number => {
    const value = number(field);
    return value !== undefined && Number.isInteger(value) && value > 0 ? value : bad(field, value ?? null, { en: 'a positive whole number', zh: '正整数' });
  };
  const dim = count('dim'), heads = count('n_heads'), kvHeads = number('n_kv_heads');
  if (dim % (2 * heads) !== 0) bad('n_heads', heads, { en: `a number that divides dim ${dim} into pairs`, zh: `能把 dim ${dim} 成对均分的数` });
  if (kvHeads !== undefined && (kvHeads <= 0 || heads % kvHeads !== 0)) bad('n_kv_heads', kvHeads, { en: `a divisor of n_heads ${heads}`, zh: `n_heads ${heads} 的约数` });
  const theta = number('rope_theta'), longest = number('max_seq_len');
  return {
    dim, heads, layers: count('n_layers'), normEps: number('norm_eps') ?? 1e-5, scaledRope: fields.get('use_scaled_rope') === true,
    ...(kvHeads === undefined ? {} : { kvHeads }), ...(theta === undefined ? {} : { ropeTheta: theta }), ...(longest === undefined ? {} : { maxSequence: longest }),
  };
}

/** A number as Python's json writes floats: `1e-05`, `10000.0`. */
export function pythonFloat(value: number): string {
  const text = String(value);
  if (/e-\d$/.test(text)) return text.replace('e-', 'e-0');
  if (value !== 0 && Math.abs(value) < 1e-4) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e-${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

/** What the weights say beside params.json. */
export interface LlamaFacts { readonly vocabulary: number; readonly ffn: number; readonly kvHeads: number; readonly tied: boolean; readonly dtype: string }

/** Vocabulary of Llama 3, whose special tokens come after 128 000 others. */
const LLAMA3_VOCABULARY = 128_256, LLAMA3_SPECIAL = 128_000;

/** config.json and generation_config.json of a model, with findings about what params.json left open. */
export function configTexts(params: LlamaParams, facts: LlamaFacts): { config: string; generation: string; findings: Finding[] } {
  const findings: Finding[] = [], third = facts.vocabulary === LLAMA3_VOCABULARY;
  const assume = (field: string, value: number | string, en: string, zh: string) => { findings.push(finding(PTH_ASSUMED, { field, value, reason: { en, zh } }, { path: 'params.json' })); };
  const theta = params.ropeTheta ?? 10_000;
  let longest = params.maxSequence;
  if (longest === undefined) {
    longest = params.scaledRope ? 131_072 : third ? 8192 : theta === 1_000_000 ? 16_384 : params.normEps === 1e-6 ? 2048 : 4096;
    assume('max_position_embeddings', longest, 'what Meta trained models of these parameters with', 'Meta 训练此类参数的模型时所用的长度');
  }
  // Llama 3.2 (1B, 3B) stretches by 32, Llama 3.1 by 8; params.json is the same but for the sizes.
  const factor = params.dim < 4096 ? 32 : 8;
  if (params.scaledRope) assume('rope_scaling.factor', factor, `Meta's factor for models of width ${params.dim}`, `Meta 对宽度为 ${params.dim} 的模型使用的系数`);
  const begin = third ? LLAMA3_SPECIAL : 1, end = third ? LLAMA3_SPECIAL + 1 : 2;
  const scaling = params.scaledRope
    ? `{\n    "factor": ${pythonFloat(factor)},\n    "high_freq_factor": 4.0,\n    "low_freq_factor": 1.0,\n    "original_max_position_embeddings": 8192,\n    "rope_type": "llama3"\n  }` : 'null';
  const lines: readonly [string, string][] = [
    ['architectures', '[\n    "LlamaForCausalLM"\n  ]'], ['attention_bias', 'false'], ['attention_dropout', '0.0'], ['bos_token_id', String(begin)], ['eos_token_id', String(end)],
    ['head_dim', String(params.dim / params.heads)], ['hidden_act', '"silu"'], ['hidden_size', String(params.dim)], ['initializer_range', '0.02'],
    ['intermediate_size', String(facts.ffn)], ['max_position_embeddings', String(longest)], ['mlp_bias', 'false'], ['model_type', '"llama"'],
    ['num_attention_heads', String(params.heads)], ['num_hidden_layers', String(params.layers)], ['num_key_value_heads', String(facts.kvHeads)],
    ['pretraining_tp', '1'], ['rms_norm_eps', pythonFloat(params.normEps)], ['rope_scaling', scaling], ['rope_theta', pythonFloat(theta)],
    ['tie_word_embeddings', String(facts.tied)], ['torch_dtype', `"${facts.dtype}"`], ['use_cache', 'true'], ['vocab_size', String(facts.vocabulary)],
  ];
  return {
    config: `{\n${lines.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`,
    generation: `{\n  "_from_model_config": true,\n  "bos_token_id": ${begin},\n  "eos_token_id": ${end}\n}\n`, findings,
  };
}

/** params.json of a model, as the scripts of Meta and of Chinese-LLaMA-Alpaca write it. */
export function paramsText(fields: { readonly dim: number; readonly heads: number; readonly kvHeads: number; readonly layers: number; readonly ffn: number; readonly normEps: number; readonly ropeTheta: number; readonly scaledRope: boolean }): string {
  const { multipleOf, multiplier } = ffnFields(fields.dim, fields.ffn);
  const members: string[] = [
    `"dim": ${fields.dim}`, `"multiple_of": ${multipleOf}`, `"n_heads": ${fields.heads}`, `"n_layers": ${fields.layers}`,
    // -1: the reader takes the length of its tokenizer.
    `"norm_eps": ${pythonFloat(fields.normEps)}`, '"vocab_size": -1',
    ...(fields.kvHeads === fields.heads ? [] : [`"n_kv_heads": ${fields.kvHeads}`]),
    ...(multiplier === undefined ? [] : [`"ffn_dim_multiplier": ${pythonFloat(multiplier)}`]),
    ...(fields.ropeTheta === 10_000 ? [] : [`"rope_theta": ${pythonFloat(fields.ropeTheta)}`]), ...(fields.scaledRope ? ['"use_scaled_rope": true'] : []),
  ];
  return `{${members.join(', ')}}`;
}
