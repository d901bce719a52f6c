/**
 * @module
 * Architectures whose linear layers are transformers' Conv1D: the weight is stored (in, out). For a square matrix the
 * shape cannot tell, so the names do (`transformers.pytorch_utils.Conv1D` and its users).
 */
const CONV1D: ReadonlyMap<string, RegExp> = new Map([
  ['gpt2', /\.(?:c_attn|c_proj|c_fc|q_attn)$/],
  ['imagegpt', /\.(?:c_attn|c_proj|c_fc|q_attn)$/],
  ['decision_transformer', /\.(?:c_attn|c_proj|c_fc|q_attn)$/],
  ['openai-gpt', /\.(?:c_attn|c_proj|c_fc)$/],
]);

/** Whether a module of this architecture is a Conv1D; undefined when the architecture is not known to use any. */
export function isConv1D(modelType: string | undefined, module: string): boolean | undefined {
  return modelType === undefined ? undefined : CONV1D.get(modelType)?.test(module);
}
