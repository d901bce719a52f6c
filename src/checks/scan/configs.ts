/**
 * @module
 * Configurations that lie beside weights: what in them would break a loader, or make it run code from elsewhere.
 */
import { type ByteSource } from '../../bytes/index.ts';
import { isTemperError, type Text } from '../../findings/index.ts';
import { readJson, type JsonValue } from '../../containers/json.ts';
import type { Notes } from '../../containers/notes.ts';
import { SCAN_CONFIG } from './codes.ts';

/** Sizes beyond these are no model: the largest have a few hundred layers and vocabularies below a million. */
const COUNT_MAX = 2 ** 31;
/** Ranks beyond this are no adapter. */
const RANK_MAX = 2 ** 20;
/** Names in a list; more is a trap for programs that try each on every module. */
const NAMES_MAX = 10_000;

type Rule = (value: JsonValue) => readonly [severity: 'error' | 'warning', problem: Text] | undefined;

const count = (limit: number): Rule => (value) =>
  (value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= limit) ? undefined : ['error', { en: 'is no sensible count', zh: '不是合理的数目' }]);
const finite: Rule = (value) =>
  (value === null || (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint' ? undefined : ['error', { en: 'is no finite number', zh: '不是有限的数' }]);
const names: Rule = (value) => {
  if (typeof value === 'string') return pattern(value);
  if (value === null || (Array.isArray(value) && value.every((item) => typeof item === 'string'))) {
    return Array.isArray(value) && value.length > NAMES_MAX ? ['warning', { en: `has ${value.length} entries`, zh: `有 ${value.length} 个条目` }] : undefined;
  }
  return ['error', { en: 'is neither names nor a pattern', zh: '既不是名字列表也不是模式' }];
};
/** Repetition inside repetition: `(a+)+` takes exponential time in Python's engine. */
const NESTED = /\([^()]*[+*{][^()]*\)\s*[+*{]/;
const pattern: Rule = (value) => {
  if (typeof value !== 'string') return undefined;
  try { new RegExp(value, 'u'); } catch {
    // Python's syntax is not ours: only what neither takes is wrong.
    try { new RegExp(value.replace(/\(\?P<|\(\?P=/g, '(?<')); } catch { return ['error', { en: 'is no valid pattern', zh: '不是有效的模式' }]; }
  }
  return NESTED.test(value) ? ['warning', { en: 'can take exponential time to match', zh: '匹配可能耗费指数级时间' }] : undefined;
};
const keys: Rule = (value) => {
  for (const key of value instanceof Map ? value.keys() : []) { const found = pattern(key); if (found !== undefined) return found; }
  return undefined;
};
const strings: Rule = (value) =>
  (value === null || (Array.isArray(value) && value.every((item) => typeof item === 'string')) ? undefined : ['error', { en: 'is no list of names', zh: '不是名字列表' }]);
const code: Rule = (value) => (value === null ? undefined : ['warning', { en: 'makes loaders run Python files from the repository (trust_remote_code)', zh: '会让加载器运行仓库中的 Python 文件（trust_remote_code）' }]);
const identifier: Rule = (value) => (value === null || (typeof value === 'string' && /^\w+$/.test(value)) ? undefined : ['warning', { en: 'is no dtype', zh: '不是 dtype' }]);

const ADAPTER: ReadonlyMap<string, Rule> = /* @__PURE__ */ new Map([
  ['r', (value) => (value === 0 ? undefined : count(RANK_MAX)(value))], ['lora_alpha', finite], ['target_modules', names], ['exclude_modules', names], ['rank_pattern', keys], ['alpha_pattern', keys],
  ['modules_to_save', strings], ['auto_mapping', code],
] satisfies [string, Rule][]);
const MODEL: ReadonlyMap<string, Rule> = /* @__PURE__ */ new Map([
  ...['num_hidden_layers', 'hidden_size', 'intermediate_size', 'num_attention_heads', 'num_key_value_heads', 'vocab_size', 'max_position_embeddings', 'head_dim', 'n_layer', 'n_embd', 'n_head'].map((name): [string, Rule] => [name, count(COUNT_MAX)]),
  ['architectures', strings], ['auto_map', code], ['torch_dtype', identifier], ['dtype', identifier],
]);
const RULES: ReadonlyMap<string, ReadonlyMap<string, Rule>> = /* @__PURE__ */ new Map([['adapter_config.json', ADAPTER], ['config.json', MODEL]]);

/** Whether a file name is that of a configuration with rules. */
export const isConfig = (name: string): boolean => RULES.has(name);

/** Reads a configuration and notes what its rules say. */
export async function scanConfig(name: string, source: ByteSource, notes: Notes): Promise<void> {
  let value: JsonValue;
  try { ({ value } = await readJson(source, { python: true })); } catch (error) {
    if (!isTemperError(error)) throw error;
    notes.take(error.findings);
    return;
  }
  if (!(value instanceof Map)) return notes.add(SCAN_CONFIG, { key: '.', problem: { en: 'is no object', zh: '不是对象' } });
  for (const [key, rule] of RULES.get(name)!) {
    const member = value.get(key), found = member === undefined ? undefined : rule(member);
    if (found !== undefined) notes.add(SCAN_CONFIG, { key, problem: found[1] }, { severity: found[0] });
  }
}
