/**
 * @module
 * A LoRA adapter in GGUF (llama.cpp, src/llama-adapter.cpp): one alpha for the file, divided by the rank of every pair; rows
 * of q and k in the order of the base; factors of an embedding with the first of them transposed.
 */
import type { Adapter } from '../../adapters/index.ts';
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { GGUF_EXPERT, GGUF_OTHER_FILE, ggufArchitecture, ggufModule, tieFlag, type GgufArchitecture } from '../../families/index.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { transpose, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { plannedTensor } from '../fresh.ts';
import { InputTable, planInput } from '../inputs.ts';
import { toPairs } from '../llama/rotary.ts';
import type { BoundPlan } from '../merge.ts';
import type { PlannedTensor } from '../plan.ts';
import { ARCHITECTURE_UNKNOWN, LAYOUT_CANNOT, SCALES_FOLDED } from './codes.ts';
import { factorsOf, mostCommon, scaled, type Factors } from './factors.ts';

/** Layout as messages call it. */
const GGUF = { name: 'GGUF', dora: false } as const;

/** Attention heads of a model, which decide the order of rows. */
export interface HeadCounts { readonly query: number; readonly key: number }

/** Heads by config.json. */
export function headCounts(config: ReadonlyMap<string, unknown>): HeadCounts | undefined {
  const text = config.get('text_config'), own = text instanceof Map ? text as ReadonlyMap<string, unknown> : config;
  const query = own.get('num_attention_heads'), key = own.get('num_key_value_heads') ?? query;
  return typeof query === 'number' && typeof key === 'number' && query > 0 && key > 0 ? { query, key } : undefined;
}

/** Rows of the vocabulary by config.json. */
export function vocabularyOf(config: ReadonlyMap<string, unknown> | undefined): number | undefined {
  const text = config?.get('text_config'), rows = config?.get('vocab_size') ?? (text instanceof Map ? (text as ReadonlyMap<string, unknown>).get('vocab_size') : undefined);
  return typeof rows === 'number' ? rows : undefined;
}

/** The architecture of a base, or the refusal that it is not known. */
export function architectureOf(config: ReadonlyMap<string, unknown>): GgufArchitecture {
  const list = config.get('architectures'), all: readonly unknown[] = Array.isArray(list) ? list : [];
  return ggufArchitecture(all) ?? refuse(ARCHITECTURE_UNKNOWN, { architecture: JSON.stringify(all[0] ?? config.get('model_type') ?? null) }, { path: 'config.json' });
}

/** What an export may be told. */
export interface GgufOptions { readonly file: string; readonly dtype?: ComputeDType; readonly baseName?: string; readonly version: string }

/** The plan. */
export async function planGgufLora(adapter: Adapter, config: ReadonlyMap<string, unknown>, options: GgufOptions): Promise<BoundPlan> {
  const table = new InputTable(), architecture = architectureOf(config), heads = headCounts(config);
  await table.addCheckpoint('base', adapter.checkpoint);
  const { all, dropped } = factorsOf(adapter, GGUF, vocabularyOf(config)), findings: Finding[] = [...adapter.findings], dtype = options.dtype ?? 'F32';
  // What llama.cpp multiplies with is alpha / rank of the pair.
  const alphas = all.map(({ scale, a }) => scale * (a.shape[0] ?? 1)), alpha = Math.fround(mostCommon(alphas.map(Math.fround)));
  const folded = alphas.filter((own) => Math.fround(own) !== alpha).length;
  if (folded > 0) findings.push(finding(SCALES_FOLDED, { layout: GGUF.name, count: folded, total: all.length, scale: `alpha ${alpha}` }, { path: options.file }));
  const tied = tieFlag(config) === true;
  const tensors = all.flatMap((one, i): PlannedTensor[] => {
    const name = nameOf(one, architecture, tied), by = Math.fround(alphas[i]!) === alpha ? 1 : alphas[i]! / alpha, formula = by === 1 ? '' : `${by}·`;
    const ordered = (b: Expression) => (architecture.pairs !== true ? b : /attn_q\.weight$/.test(name) ? toPairs(b, need(heads, one).query) : /attn_k\.weight$/.test(name) ? toPairs(b, need(heads, one).key) : b);
    return [
      plannedTensor(`${name}.lora_a`, scaled(1, one.embedding ? transpose(one.a) : one.a, dtype), one.embedding ? 'Aᵀ' : 'A', [one.from.a]),
      plannedTensor(`${name}.lora_b`, scaled(by, ordered(one.b), dtype), `${formula}${ordered(one.b) === one.b ? 'B' : 'pairs(B)'}`, [one.from.b]),
    ];
  });
  const base = options.baseName, metadata: Record<string, string> = {
    'general.architecture': architecture.arch, 'general.type': 'adapter', 'adapter.type': 'lora', 'general.name': options.file.replace(/\.gguf$/, ''),
    ...(base === undefined ? {} : { 'general.base_model.count': '1', 'general.base_model.0.name': base.split('/').at(-1)!, ...(/^[\w.-]+\/[\w.-]+$/.test(base) ? { 'general.base_model.0.organization': base.split('/')[0]!, 'general.base_model.0.repo_url': `https://huggingface.co/${base}` } : {}) }),
    'adapter.lora.alpha': String(alpha), 'general.quantization_version': '2',
  };
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], findings, inputs: table.inputs.map(planInput),
      files: [{ kind: 'weights', container: 'gguf', path: options.file, metadata, tensors }],
      dropped,
    },
  };
}

function need(heads: HeadCounts | undefined, { path }: Factors): HeadCounts {
  return heads ?? refuse(LAYOUT_CANNOT, { layout: GGUF.name, tensor: path, what: { en: 'the config.json of the base states no num_attention_heads', zh: '基座的 config.json 中没有 num_attention_heads' } }, { path: 'config.json' });
}

/** Name of the adapted weight. */
function nameOf({ path, from }: Factors, { arch, noHead }: GgufArchitecture, tied: boolean): string {
  const cannot = (what: Text): never => refuse(LAYOUT_CANNOT, { layout: GGUF.name, tensor: from.a.slice('base:'.length), what }, { tensor: from.a.slice('base:'.length) });
  if (GGUF_EXPERT.test(path)) cannot({ en: 'one expert of many: GGUF holds all experts of a layer in one tensor', zh: '单个专家：GGUF 把一层的全部专家存为一个张量' });
  if (GGUF_OTHER_FILE.test(path)) cannot({ en: 'a part of a multimodal model that llama.cpp keeps in another file', zh: '属于多模态模型的另一部分，llama.cpp 将其存为单独文件' });
  const name = ggufModule(path, arch);
  if (name === undefined) return cannot({ en: `no weight of a ${arch} model is called so`, zh: `${arch} 模型中没有这样的权重` });
  if (name === 'output' && (noHead === true || tied)) cannot({ en: 'the base in GGUF has no output matrix of its own (it is tied), so llama.cpp would ignore it', zh: 'GGUF 基座没有单独的输出矩阵（与词嵌入绑定），llama.cpp 会忽略它' });
  return `${name}.weight`;
}

/** What the metadata of a file says of its adapter. */
export interface GgufFacts { readonly arch: string; readonly alpha: number | undefined; readonly base: string | undefined }

/** The facts of an opened file; undefined when it is no LoRA adapter. */
export function ggufFacts({ files }: Checkpoint): GgufFacts | undefined {
  const metadata = files[0]?.metadata, alpha = metadata?.get('adapter.lora.alpha');
  if (files[0]?.format !== 'gguf' || metadata?.get('adapter.type') !== 'lora') return undefined;
  const url = metadata.get('general.base_model.0.repo_url')?.replace(/^https:\/\/huggingface\.co\//, '');
  return { arch: metadata.get('general.architecture') ?? '', alpha: alpha === undefined || Number(alpha) === 0 ? undefined : Number(alpha), base: url ?? metadata.get('general.base_model.0.name') };
}
