/**
 * @module
 * Where architectures keep their input embedding and their output head, and which of them tie the two.
 */

/** Endings of the input embedding's name, most common first. */
export const EMBEDDING_ENDINGS: readonly string[] = [
  'embed_tokens.weight', 'wte.weight', 'word_embeddings.weight', 'tok_embeddings.weight', 'embed_in.weight', 'shared.weight',
];

/** Names of the output head. */
export const HEAD_NAMES: readonly string[] = ['lm_head.weight', 'embed_out.weight', 'output.weight', 'output_layer.weight', 'language_model.lm_head.weight'];

/** The input embedding among tensor names, or undefined when none or several could be it. */
export function findEmbedding(names: Iterable<string>): string | undefined {
  const all = [...names];
  for (const ending of EMBEDDING_ENDINGS) {
    const hits = all.filter((name) => name === ending || name.endsWith(`.${ending}`));
    if (hits.length === 1) return hits[0];
  }
  return undefined;
}

/** The output head among tensor names. */
export function findHead(names: { has(name: string): boolean }): string | undefined {
  return HEAD_NAMES.find((name) => names.has(name));
}

/** Head of an architecture whose base file may leave it out because it is tied; the first row that matches. */
const TIED_HEADS: readonly (readonly [RegExp, string])[] = [
  [/^GPTNeoXForCausalLM$/, 'embed_out.weight'],
  [/^(?:XLM)?Roberta\w*ForMaskedLM$/, 'lm_head.decoder.weight'],
  [/^(?:Bert|Electra|DistilBert|Albert)\w*For(?:MaskedLM|PreTraining)$/, 'cls.predictions.decoder.weight'],
  [/(?:ForCausalLM|LMHeadModel|DoubleHeadsModel|ForConditionalGeneration)$/, 'lm_head.weight'],
];

/** Name of the head that a model of this config would share with its embedding; undefined when it has none (encoders). */
export function tiedHeadName(config: ReadonlyMap<string, unknown> | undefined): string | undefined {
  const architectures = config?.get('architectures'), first = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof first === 'string' ? TIED_HEADS.find(([test]) => test.test(first))?.[1] : undefined;
}

/** Model types that keep the two apart unless told otherwise (defaults of their configuration classes). */
const UNTIED_BY_DEFAULT: ReadonlySet<unknown> = new Set(['llama', 'mistral', 'mixtral', 'qwen2', 'qwen2_moe', 'qwen3', 'qwen3_moe', 'gpt_neox', 'phi3']);

/** Whether a model of this config ties its head when neither file nor config says a word. */
export const isUntiedByDefault = (config: ReadonlyMap<string, unknown> | undefined): boolean => UNTIED_BY_DEFAULT.has(config?.get('model_type'));

/** What config.json says of tying; undefined when it says nothing, which means true for most architectures. */
export function tieFlag(config: ReadonlyMap<string, unknown> | undefined): boolean | undefined {
  const own = config?.get('tie_word_embeddings');
  if (typeof own === 'boolean') return own;
  const text = config?.get('text_config');
  const inner = text instanceof Map ? text.get('tie_word_embeddings') : undefined;
  return typeof inner === 'boolean' ? inner : undefined;
}
