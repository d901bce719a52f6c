/**
 * @module
 * How families of embedding models take the vector of a text (FlagEmbedding's model mapping; the models' own
 * sentence-transformers files). A wrong pooling gives vectors without any error.
 */

/** Ways that are told apart. */
export const POOLINGS = ['cls', 'mean', 'lasttoken', 'max'] as const;
/** One of them. */
export type Pooling = (typeof POOLINGS)[number];

/** By the name of a model or of its folder, the first that matches: special cases before their families. */
const NAMES: readonly (readonly [RegExp, Pooling])[] = [
  [/e5-mistral|bge-en-icl|bge-multilingual-gemma2|bge-code|gte-qwen|qwen3-embedding|sfr-embedding|linq-embed|nv-embed/i, 'lasttoken'],
  [/(?:^|[/_-])bge(?:$|[-_])/i, 'cls'],
  [/gte-.*zh|gte-.*-v1\.5|gte-multilingual|gte-modernbert/i, 'cls'],
  [/(?:^|[/_-])e5-|multilingual-e5|gte-|all-minilm|all-mpnet/i, 'mean'],
];

/** Classes of decoders, whose last token has seen the whole text. */
const DECODER = /^(?:Llama|Mistral|Qwen2|Qwen3|Gemma\d?|Phi3|MiniCPM|InternLM\d?)(?:TextModel|Model|ForCausalLM)$/;

/** The pooling that a model's name tells, or its class; undefined when neither does. */
export function poolingOf(names: readonly (string | undefined)[], architecture: string | undefined): Pooling | undefined {
  for (const name of names) {
    const row = name === undefined ? undefined : NAMES.find(([test]) => test.test(name));
    if (row !== undefined) return row[1];
  }
  return architecture !== undefined && DECODER.test(architecture) ? 'lasttoken' : undefined;
}

/** Families whose positions begin behind the padding token, so that two fewer fit. */
const OFFSET_POSITIONS = /^(?:roberta|xlm-roberta|camembert|xlm-roberta-xl)$/;

/** Longest text of a model, in tokens, by its config. */
export function textLength(config: ReadonlyMap<string, unknown> | undefined): number | undefined {
  const positions = config?.get('max_position_embeddings'), type = config?.get('model_type');
  if (typeof positions !== 'number') return undefined;
  return typeof type === 'string' && OFFSET_POSITIONS.test(type) ? positions - 2 : positions;
}
