/**
 * @module
 * LLaMA in Meta's own layout (`consolidated.NN.pth`): names, along which axis a tensor is spread over the shards, and the
 * sizes that were released (meta-llama/llama, `model.py`; transformers, `convert_llama_weights_to_hf.py`).
 */

/** How a tensor of the `.pth` lies in the shards, and what it is in transformers. */
export interface PthTensor {
  /** Name in transformers, without the layer. */
  readonly hf: string;
  /** Axis along which the shards are laid end to end; null for tensors that every shard holds whole. */
  readonly axis: 0 | 1 | null;
  /** Rows of heads: q and k are stored for rotary embeddings over neighbouring pairs, transformers rotates halves. */
  readonly heads?: 'query' | 'key';
}

/** Tensors outside of layers. Llama 3 spreads the embedding over its rows, older ones over its columns; the shapes tell. */
export const PTH_ROOT: Readonly<Record<string, PthTensor>> = {
  'tok_embeddings.weight': { hf: 'model.embed_tokens.weight', axis: 1 },
  'norm.weight': { hf: 'model.norm.weight', axis: null },
  'output.weight': { hf: 'lm_head.weight', axis: 0 },
};

/** Tensors of a layer, names after `layers.N.` on one side and `model.layers.N.` on the other. */
export const PTH_LAYER: Readonly<Record<string, PthTensor>> = {
  'attention.wq.weight': { hf: 'self_attn.q_proj.weight', axis: 0, heads: 'query' },
  'attention.wk.weight': { hf: 'self_attn.k_proj.weight', axis: 0, heads: 'key' },
  'attention.wv.weight': { hf: 'self_attn.v_proj.weight', axis: 0 },
  'attention.wo.weight': { hf: 'self_attn.o_proj.weight', axis: 1 },
  'feed_forward.w1.weight': { hf: 'mlp.gate_proj.weight', axis: 0 },
  'feed_forward.w2.weight': { hf: 'mlp.down_proj.weight', axis: 1 },
  'feed_forward.w3.weight': { hf: 'mlp.up_proj.weight', axis: 0 },
  'attention_norm.weight': { hf: 'input_layernorm.weight', axis: null },
  'ffn_norm.weight': { hf: 'post_attention_layernorm.weight', axis: null },
};

/** Buffers that both sides compute for themselves. */
export const ROTARY_BUFFER: RegExp = /(?:^|\.)(?:rope\.freqs|rotary_emb\.inv_freq|inner_attention\.rope\.freqs)$/;

/** A slice of a model in Meta's layout. */
export const PTH_FILE: RegExp = /^consolidated\.(\d\d)\.pth$/;

/** Sizes with the fields that Meta gave them; the widths of others follow from the smallest numbers that give them. */
const RELEASED: readonly { readonly dim: number; readonly ffn: number; readonly multipleOf: number; readonly multiplier?: number }[] = [
  { dim: 8192, ffn: 28672, multipleOf: 4096, multiplier: 1.3 },
  { dim: 4096, ffn: 14336, multipleOf: 1024, multiplier: 1.3 },
  { dim: 16384, ffn: 53248, multipleOf: 4096, multiplier: 1.2 },
  { dim: 2048, ffn: 8192, multipleOf: 256, multiplier: 1.5 },
  { dim: 3072, ffn: 8192, multipleOf: 256, multiplier: 1 },
];

/** Candidates for `multiple_of`: Meta's usual one first. */
const MULTIPLES: readonly number[] = [256, 16, 32, 64, 128, 512, 1024, 2048, 4096];
/** Candidates for `ffn_dim_multiplier`: none, then those of Llama 2 and 3. */
const MULTIPLIERS: readonly (number | undefined)[] = [undefined, 1.3, 1, 1.2, 1.5];

/** Width of the feed-forward layers as Meta's code computes it from params.json. */
export function ffnWidth(dim: number, multipleOf: number, multiplier?: number): number {
  const hidden = Math.trunc((2 * 4 * dim) / 3);
  return multipleOf * Math.ceil(Math.trunc(multiplier === undefined ? hidden : multiplier * hidden) / multipleOf);
}

/** Fields of params.json that give the width `ffn`. */
export function ffnFields(dim: number, ffn: number): { readonly multipleOf: number; readonly multiplier?: number } {
  const known = RELEASED.find((row) => row.dim === dim && row.ffn === ffn);
  if (known !== undefined) return { multipleOf: known.multipleOf, ...(known.multiplier === undefined ? {} : { multiplier: known.multiplier }) };
  for (const multiplier of MULTIPLIERS) {
    for (const multipleOf of MULTIPLES) if (ffnWidth(dim, multipleOf, multiplier) === ffn) return { multipleOf, ...(multiplier === undefined ? {} : { multiplier }) };
  }
  // Half a unit more, so that cutting off the fraction gives the width itself.
  return { multipleOf: 1, multiplier: (ffn + 0.5) / Math.trunc((8 * dim) / 3) };
}

/** Shards in which Meta releases a model of this width and depth. */
export function usualShards(dim: number, layers: number): number {
  if (dim <= 4096) return 1;
  if (dim === 5120) return 2;
  if (dim === 6656 || (dim === 8192 && layers === 48)) return 4;
  return dim >= 8192 ? 8 : 1;
}
