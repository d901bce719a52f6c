/**
 * @module
 * Architectures and module names as llama.cpp has them (gguf-py, `MODEL_ARCH` and `TensorNameMap`; conversion scripts of
 * llama.cpp): what an adapter must be called to be applied to a base in GGUF.
 */

/** What is known of an architecture. */
export interface GgufArchitecture {
  /** `general.architecture` of the base. */
  readonly arch: string;
  /** q and k rotate neighbouring pairs there: their rows come in another order than in transformers. */
  readonly pairs?: boolean;
  /** The base has no output matrix of its own, so an adapter on it is ignored. */
  readonly noHead?: boolean;
}

/** By the name of the class, the first that matches. */
const ARCHITECTURES: readonly (readonly [RegExp, GgufArchitecture])[] = [
  [/^(?:Llama|Mistral|Mixtral|InternLM3)(?:ForCausalLM|Model)$/, { arch: 'llama', pairs: true }],
  [/^Mini?stral3For(?:ConditionalGeneration|CausalLM)$|^Mistral3For\w+$|^Ministral3For\w+$/, { arch: 'mistral3', pairs: true }],
  [/^Qwen2(?:ForCausalLM|Model)$/, { arch: 'qwen2' }], [/^Qwen2Moe\w+$/, { arch: 'qwen2moe' }], [/^Qwen2(?:_5_)?VL\w+$/, { arch: 'qwen2vl' }],
  [/^Qwen3(?:ForCausalLM|Model)$/, { arch: 'qwen3' }], [/^Qwen3Moe\w+$/, { arch: 'qwen3moe' }], [/^Qwen3VL\w+$/, { arch: 'qwen3vl' }],
  [/^Gemma(?:ForCausalLM|Model)$/, { arch: 'gemma', noHead: true }], [/^Gemma2(?:ForCausalLM|Model)$/, { arch: 'gemma2', noHead: true }],
  [/^Gemma3For(?:CausalLM|ConditionalGeneration)$/, { arch: 'gemma3' }], [/^Gemma3TextModel$/, { arch: 'gemma-embedding' }],
  [/^Phi[34](?:ForCausalLM|Model)$/, { arch: 'phi3' }], [/^PhiForCausalLM$/, { arch: 'phi2' }],
  [/^GraniteForCausalLM$/, { arch: 'granite', pairs: true }], [/^GraniteMoe\w+$/, { arch: 'granitemoe', pairs: true }],
  [/^Cohere2ForCausalLM$/, { arch: 'cohere2', noHead: true }], [/^Olmo2ForCausalLM$/, { arch: 'olmo2' }], [/^Glm4ForCausalLM$/, { arch: 'glm4' }],
  [/^SmolLM3ForCausalLM$/, { arch: 'smollm3', pairs: true }], [/^StableLm\w*ForCausalLM$/, { arch: 'stablelm' }],
  [/^ArceeForCausalLM$/, { arch: 'arcee', pairs: true }], [/^Starcoder2ForCausalLM$/, { arch: 'starcoder2' }], [/^GPT2LMHeadModel$/, { arch: 'gpt2' }],
  [/^(?:Bert|Roberta|XLMRoberta|DistilBert|Camembert)\w*$/, { arch: 'bert' }],
];

/** The architecture of a model, by `architectures` of its config.json; undefined when it is not known. */
export function ggufArchitecture(architectures: readonly unknown[]): GgufArchitecture | undefined {
  const [first] = architectures;
  return typeof first === 'string' ? ARCHITECTURES.find(([test]) => test.test(first))?.[1] : undefined;
}

/** By `general.architecture` of a file. */
export function ggufArchitectureOf(arch: string): GgufArchitecture | undefined {
  return ARCHITECTURES.find(([, known]) => known.arch === arch)?.[1];
}

/** Names within a layer, transformers' and GGUF's. */
type Names = readonly (readonly [hf: string, gguf: string])[];

const LLAMA_LAYER: Names = [
  ['self_attn.q_proj', 'attn_q'], ['self_attn.k_proj', 'attn_k'], ['self_attn.v_proj', 'attn_v'], ['self_attn.o_proj', 'attn_output'],
  ['mlp.gate_proj', 'ffn_gate'], ['mlp.up_proj', 'ffn_up'], ['mlp.down_proj', 'ffn_down'],
];
const MOE_LAYER: Names = [
  ...LLAMA_LAYER.filter(([hf]) => hf.startsWith('self_attn.')), ['mlp.gate', 'ffn_gate_inp'], ['mlp.shared_expert_gate', 'ffn_gate_inp_shexp'],
  ['mlp.shared_expert.gate_proj', 'ffn_gate_shexp'], ['mlp.shared_expert.up_proj', 'ffn_up_shexp'], ['mlp.shared_expert.down_proj', 'ffn_down_shexp'],
];
const LAYERS: Readonly<Record<string, Names>> = {
  phi3: [['self_attn.qkv_proj', 'attn_qkv'], ['self_attn.o_proj', 'attn_output'], ['mlp.gate_up_proj', 'ffn_up'], ['mlp.down_proj', 'ffn_down']],
  phi2: [['self_attn.q_proj', 'attn_q'], ['self_attn.k_proj', 'attn_k'], ['self_attn.v_proj', 'attn_v'], ['self_attn.dense', 'attn_output'], ['mlp.fc1', 'ffn_up'], ['mlp.fc2', 'ffn_down']],
  starcoder2: [...LLAMA_LAYER.slice(0, 4), ['mlp.c_fc', 'ffn_up'], ['mlp.c_proj', 'ffn_down']],
  gpt2: [['attn.c_attn', 'attn_qkv'], ['attn.c_proj', 'attn_output'], ['mlp.c_fc', 'ffn_up'], ['mlp.c_proj', 'ffn_down']],
  bert: [
    ['attention.self.query', 'attn_q'], ['attention.self.key', 'attn_k'], ['attention.self.value', 'attn_v'], ['attention.output.dense', 'attn_output'],
    ['intermediate.dense', 'ffn_up'], ['output.dense', 'ffn_down'],
    ['attention.q_lin', 'attn_q'], ['attention.k_lin', 'attn_k'], ['attention.v_lin', 'attn_v'], ['attention.out_lin', 'attn_output'], ['ffn.lin1', 'ffn_up'], ['ffn.lin2', 'ffn_down'],
  ],
  qwen2moe: MOE_LAYER, qwen3moe: MOE_LAYER,
  llama: [...LLAMA_LAYER, ['block_sparse_moe.gate', 'ffn_gate_inp']],
};

/** Lists of layers, transformers' path and the prefix of its names outside of layers. */
const LISTS = /^(?:(?:base_model|model|transformer|bert|roberta|distilbert|language_model)\.)*(?:layers|h|encoder\.layer|layer|transformer\.layer)\.(\d+)\.(.+)$/;

const ROOTS: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\.)(?:embed_tokens|wte|word_embeddings)$/, 'token_embd'], [/^(?:.*\.)?lm_head$/, 'output'],
];

/** Parts of a multimodal model that llama.cpp keeps in another file. */
export const GGUF_OTHER_FILE: RegExp = /(?:^|\.)(?:vision_tower|vision_model|visual|multi_modal_projector|audio_tower)\./;

/** Experts one by one: stacked in GGUF, so that one alone has no name. */
export const GGUF_EXPERT: RegExp = /\.experts\.\d+\./;

/** Name of a module's weight in GGUF, without `.weight`; undefined when there is none. */
export function ggufModule(path: string, arch: string): string | undefined {
  const [, layer, rest] = LISTS.exec(path) ?? [];
  if (layer === undefined) return ROOTS.find(([test]) => test.test(path))?.[1];
  const own = (LAYERS[arch] ?? LLAMA_LAYER).find(([hf]) => hf === rest);
  return own === undefined ? undefined : `blk.${layer}.${own[1]}`;
}

/** Path of a module in transformers, from its name in GGUF: as `AutoModelForCausalLM` has it. */
export function hfModule(name: string, arch: string): string | undefined {
  const root = arch === 'gpt2' ? 'transformer' : 'model', list = arch === 'gpt2' ? 'h' : 'layers';
  if (arch === 'bert') {
    const [, layer, own] = /^blk\.(\d+)\.(\w+)$/.exec(name) ?? [], hf = LAYERS['bert']!.find(([, gguf]) => gguf === own)?.[0];
    return name === 'token_embd' ? 'embeddings.word_embeddings' : hf === undefined ? undefined : `encoder.layer.${layer}.${hf}`;
  }
  if (name === 'token_embd') return `${root}.${arch === 'gpt2' ? 'wte' : 'embed_tokens'}`;
  if (name === 'output') return 'lm_head';
  const [, layer, own] = /^blk\.(\d+)\.(\w+)$/.exec(name) ?? [], hf = (LAYERS[arch] ?? LLAMA_LAYER).find(([, gguf]) => gguf === own)?.[0];
  return hf === undefined ? undefined : `${root}.${list}.${layer}.${hf}`;
}
