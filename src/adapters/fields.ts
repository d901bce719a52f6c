/**
 * @module
 * What every field of an adapter_config.json means for a merge (peft.md §1.4; PEFT 0.3–0.21). Data, not branches: a
 * field that is not in the table of its method and is switched on is a refusal.
 */
import type { JsonValue } from '../containers/json.ts';
import { BASE_CHANGING_INITIALISATION, OPTION_NOT_BUILT, OPTION_NOT_MERGEABLE } from './codes.ts';
import { finding, type Finding, type Text } from '../findings/index.ts';

/** How a field takes part. used: read by the merge. neutral: changes nothing at merge. words: used for some values, another rule for the rest. Others refuse when switched on. */
export type FieldRule =
  | { readonly how: 'used' | 'neutral' }
  | { readonly how: 'words'; readonly known: readonly string[]; readonly otherwise: FieldRule }
  | { readonly how: 'not-mergeable' | 'not-built'; readonly reason: Text };

/** Read by the merge. */
export const used: FieldRule = { how: 'used' };
/** Changes nothing at merge. */
export const neutral: FieldRule = { how: 'neutral' };
/** Cannot be merged when it is on. */
export const never = (en: string, zh: string): FieldRule => ({ how: 'not-mergeable', reason: { en, zh } });
/** Not built in when it is on. */
export const later = (en: string, zh: string): FieldRule => ({ how: 'not-built', reason: { en, zh } });

/** Read by the merge where it is one of these words; another word follows another rule. */
export const wordRule = (known: readonly string[], otherwise: FieldRule): FieldRule => ({ how: 'words', known, otherwise });

/** Fields that every config has or may have: PeftConfig's, and those that most tuners repeat with the same meaning. */
const COMMON_FIELDS: Readonly<Record<string, FieldRule>> = {
  peft_type: used, base_model_name_or_path: used, revision: used, peft_version: used, task_type: used,
  target_modules: used, exclude_modules: used, layers_to_transform: used, layers_pattern: used, modules_to_save: used, bias: used,
  inference_mode: neutral, auto_mapping: neutral, runtime_config: neutral,
  // How training began; methods for which it also says what the tensors mean read it themselves.
  init_weights: neutral,
};

/** The fields of a method: its own, and the common ones. */
export function fieldTable(own: Readonly<Record<string, FieldRule>>): ReadonlyMap<string, FieldRule> {
  return new Map(Object.entries({ ...COMMON_FIELDS, ...own }));
}

/** Fields of LoraConfig. */
export const LORA_FIELDS: ReadonlyMap<string, FieldRule> = fieldTable({
  r: used, lora_alpha: used, use_rslora: used, rank_pattern: used, alpha_pattern: used,
  fan_in_fan_out: used, use_dora: used, lora_bias: used, init_lora_weights: used,
  trainable_token_indices: used, ensure_weight_tying: used, use_bdlora: used, layer_replication: used, target_parameters: used, kasa_config: used,
  // Runtime or training only (peft.md §1.4, last row; VeLoRA and MonteCLoRA §2.4).
  lora_dropout: neutral, eva_config: neutral, corda_config: neutral,
  lora_ga_config: neutral, loftq_config: neutral, megatron_config: neutral, megatron_core: neutral,
  qalora_group_size: neutral, velora_config: neutral, monteclora_config: neutral,
  // PEFT 0.1–0.3 and ms-swift wrote these; none changes what the tensors mean.
  merge_weights: neutral, lora_dtype: neutral, lorap_lr_ratio: neutral, lorap_emb_lr: neutral,
  use_qalora: never('QALoRA pools the inputs of a GPTQ base; there is no weight of that shape', 'QALoRA 对 GPTQ 基座的输入做池化；不存在该形状的权重'),
  alora_invocation_tokens: never('an activated LoRA (aLoRA) only acts after its invocation tokens', '激活式 LoRA（aLoRA）只在其触发 token 之后生效'),
  arrow_config: never('Arrow routes every token through several adapters', 'Arrow 会让每个 token 经过多个适配器'),
  enable_lora: later('fused projections with enable_lora, as PEFT 0.2 had them', 'PEFT 0.2 中带 enable_lora 的融合投影'),
});

/** Initialisations that leave the base alone; every other word means the base was changed (peft.md §1.11). */
export const VANILLA_INITIALISATIONS: ReadonlySet<string> = new Set(['true', 'false', 'gaussian', 'eva', 'orthogonal', 'mica']);

/** How people know the initialisations that change the base. */
const INITIALISATION_NAMES: Readonly<Record<string, string>> = {
  pissa: 'PiSSA', olora: 'OLoRA', corda: 'CorDA', loftq: 'LoftQ', lora_ga: 'LoRA-GA',
};

/** The refusal of a base-changing initialisation, or undefined for a vanilla one. */
export function initialisationFinding(init: string, path: string): Finding | undefined {
  if (VANILLA_INITIALISATIONS.has(init)) return undefined;
  const family = Object.keys(INITIALISATION_NAMES).find((name) => init.startsWith(name));
  return finding(BASE_CHANGING_INITIALISATION, { init, method: family ? INITIALISATION_NAMES[family]! : init }, { path });
}

/** The refusal of a field that is switched on and cannot be merged, or undefined. */
export function fieldFinding(option: string, rule: FieldRule, value: JsonValue, path: string): Finding | undefined {
  switch (rule.how) {
    case 'used': case 'neutral': return undefined;
    case 'words': return typeof value === 'string' && rule.known.includes(value) ? undefined : fieldFinding(option, rule.otherwise, value, path);
    case 'not-mergeable': return finding(OPTION_NOT_MERGEABLE, { option, reason: rule.reason }, { path });
    case 'not-built': return finding(OPTION_NOT_BUILT, { option, reason: rule.reason }, { path });
  }
}
