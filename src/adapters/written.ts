/**
 * @module
 * adapter_config.json as PEFT writes it: sorted keys, two spaces, no line feed at the end; every field of a LoRA that decides
 * what its tensors mean, and the form of the keys (the release whose rules hold).
 */

/** The release of PEFT whose format is written: later ones read it, and rules that changed before it hold. */
export const WRITTEN_PEFT_VERSION = '0.21.0';

/** What differs from one written LoRA to the next. */
export interface LoraWords {
  readonly base: string | null;
  readonly revision?: string | null;
  readonly taskType?: string | null;
  readonly r: number;
  readonly alpha: number;
  readonly rankPattern?: Readonly<Record<string, number>>;
  readonly alphaPattern?: Readonly<Record<string, number>>;
  readonly targetModules: readonly string[] | string;
  readonly targetParameters?: readonly string[];
  readonly modulesToSave?: readonly string[];
  readonly bias?: 'none' | 'lora_only';
  readonly fanInFanOut?: boolean;
  readonly ensureWeightTying?: boolean;
}

/** Text of the configuration of a LoRA. */
export function loraConfigText(words: LoraWords): string {
  return configText({
    peft_type: 'LORA', peft_version: WRITTEN_PEFT_VERSION, base_model_name_or_path: words.base, revision: words.revision ?? null, task_type: words.taskType ?? null,
    auto_mapping: null, inference_mode: true, r: words.r, lora_alpha: words.alpha, lora_dropout: 0.0, rank_pattern: words.rankPattern ?? {}, alpha_pattern: words.alphaPattern ?? {},
    target_modules: words.targetModules, target_parameters: words.targetParameters ?? null, exclude_modules: null, layers_to_transform: null, layers_pattern: null,
    modules_to_save: words.modulesToSave !== undefined && words.modulesToSave.length > 0 ? words.modulesToSave : null,
    bias: words.bias ?? 'none', fan_in_fan_out: words.fanInFanOut ?? false, init_lora_weights: true, use_rslora: false, use_dora: false, lora_bias: false,
    layer_replication: null, trainable_token_indices: null, ensure_weight_tying: words.ensureWeightTying ?? false,
  });
}

/** Any configuration as `json.dumps(indent=2, sort_keys=True)` prints it, keys of inner objects sorted too. */
export function configText(fields: Readonly<Record<string, unknown>>): string {
  const sorted = (value: unknown): unknown => {
    if (value instanceof Map) return sorted(Object.fromEntries(value));
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
  };
  return JSON.stringify(sorted(fields), null, 2);
}

/** task_type by the end of an architecture's name; the first that fits. */
const TASKS: readonly (readonly [RegExp, string])[] = [
  [/For(?:CausalLM|ConditionalGeneration)$|LMHeadModel$/, 'CAUSAL_LM'], [/ForSequenceClassification$/, 'SEQ_CLS'], [/ForTokenClassification$/, 'TOKEN_CLS'],
  [/ForQuestionAnswering$/, 'QUESTION_ANS'], [/Model$/, 'FEATURE_EXTRACTION'],
];
/** Encoder-decoders generate as well, but PEFT has another word for them. */
const SEQ_TO_SEQ: ReadonlySet<string> = new Set(['t5', 'mt5', 'bart', 'mbart', 'pegasus', 'm2m_100', 'marian', 'led', 'longt5', 'umt5']);

/** PEFT's task_type for a model's config.json; null when it has no word for it. */
export function taskTypeOf(config: ReadonlyMap<string, unknown> | undefined): string | null {
  const architectures = config?.get('architectures'), name = Array.isArray(architectures) ? architectures[0] as unknown : undefined;
  const task = typeof name === 'string' ? TASKS.find(([test]) => test.test(name))?.[1] ?? null : null;
  return task === 'CAUSAL_LM' && SEQ_TO_SEQ.has(String(config?.get('model_type'))) ? 'SEQ_2_SEQ_LM' : task;
}
