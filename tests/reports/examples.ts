/** Bodies of answers as verbs give them, small and with every feature that a report shows. */
import type { DoctorBody, InspectBody, VerifyBody, WrittenBody } from '../../src/reports/index.ts';

const LAYERS = [0, 1, 2, 3];
const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];

export const INSPECTED: InspectBody = {
  kinds: ['trainer-output', 'adapter'],
  directories: { 'checkpoint-500': ['trainer-checkpoint', 'adapter'], logs: [] },
  files: [
    { path: 'adapter_config.json', role: 'adapter-config', format: 'json', needed_for: ['inference', 'merge'], bytes: 1187 },
    { path: 'adapter_model.safetensors', role: 'adapter-weights', format: 'safetensors', needed_for: ['inference', 'merge'], bytes: 83_945_296 },
    { path: 'trainer_log.jsonl', role: 'log', format: 'jsonl', needed_for: ['nothing'], bytes: 52_143 },
    { path: 'checkpoint-500/optimizer.pt', role: 'optimizer', format: 'torch-zip', needed_for: ['resume'], bytes: 168_149_074 },
    { path: 'checkpoint-500/\u202egpj.exe', role: 'other', format: 'binary', needed_for: ['nothing'], bytes: 3 },
  ],
  effective_weights: { '.': ['adapter_model.safetensors'], 'checkpoint-500': [] },
  producer: { system: 'LLaMA-Factory', version: '0.9.3', why: { en: 'trainer_log.jsonl and training_args.bin', zh: '有 trainer_log.jsonl 与 training_args.bin' } },
  training: {
    progress: { path: 'trainer_state.json', step: 450, max_steps: 500, epoch: 2.7, loss: 1.2345 },
    arguments: { path: 'training_args.bin', class: 'transformers.training_args.TrainingArguments', values: { learning_rate: 1e-4, bf16: true } },
  },
  result: { path: '.', kind: 'adapter', why: { en: 'an adapter, to be merged into its base', zh: '适配器，需合并进基座' } },
  sizes: [
    { paths: ['checkpoint-500/global_step500/mp_rank_00_model_states.pt'], bytes: 27_716_000_000, parameters: 6_929_256_448, bytes_each: 4, frozen: 6_316_363_776, what: { en: 'weights as training holds them, F32', zh: '训练中使用的权重，F32' } },
    { paths: [0, 1].map((rank) => `checkpoint-500/global_step500/zero_pp_rank_${rank}_mp_rank_00_optim_states.pt`), bytes: 7_354_800_000, parameters: 612_892_672, bytes_each: 12, what: { en: 'float32 masters of what is trained and two moments of Adam', zh: '可训练参数的 float32 主副本与 Adam 的两个动量' } },
  ],
  adapters: [{ path: '.', peft_type: 'LORA', r: 16, lora_alpha: 32, base_model_name_or_path: 'Qwen/Qwen2.5-7B-Instruct', value_class: 'hub-id', revision: null }],
  summary: { tensors: 448, parameters: 41_943_040, bytes: 83_886_080, dtypes: { BF16: { tensors: 448, parameters: 41_943_040, bytes: 83_886_080 } } },
  tensors: LAYERS.flatMap((i) => PROJECTIONS.map((name) => ({
    name: `base_model.model.model.layers.${i}.self_attn.${name}.lora_A.weight`, dtype: 'BF16', shape: [16, 3584], file: 'adapter_model.safetensors', bytes: 114_688,
  }))),
  next: [{ command: 'temper merge Qwen/Qwen2.5-7B-Instruct . -o merged', reason: { en: 'one deployable directory', zh: '得到一个可部署的目录' } }],
};

export const COLLECTION: InspectBody = {
  kinds: ['collection'], producer: null, next: [],
  directories: Object.fromEntries(['a', 'b', 'c'].map((name) => [`adapters/${name}`, ['adapter']])),
  files: ['a', 'b', 'c'].flatMap((name) => Array.from({ length: 20 }, (_, i) => ({ path: `adapters/${name}/file-${i}.bin`, role: 'other', format: 'binary', needed_for: ['nothing'], bytes: 1000 }))),
  effective_weights: {},
  adapters: [
    { path: 'adapters/a', peft_type: 'LORA', r: 8, lora_alpha: 16, base_model_name_or_path: '/home/user/.cache/huggingface/hub/models--example-org--tiny-llama/snapshots/0123456789abcdef' },
    { path: 'adapters/b', peft_type: 'IA3', base_model_name_or_path: null },
    { path: 'adapters/c', peft_type: 'LOHA', r: 128, lora_alpha: 8, base_model_name_or_path: 'example-org/tiny-llama' },
  ],
};

export const WRITTEN: WrittenBody = {
  output: 'merged',
  files: [
    { path: 'model-00001-of-00002.safetensors', bytes: 4_976_698_672 },
    { path: 'model-00002-of-00002.safetensors', bytes: 1_234_567_890 },
    { path: 'config.json', bytes: 718, why: { en: 'of the base', zh: '来自基座' } },
    { path: 'tokenizer.json', bytes: 11_421_896, why: { en: 'of the adapter: it has the added tokens', zh: '来自适配器：含有新增的词元' } },
  ],
  tensors: { copied: 67, computed: 224, renamed: 0, dropped: [
    { name: 'adapter:lm_head.original_module.weight', why: { en: 'the untrained twin of a saved module', zh: '已保存模块的未训练副本' } },
    { name: 'adapter:embed_tokens.original_module.weight', why: { en: 'the untrained twin of a saved module', zh: '已保存模块的未训练副本' } },
  ] },
  survival: {
    changed_elements: 900_000, lost_elements: 100_000, cosine: 0.93,
    per_module: LAYERS.flatMap((i) => [
      { name: `model.layers.${i}.mlp.up_proj.weight`, changed_elements: 100_000, lost_elements: 20_000 + i, cosine: 0.91 },
      { name: `model.layers.${i}.self_attn.q_proj.weight`, changed_elements: 125_000, lost_elements: 5_000, cosine: 0.97 },
    ]),
  },
};

export const PLANNED: WrittenBody = {
  ...WRITTEN, files: [], survival: undefined as never,
  plan: {
    files: [
      { path: 'model.safetensors', bytes: 6_211_266_562, tensors: [
        { name: 'lm_head.weight', dtype: 'BF16', shape: [152_064, 3584], formula: 'T', sources: ['adapter:lm_head.weight'] },
        ...LAYERS.flatMap((i) => [
          { name: `model.layers.${i}.input_layernorm.weight`, dtype: 'BF16', shape: [3584], formula: 'W', sources: [`base:model.layers.${i}.input_layernorm.weight`] },
          ...PROJECTIONS.map((name) => ({
            name: `model.layers.${i}.self_attn.${name}.weight`, dtype: 'BF16', shape: [3584, 3584], formula: 'W + 2·B·A', sources: [], scale: 2, scale_from: 'lora_alpha 32 / r 16',
          })),
        ]),
      ] },
      { path: 'config.json', bytes: 718, why: { en: 'of the base', zh: '来自基座' } },
    ],
    bytes_to_read: 6_295_000_000, bytes_to_write: 6_211_266_562, peak_memory_bytes: 512 * 2 ** 20, disk_bytes: 6_211_266_562,
  },
};

export const MERGED: VerifyBody = {
  verdict: 'merged-with-rounding',
  counts: { exact: 2, rounding: 14, untouched: 3 },
  tensors: [
    ...LAYERS.flatMap((i) => PROJECTIONS.map((name, k) => ({
      name: `model.layers.${i}.self_attn.${name}.weight`, verdict: i === 0 && k < 2 ? 'exact' as const : 'rounding' as const, elements: 1000, differing: i === 0 && k < 2 ? 0 : 41, max_ulp: i === 0 && k < 2 ? 0 : 1 + i,
      ...(i === 0 && k < 2 ? {} : { note: 'peft-safe' }), histogram: { counts: i === 0 && k < 2 ? [1000] : [959, 30, 6, 4, 0, 0, 0, 0, 0, 1], nan: 0 },
    }))),
    ...['model.norm.weight', 'lm_head.weight', 'model.embed_tokens.weight'].map((name) => ({ name, verdict: 'untouched' as const, elements: 10, differing: 0, max_ulp: 0 })),
  ],
  survival: { changed_elements: 15_990, lost_elements: 10, cosine: 0.99995 },
};

export const WRONG_SCALE: VerifyBody = {
  verdict: 'wrong-scale',
  counts: { scaled: 16, untouched: 1 },
  tensors: [
    ...LAYERS.flatMap((i) => PROJECTIONS.map((name) => ({
      name: `model.layers.${i}.self_attn.${name}.weight`, verdict: 'scaled' as const, elements: 1000, differing: 960, max_ulp: 300, scale: 0.25 + i * 1e-6,
    }))),
    { name: 'model.norm.weight', verdict: 'untouched', elements: 10, differing: 0, max_ulp: 0 },
  ],
};

export const PARTLY: VerifyBody = {
  verdict: 'partly-merged',
  counts: { exact: 1, base: 1, partial: 1, extra: 1 },
  tensors: [
    { name: 'model.layers.0.mlp.experts.gate_up_proj', verdict: 'partial', elements: 1000, differing: 500, note: { en: 'experts 4-7 of 8', zh: '8 个专家中的第 4-7 个' } },
    { name: 'model.layers.0.q.weight', verdict: 'base', elements: 1000, differing: 990 },
    { name: 'model.layers.1.q.weight', verdict: 'exact', elements: 1000, differing: 0 },
    { name: 'lm_head.bias\x1b[2J', verdict: 'extra' },
  ],
};

export const DOCTOR: DoctorBody = {
  version: '1.2.3',
  checks: [
    { check: 'node', title: { en: 'Node', zh: 'Node 版本' }, value: '20.20.2 (linux x64)', status: 'ok' },
    { check: 'memory', title: { en: 'Memory', zh: '内存' }, value: { en: '300 MB available of 2.00 GB', zh: '2.00 GB 中可用 300 MB' }, status: 'warning', recommendation: { en: 'Give a smaller budget: --memory 256MiB', zh: '请给出更小的预算：--memory 256MiB' } },
    { check: 'hub-cache', title: { en: 'Hugging Face cache', zh: 'Hugging Face 缓存' }, value: { en: 'none at ~/.cache', zh: '~/.cache 不存在' }, status: 'note' },
  ],
};
