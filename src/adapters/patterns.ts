/**
 * @module
 * `rank_pattern` and `alpha_pattern`: which value holds for a module (peft.md §1.6).
 *
 * Since PEFT 0.15 (#2419): the first key in file order for which `re.match("(.*\.)?(KEY)$", module)` succeeds.
 * Up to 0.13 one key was picked from the rank keys followed by the alpha keys and used for both lookups (#2194).
 */
import { finding, refuse, type Finding, type Text } from '../findings/index.ts';
import { AMBIGUOUS_PATTERN, PATTERN_INVALID, PATTERN_RULE_CHANGED } from './codes.ts';
import { ADAPTER_CONFIG, flagField, numberField, patternField, type AdapterConfig } from './config.ts';

/** Longest pattern that is compiled: module paths are shorter than this by far. */
export const PATTERN_LENGTH_MAX = 1000;

/** A quantified group that itself holds a quantifier: exponential time on hostile input, never needed for a module name. */
const NESTED_QUANTIFIER = /\([^()]*[*+}][^()]*\)\s*[*+{]/;

/** A Python pattern as a JavaScript one, anchored at both ends. */
export function compilePattern(field: string, pattern: string, wrap: (pattern: string) => string): RegExp {
  const invalid = (reason: Text): never => refuse(PATTERN_INVALID, { field, pattern, reason }, { path: ADAPTER_CONFIG });
  if (pattern.length > PATTERN_LENGTH_MAX) invalid({ en: `it is longer than ${PATTERN_LENGTH_MAX} characters`, zh: `超过了 ${PATTERN_LENGTH_MAX} 个字符` });
  if (NESTED_QUANTIFIER.test(pattern)) invalid({ en: 'nested repetitions can take forever', zh: '嵌套的重复可能永远无法结束' });
  try {
    return new RegExp(wrap(pattern.replaceAll('(?P<', '(?<').replaceAll('\\Z', '$')), 'su');
  } catch {
    try {
      return new RegExp(wrap(pattern.replaceAll('(?P<', '(?<').replaceAll('\\Z', '$')), 's');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return invalid({ en: message, zh: message });
    }
  }
}

/** Rank and scale of one module, and where they came from. */
export interface ModuleScale {
  /** What the config says; undefined where the method has no rank, or one that the config cannot know. */
  readonly r?: number;
  readonly scale: number;
  /** `lora_alpha 16 / r 8`, `alpha_pattern[q_proj] 12 / sqrt(r 4)`; absent where the method does not scale. */
  readonly from?: string;
  /** The releases up to 0.13 computed another scale, and these files are that old. */
  readonly findings: readonly Finding[];
}

/** Looks up scales. Patterns are compiled once. */
export interface ScaleRule {
  of(module: string): ModuleScale;
}

/** Where a method's config keeps rank and alpha, and what holds when it names none. Without an alpha nothing is scaled. */
export interface ScaleFields { readonly rank: number; readonly alpha?: { readonly field: string; readonly value: number } }

/** LoraConfig: r 8, lora_alpha 8 (peft 0.3–0.21). */
export const LORA_SCALE: ScaleFields = { rank: 8, alpha: { field: 'lora_alpha', value: 8 } };

/** Fields that PEFT 0.14 began to write: a config that has all of its kind's fields but none of these is older. */
const SINCE_0_14 = ['exclude_modules', 'eva_config', 'lora_bias'];

/** Whether the config was written by PEFT 0.13 or older: a full dump (it has `megatron_core`, since 0.7) without the fields of 0.14. */
function isUpTo013(config: AdapterConfig): boolean {
  return !config.fields.has('peft_version') && config.fields.has('megatron_core') && !SINCE_0_14.some((field) => config.fields.has(field));
}

/** The rule that holds for this config. `alphaOverride` is the user's word for an alpha that was lost. */
export function scaleRule(config: AdapterConfig, fields: ScaleFields = LORA_SCALE, alphaOverride?: number): ScaleRule {
  const { alpha: named } = fields;
  const wrap = (key: string) => `^(?:.*\\.)?(?:${key})$`;
  const table = (field: string) => [...patternField(config, field)].map(([key, value]) => ({ key, value, test: compilePattern(field, key, wrap) }));
  const ranks = table('rank_pattern'), alphas = table('alpha_pattern');
  const r0 = numberField(config, 'r', fields.rank), alpha0 = alphaOverride ?? (named === undefined ? 1 : numberField(config, named.field, named.value));
  const rs = flagField(config, 'use_rslora'), old = isUpTo013(config) && ranks.length > 0 && alphas.length > 0;
  const scaleOf = (alpha: number, r: number) => (named === undefined ? 1 : rs ? alpha / Math.sqrt(r) : alpha / r);

  const first = (field: string, rows: typeof ranks, module: string, findings: Finding[]) => {
    const hits = rows.filter((row) => row.test.test(module));
    if (hits.length > 1 && hits.some((row) => row.value !== hits[0]!.value)) {
      findings.push(finding(AMBIGUOUS_PATTERN, {
        field, module, matches: hits.map((row) => `${row.key} → ${row.value}`).join(', '), used: `${hits[0]!.key} → ${hits[0]!.value}`,
      }, { path: ADAPTER_CONFIG, tensor: module }));
    }
    return hits[0];
  };

  return {
    of: (module) => {
      const findings: Finding[] = [];
      const rank = first('rank_pattern', ranks, module, findings), alpha = first('alpha_pattern', alphas, module, findings);
      let r = rank?.value ?? r0, a = alpha?.value ?? alpha0;
      let words = `${alpha ? `alpha_pattern[${alpha.key}]` : named?.field} ${a} / ${rs ? 'sqrt(' : ''}${rank ? `rank_pattern[${rank.key}]` : 'r'} ${r}${rs ? ')' : ''}`;
      if (old) {
        // One key for both lookups, the rank keys first (peft 0.13 lora/model.py, `get_pattern_key`).
        const key = [...ranks, ...alphas].find((row) => row.test.test(module))?.key;
        const oldRank = ranks.find((row) => row.key === key)?.value ?? r0, oldAlpha = alphas.find((row) => row.key === key)?.value ?? alpha0;
        if (scaleOf(oldAlpha, oldRank) !== scaleOf(a, r)) {
          findings.push(finding(PATTERN_RULE_CHANGED, { module, old: scaleOf(oldAlpha, oldRank), today: scaleOf(a, r) }, { path: ADAPTER_CONFIG, tensor: module }));
          words = `lora_alpha ${oldAlpha} / r ${oldRank} [pattern-rule-changed]`;
        }
        [r, a] = [oldRank, oldAlpha];
      }
      return { r, scale: scaleOf(a, r), ...(named === undefined ? {} : { from: words }), findings };
    },
  };
}

/**
 * FourierFT and WaveFT: the scale stands in `scaling`; `n_frequency_pattern` gives the number of coefficients as rank_pattern
 * gives ranks, unless they were shared out by size.
 */
export function frequencyRule(config: AdapterConfig, scaling: number): ScaleRule {
  const scale = numberField(config, 'scaling', scaling), n0 = numberField(config, 'n_frequency', 1000), shared = flagField(config, 'proportional_parameters');
  const patterns = [...patternField(config, 'n_frequency_pattern')].map(([key, value]) => ({ value, test: compilePattern('n_frequency_pattern', key, (text) => `^(?:.*\\.)?(?:${text})$`) }));
  return { of: (module) => ({ ...(shared ? {} : { r: patterns.find(({ test }) => test.test(module))?.value ?? n0 }), scale, from: `scaling ${scale}`, findings: [] }) };
}

/** One scale for every module, and no rank to compare. */
export const oneScale = (scale: number, from?: string): ScaleRule =>
  ({ of: () => ({ scale, ...(from === undefined ? {} : { from }), findings: [] }) });
