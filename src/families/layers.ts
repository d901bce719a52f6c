/**
 * @module
 * Where architectures keep their list of layers, and the fields of config.json that count or describe layers one by one.
 */

/** The layer list within a tensor's name: its path, the index, and the rest. Llama-like, BERT-like, Falcon- and GPT-like. */
const LAYER = /^((?:.*?\.)?(?:layers|encoder\.layer|h))\.(\d+)\.(.+)$/;

/** A tensor's place in the layer list, or undefined. */
export function layerOf(name: string): { readonly list: string; readonly index: number; readonly rest: string } | undefined {
  const match = LAYER.exec(name);
  return match === null ? undefined : { list: match[1]!, index: Number(match[2]), rest: match[3]! };
}

/** Fields that hold the number of layers. */
export const LAYER_COUNT_FIELDS: readonly string[] = ['num_hidden_layers', 'n_layer', 'num_layers'];

/** Fields that hold one item per layer. */
export const PER_LAYER_FIELDS: readonly string[] = ['layer_types', 'mlp_layer_types', 'no_rope_layers', 'attn_layer_types'];
