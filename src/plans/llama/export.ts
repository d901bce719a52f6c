/**
 * @module
 * The plan of an export: a LLaMA model of transformers in, slices in Meta's layout out. The inverse of the import, cut
 * into as many slices as asked for; the remainder of a vocabulary goes to the last one.
 */
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { findQuantization, PTH_LAYER, PTH_ROOT, ROTARY_BUFFER, tieFlag, usualShards, type PthTensor } from '../../families/index.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { cast, isComputeDType, rebind, sameShape, slice, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { plannedTensor } from '../fresh.ts';
import { InputTable, planInput } from '../inputs.ts';
import type { BoundPlan } from '../merge.ts';
import { readConfig } from '../read-config.ts';
import type { PlannedFile, PlannedTensor } from '../plan.ts';
import { NO_SENTENCEPIECE, PTH_CANNOT, PTH_MISSING, PTH_SIZES, PTH_UNEVEN, PTH_UNKNOWN } from './codes.ts';
import { paramsText } from './params.ts';
import { toPairs } from './rotary.ts';

/** What an export may be told. */
export interface ExportOptions { readonly shards?: number; readonly dtype?: ComputeDType; readonly version: string }

/** What the configuration says of the model. */
interface Sizes {
  readonly dim: number; readonly heads: number; readonly kvHeads: number; readonly layers: number; readonly ffn: number; readonly vocabulary: number;
  readonly normEps: number; readonly ropeTheta: number; readonly scaledRope: boolean; readonly tied: boolean;
}

/** Rows of a vocabulary need not divide; everything else does. */
const UNEVEN: Readonly<Record<string, Text>> = {
  heads: { en: 'attention heads', zh: '注意力头' }, kvHeads: { en: 'key and value heads', zh: '键值头' }, ffn: { en: 'columns of the feed-forward layers', zh: '前馈层的列' }, dim: { en: 'columns of the embedding', zh: '词嵌入的列' },
};

/** The plan. */
export async function planLlamaExport(base: Checkpoint, options: ExportOptions): Promise<BoundPlan> {
  const table = new InputTable(), findings: Finding[] = [...base.findings];
  await table.addCheckpoint('base', base);
  const config = await readConfig(base), sizes = sizesOf(base, config?.fields), shards = options.shards ?? usualShards(sizes.dim, sizes.layers);
  for (const what of ['heads', 'kvHeads', 'ffn', 'dim'] as const) if (sizes[what] % shards !== 0) refuse(PTH_UNEVEN, { shards, count: sizes[what], what: UNEVEN[what]! }, { path: 'config.json', found: shards });
  const whole = wholeTensors(base, sizes), dropped = [...base.tensors.keys()].filter((name) => ROTARY_BUFFER.test(name));
  const files: PlannedFile[] = Array.from({ length: shards }, (_, i) => ({
    kind: 'weights', container: 'torch-zip', path: `consolidated.${String(i).padStart(2, '0')}.pth`, metadata: {},
    tensors: whole.map(({ name, rule, expression, hf, why }): PlannedTensor => {
      const typed = options.dtype !== undefined && isComputeDType(expression.dtype) ? cast(options.dtype, expression) : expression;
      const formula = `${rule.axis === null || shards === 1 ? '' : `slice ${i} of ${shards}: `}${rule.heads === undefined ? 'W' : 'pairs(W)'}`;
      return plannedTensor(name, part(rule, typed, i, shards), formula, [`base:${hf}`], why);
    }),
  }));
  files.push({ kind: 'text', path: 'params.json', text: paramsText(sizes), why: { en: 'made from config.json', zh: '由 config.json 生成' } });
  const vocabulary = (await base.folder.list()).find((entry) => entry.path === 'tokenizer.model' && entry.kind === 'file' && entry.unusable === undefined);
  if (vocabulary === undefined) findings.push(finding(NO_SENTENCEPIECE, {}, { path: '.' }));
  else files.push({ kind: 'copy', path: 'tokenizer.model', input: await table.addFile('base', base.folder, 'tokenizer.model', vocabulary.modifiedMs), why: { en: 'of the input, unchanged', zh: '来自输入，未改动' } });
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files, findings, inputs: table.inputs.map(planInput),
      dropped: dropped.map((name) => ({ name, why: { en: 'loaders compute rotary embeddings themselves', zh: '加载器会自行计算旋转位置编码' } })),
    },
  };
}

/** Slice `i` of `shards` of a tensor; the last one takes what is left. */
function part({ axis }: PthTensor, of: Expression, i: number, shards: number): Expression {
  if (axis === null || shards === 1) return of;
  const side = of.shape[axis]!, step = Math.floor(side / shards);
  return slice(axis, i * step, i === shards - 1 ? side : (i + 1) * step, of);
}

interface Whole { readonly name: string; readonly rule: PthTensor; readonly expression: Expression; readonly hf: string; readonly why?: Text }

/** Every tensor of the result before it is cut, with the shapes that the configuration promises. */
function wholeTensors(base: Checkpoint, sizes: Sizes): Whole[] {
  const { dim, heads, kvHeads, ffn, vocabulary, layers } = sizes, side = dim / heads, used = new Set<string>(), missing: string[] = [];
  const path = base.files[0]?.path ?? '.';
  const shape = (hf: string): readonly number[] => (/norm\.weight$/.test(hf) ? [dim] : /(?:embed_tokens|lm_head)\.weight$/.test(hf) ? [vocabulary, dim]
    : /[qo]_proj\.weight$/.test(hf) ? [dim, dim] : /[kv]_proj\.weight$/.test(hf) ? [kvHeads * side, dim] : /down_proj\.weight$/.test(hf) ? [dim, ffn] : [ffn, dim]);
  const one = (name: string, rule: PthTensor, hf: string): Whole[] => {
    const from = hf === 'lm_head.weight' && sizes.tied ? 'model.embed_tokens.weight' : hf, tensor = base.tensors.get(from);
    // A tied model may store its head all the same.
    used.add(hf);
    if (tensor === undefined) { missing.push(from); return []; }
    if (!sameShape(tensor.shape, shape(hf))) refuse(PTH_SIZES, { tensor: from, shape: tensor.shape.join(', '), wanted: shape(hf).join(', ') }, { path: 'config.json', tensor: from, found: `[${tensor.shape}]`, expected: `[${shape(hf)}]` });
    const own = rebind(tensor.expression, () => tensor.file), ordered = rule.heads === undefined ? own : toPairs(own, rule.heads === 'query' ? heads : kvHeads);
    return [{ name, rule, expression: ordered, hf: from, ...(from === hf ? {} : { why: { en: 'a copy of the embedding that it is tied to', zh: '与其绑定的词嵌入的副本' } }) }];
  };
  const whole = [
    ...one('tok_embeddings.weight', PTH_ROOT['tok_embeddings.weight']!, 'model.embed_tokens.weight'),
    ...Array.from({ length: layers }, (_, layer) => Object.entries(PTH_LAYER).flatMap(([name, rule]) => one(`layers.${layer}.${name}`, rule, `model.layers.${layer}.${rule.hf}`))).flat(),
    ...one('norm.weight', PTH_ROOT['norm.weight']!, 'model.norm.weight'), ...one('output.weight', PTH_ROOT['output.weight']!, 'lm_head.weight'),
  ];
  const unknown = [...base.tensors.keys()].find((name) => !used.has(name) && !ROTARY_BUFFER.test(name));
  if (unknown !== undefined) refuse(PTH_UNKNOWN, { tensor: unknown }, { path: base.files[base.tensors.get(unknown)!.file]!.path, tensor: unknown });
  if (missing.length > 0) refuse(PTH_MISSING, { tensor: missing[0]!, count: missing.length }, { path, tensor: missing[0]! });
  return whole;
}

/** Options of config.json that Meta's code has no word for, with the value that changes nothing. */
const PLAIN: readonly (readonly [field: string, harmless: (value: unknown) => boolean])[] = [
  ['attention_bias', (value) => value === false], ['mlp_bias', (value) => value === false], ['hidden_act', (value) => value === 'silu'], ['partial_rotary_factor', (value) => value === 1],
  ['sliding_window', (value) => value === null], ['quantization_config', (value) => value === null],
];

function sizesOf(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): Sizes {
  const cannot = (en: string, zh: string): never => refuse(PTH_CANNOT, { what: { en, zh } }, { path: 'config.json' });
  if (config === undefined) return cannot('there is no config.json', '没有 config.json');
  const type = config.get('model_type');
  if (type !== 'llama') cannot(`model_type is ${JSON.stringify(type)}, not llama`, `model_type 是 ${JSON.stringify(type)}，不是 llama`);
  const quantized = findQuantization(base.tensors.keys(), config);
  if (quantized !== undefined) cannot(`it is quantised (${quantized.method})`, `它已量化（${quantized.method}）`);
  for (const [field, harmless] of PLAIN) {
    const value = config.get(field);
    if (value !== undefined && value !== null && !harmless(value)) cannot(`${field} is ${JSON.stringify(value)}`, `${field} 为 ${JSON.stringify(value)}`);
  }
  const number = (field: string, fallback?: number): number => {
    const value = config.get(field) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : cannot(`${field} is ${JSON.stringify(value ?? null)}`, `${field} 为 ${JSON.stringify(value ?? null)}`);
  };
  const dim = number('hidden_size'), heads = number('num_attention_heads'), headDim = number('head_dim', dim / heads);
  if (headDim * heads !== dim) cannot(`head_dim ${headDim} times ${heads} heads is not hidden_size ${dim}`, `head_dim ${headDim} 乘以 ${heads} 个头不等于 hidden_size ${dim}`);
  const rope = ropeOf(config, cannot), normEps = number('rms_norm_eps', 1e-6);
  return {
    dim, heads, kvHeads: number('num_key_value_heads', heads), layers: number('num_hidden_layers'), ffn: number('intermediate_size'), vocabulary: number('vocab_size'), normEps, ...rope,
    tied: tieFlag(config) === true || (tieFlag(config) === undefined && !base.tensors.has('lm_head.weight')),
  };
}

/** The base of the rotary embeddings and whether they are stretched as in Llama 3.1; any other stretching is refused. */
function ropeOf(config: ReadonlyMap<string, unknown>, cannot: (en: string, zh: string) => never): { ropeTheta: number; scaledRope: boolean } {
  const parameters = config.get('rope_parameters'), scaling = config.get('rope_scaling') ?? parameters;
  const fields = scaling instanceof Map ? scaling as ReadonlyMap<string, unknown> : new Map<string, unknown>();
  const theta = (parameters instanceof Map ? parameters.get('rope_theta') : undefined) ?? config.get('rope_theta') ?? 10_000;
  const type = fields.get('rope_type') ?? fields.get('type') ?? 'default';
  if (typeof theta !== 'number') return cannot(`rope_theta is ${JSON.stringify(theta)}`, `rope_theta 为 ${JSON.stringify(theta)}`);
  if (type !== 'default' && type !== 'llama3') cannot(`rope_scaling is ${JSON.stringify(type)}`, `rope_scaling 为 ${JSON.stringify(type)}`);
  return { ropeTheta: theta, scaledRope: type === 'llama3' };
}
