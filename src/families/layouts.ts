/**
 * @module
 * Which tensors an architecture has, for the families whose names are known for certain: what a complete directory needs.
 * Sides of a shape are words that stand for numbers of config.json; a family that is not here is not judged.
 */

/** The numbers of a config, by word. */
export type Sides = Readonly<Record<string, number | undefined>>;

/** Names and shapes of a family. `?` at the end of a name: it may be absent. */
export interface FamilyLayout {
  /** What stands before every name of the body when the model has a head: `model.`. Bare bodies have nothing. */
  readonly body: string;
  /** Ending of the list of layers: `layers`. */
  readonly layers: string;
  readonly outside: Readonly<Record<string, string>>;
  readonly layer: Readonly<Record<string, string>>;
}

const LLAMA_LAYER = {
  'self_attn.q_proj.weight': 'q h', 'self_attn.k_proj.weight': 'kv h', 'self_attn.v_proj.weight': 'kv h', 'self_attn.o_proj.weight': 'h q',
  'mlp.gate_proj.weight': 'i h', 'mlp.up_proj.weight': 'i h', 'mlp.down_proj.weight': 'h i',
};
const LLAMA: FamilyLayout = {
  body: 'model.', layers: 'layers', outside: { 'embed_tokens.weight': '* h', 'norm.weight': 'h' },
  layer: { ...LLAMA_LAYER, 'input_layernorm.weight': 'h', 'post_attention_layernorm.weight': 'h' },
};
const QKV_BIAS = { 'self_attn.q_proj.bias': 'q', 'self_attn.k_proj.bias': 'kv', 'self_attn.v_proj.bias': 'kv' };
const QK_NORM = { 'self_attn.q_norm.weight': '*', 'self_attn.k_norm.weight': '*' };
const FOUR_NORMS = { 'pre_feedforward_layernorm.weight': 'h', 'post_feedforward_layernorm.weight': 'h' };
const withLayer = (base: FamilyLayout, more: Readonly<Record<string, string>>): FamilyLayout => ({ ...base, layer: { ...base.layer, ...more } });

const linear = (name: string, out: string, into: string): Record<string, string> => ({ [`${name}.weight`]: `${out} ${into}`, [`${name}.bias`]: out });
const norm = (name: string): Record<string, string> => ({ [`${name}.weight`]: 'h', [`${name}.bias`]: 'h' });
const NEOX: FamilyLayout = {
  body: 'gpt_neox.', layers: 'layers', outside: { 'embed_in.weight': '* h', ...norm('final_layer_norm') },
  layer: {
    ...norm('input_layernorm'), ...norm('post_attention_layernorm'), 'attention.query_key_value.weight': '* h', 'attention.dense.weight': 'h h',
    ...linear('mlp.dense_h_to_4h', 'i', 'h'), ...linear('mlp.dense_4h_to_h', 'h', 'i'),
  },
};
const BERT: FamilyLayout = {
  body: 'bert.', layers: 'encoder.layer',
  outside: { 'embeddings.word_embeddings.weight': '* h', 'embeddings.position_embeddings.weight': '* h', 'embeddings.token_type_embeddings.weight': '* h', ...norm('embeddings.LayerNorm') },
  layer: {
    ...linear('attention.self.query', 'h', 'h'), ...linear('attention.self.key', 'h', 'h'), ...linear('attention.self.value', 'h', 'h'),
    ...linear('attention.output.dense', 'h', 'h'), ...norm('attention.output.LayerNorm'), ...linear('intermediate.dense', 'i', 'h'), ...linear('output.dense', 'h', 'i'), ...norm('output.LayerNorm'),
  },
};
const ROBERTA: FamilyLayout = { ...BERT, body: 'roberta.' };
const QWEN1: FamilyLayout = {
  body: 'transformer.', layers: 'h', outside: { 'wte.weight': '* h', 'ln_f.weight': 'h' },
  layer: {
    'ln_1.weight': 'h', 'ln_2.weight': 'h', 'attn.c_attn.weight': '* h', 'attn.c_attn.bias': '*', 'attn.c_proj.weight': 'h *',
    'mlp.w1.weight': '* h', 'mlp.w2.weight': '* h', 'mlp.c_proj.weight': 'h *',
  },
};
const GPT2: FamilyLayout = {
  body: 'transformer.', layers: 'h', outside: { 'wte.weight': '* h', 'wpe.weight': '* h', ...norm('ln_f') },
  layer: {
    ...norm('ln_1'), ...norm('ln_2'), 'attn.c_attn.weight': 'h *', 'attn.c_attn.bias': '*', 'attn.c_proj.weight': 'h h', 'attn.c_proj.bias': 'h',
    'mlp.c_fc.weight': 'h *', 'mlp.c_fc.bias': '*', 'mlp.c_proj.weight': '* h', 'mlp.c_proj.bias': 'h',
  },
};
const CLIP_VISION: FamilyLayout = {
  body: 'vision_model.', layers: 'encoder.layers',
  outside: { 'embeddings.class_embedding': 'h', 'embeddings.patch_embedding.weight': 'h * * *', 'embeddings.position_embedding.weight': '* h', ...norm('pre_layrnorm'), ...norm('post_layernorm') },
  layer: {
    ...linear('self_attn.q_proj', 'h', 'h'), ...linear('self_attn.k_proj', 'h', 'h'), ...linear('self_attn.v_proj', 'h', 'h'), ...linear('self_attn.out_proj', 'h', 'h'),
    ...norm('layer_norm1'), ...norm('layer_norm2'), ...linear('mlp.fc1', 'i', 'h'), ...linear('mlp.fc2', 'h', 'i'),
  },
};

const LAYOUTS: ReadonlyMap<string, FamilyLayout> = new Map([
  ['llama', LLAMA], ['mistral', LLAMA], ['qwen2', withLayer(LLAMA, QKV_BIAS)], ['qwen3', withLayer(LLAMA, QK_NORM)], ['gemma', LLAMA],
  ['gemma2', withLayer(LLAMA, FOUR_NORMS)], ['gemma3_text', withLayer(withLayer(LLAMA, FOUR_NORMS), QK_NORM)],
  ['bert', BERT], ['roberta', ROBERTA], ['xlm-roberta', ROBERTA], ['qwen', QWEN1], ['gpt2', GPT2], ['gpt_neox', NEOX], ['clip_vision_model', CLIP_VISION],
]);

/** Biases that a switch of config.json adds, for the model types that read it. */
const SWITCHED: readonly { readonly field: string; readonly types: ReadonlySet<string>; readonly layer: Readonly<Record<string, string>> }[] = [
  { field: 'attention_bias', types: new Set(['llama', 'qwen3', 'gemma', 'gemma2', 'gemma3_text']), layer: { ...QKV_BIAS, 'self_attn.o_proj.bias': 'h' } },
  { field: 'mlp_bias', types: new Set(['llama']), layer: { 'mlp.gate_proj.bias': 'i', 'mlp.up_proj.bias': 'i', 'mlp.down_proj.bias': 'h' } },
];

/** The layout of the model of a config; undefined for families that are not known. */
export function layoutOf(config: ReadonlyMap<string, unknown> | undefined): FamilyLayout | undefined {
  const type = config?.get('model_type'), base = typeof type === 'string' ? LAYOUTS.get(type) : undefined;
  return base && SWITCHED.filter(({ field, types }) => types.has(type as string) && config?.get(field) === true).reduce((all, { layer }) => withLayer(all, layer), base);
}

/** Heads beside the body, by class, with their shapes; the head of a language model is judged with its embedding. */
const HEADS: readonly (readonly [RegExp, Readonly<Record<string, string>>])[] = [
  [/^(?:Llama|Mistral|Qwen2|Qwen3|Gemma2?)For(?:Sequence|Token)Classification$|^GPT2ForSequenceClassification$/, { 'score.weight': '* h' }],
  [/^Bert(?:For(?:Sequence|Token)Classification|ForMultipleChoice)$|^(?:XLM)?RobertaForTokenClassification$/, { 'classifier.weight': '* h', 'classifier.bias': '*' }],
  [/^(?:XLM)?RobertaForSequenceClassification$/, { 'classifier.dense.weight': 'h h', 'classifier.dense.bias': 'h', 'classifier.out_proj.weight': '* h', 'classifier.out_proj.bias': '*' }],
  [/^(?:Bert|(?:XLM)?Roberta|Llama|Qwen2|Mistral)ForQuestionAnswering$/, { 'qa_outputs.weight': '* h', 'qa_outputs.bias': '*' }],
];

/** Names of the head that the class of a model has beside its body. */
export function headOf(config: ReadonlyMap<string, unknown> | undefined): Readonly<Record<string, string>> {
  const architectures = config?.get('architectures'), first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === 'string' && !config!.has('auto_map') ? HEADS.find(([test]) => test.test(first))?.[1] ?? {} : {};
}

/** Classes of which every name is known, so that any other tensor is ignored by their loader. */
const CLOSED = /^(?:(?:Llama|Mistral|Qwen2|Qwen3|Gemma2?)(?:ForCausalLM|Model))$/;
/** Names that such files carry all the same: tables that are computed anew, and heads of a reward or a value. */
const CARRIED_ALONG = /(?:^|\.)(?:inv_freq|masked_bias|rotary_emb\.\w+|v_head\..+|value_head\..+|(?:score|lm_head)\.\w+)$/;

/** Whether a tensor that no layout names is one that the loader of this config ignores. */
export function isIgnored(config: ReadonlyMap<string, unknown> | undefined, name: string): boolean {
  const architectures = config?.get('architectures'), first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === 'string' && CLOSED.test(first) && !config!.has('auto_map') && !CARRIED_ALONG.test(name);
}

/** The numbers that the words of shapes stand for. */
export function sidesOf(number: (...names: string[]) => number | undefined): Sides {
  const h = number('hidden_size', 'n_embd'), heads = number('num_attention_heads', 'n_head'), kvHeads = number('num_key_value_heads') ?? heads;
  const each = number('head_dim') ?? (h === undefined || heads === undefined ? undefined : h / heads);
  return { h, i: number('intermediate_size'), q: heads === undefined || each === undefined ? undefined : heads * each, kv: kvHeads === undefined || each === undefined ? undefined : kvHeads * each };
}
