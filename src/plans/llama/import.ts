/**
 * @module
 * The plan of an import: slices in Meta's layout in, one model of transformers out. Slices are laid end to end along the
 * axis that each tensor was cut on; rows of q and k go from pairs to halves; buffers that every loader computes are left out.
 */
import { readBytes, type Folder } from '../../bytes/index.ts';
import { readValues } from '../../checkpoints/index.ts';
import type { Checkpoint, CheckpointTensor } from '../../checkpoints/checkpoint.ts';
import { readJson } from '../../containers/json.ts';
import { PTH_LAYER, PTH_ROOT, ROTARY_BUFFER, type PthTensor } from '../../families/index.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { cast, concat, DTYPES, isComputeDType, rebind, sameShape, type ComputeDType, type Expression } from '../../tensors/index.ts';
import { layOutFresh, plannedTensor } from '../fresh.ts';
import { InputTable, planInput } from '../inputs.ts';
import type { BoundPlan } from '../merge.ts';
import type { PlannedFile, PlannedTensor, WeightsFile } from '../plan.ts';
import { NO_SENTENCEPIECE, PTH_MISSING, PTH_SHARDS_DIFFER, PTH_SIZES, PTH_UNKNOWN } from './codes.ts';
import { configTexts, readParams, type LlamaParams } from './params.ts';
import { toHalves } from './rotary.ts';

/** What an import may be told. */
export interface ImportOptions { readonly dtype?: ComputeDType; readonly maxShardBytes?: number; readonly container?: WeightsFile['container']; readonly version: string }

const COPIED: Text = { en: 'of the input, unchanged', zh: '来自输入，未改动' };
const MADE: Text = { en: 'made from params.json and the weights', zh: '由 params.json 与权重生成' };

/** The plan. `slices` are the files in order, each opened on its own. */
export async function planLlamaImport(folder: Folder, slices: readonly Checkpoint[], options: ImportOptions): Promise<BoundPlan> {
  const table = new InputTable(), findings: Finding[] = slices.flatMap((slice) => [...slice.findings]);
  const firsts: number[] = [];
  for (const slice of slices) firsts.push(await table.addCheckpoint('base', slice));
  const params = await paramsOf(folder);
  const dropped = [...slices[0]!.tensors.keys()].filter((name) => ROTARY_BUFFER.test(name));
  const { found, missing } = tensorsOf(slices, params);
  const joined = new Map<string, { expression: Expression; from: string }>();
  for (const [name, { rule, own, hf }] of found) joined.set(hf, { expression: await join(name, rule, own, slices, firsts, params), from: `base:${name}` });
  if (missing.length > 0) refuse(PTH_MISSING, { tensor: missing[0]!, count: missing.length }, { path: slices[0]!.files[0]!.path, tensor: missing[0]! });
  const sizes = sizesOf(joined, params);
  const head = joined.get('lm_head.weight'), tied = head === undefined || await isTied(slices, params.dim);
  if (tied) joined.delete('lm_head.weight');

  const tensors: PlannedTensor[] = [...joined].map(([hf, { expression, from }]) => {
    const { heads, axis } = found.get(from.slice('base:'.length))!.rule;
    const ordered = heads === undefined ? expression : toHalves(expression, heads === 'query' ? params.heads : sizes.kvHeads);
    const typed = options.dtype !== undefined && isComputeDType(ordered.dtype) ? cast(options.dtype, ordered) : ordered;
    const formula = `${heads === undefined ? '' : 'halves('}${axis === null || slices.length === 1 ? 'W' : `concat(W₀ … W${slices.length - 1})`}${heads === undefined ? '' : ')'}`;
    return plannedTensor(hf, typed, formula, [from]);
  });
  const dtype = tensors.find(({ name }) => name === 'model.embed_tokens.weight')!.dtype;
  const texts = configTexts(params, { ...sizes, tied, dtype: DTYPES[dtype].torch ?? 'float16' });
  findings.push(...texts.findings);
  const files: PlannedFile[] = [
    ...layOutFresh(tensors, { stem: 'model', ...(options.container === undefined ? {} : { container: options.container }), ...(options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes }) }),
    { kind: 'text', path: 'config.json', text: texts.config, why: MADE }, { kind: 'text', path: 'generation_config.json', text: texts.generation, why: MADE },
    ...await tokenizerFiles(folder, table, findings),
  ];
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files, findings, inputs: table.inputs.map(planInput),
      dropped: [
        ...dropped.map((name) => ({ name, why: { en: 'loaders compute rotary embeddings themselves', zh: '加载器会自行计算旋转位置编码' } })),
        ...(tied && head !== undefined ? [{ name: 'output.weight', why: { en: 'equal to tok_embeddings.weight: config.json ties the two', zh: '与 tok_embeddings.weight 相等：由 config.json 绑定' } }] : []),
      ],
    },
  };
}

async function paramsOf(folder: Folder): Promise<LlamaParams> {
  const source = await folder.open('params.json');
  try {
    return readParams((await readJson(source, { python: true })).value, 'params.json');
  } finally {
    await source.close();
  }
}

interface Found { readonly rule: PthTensor; readonly hf: string; readonly own: readonly CheckpointTensor[] }

const LAYER = /^layers\.(\d+)\.(.+)$/;

function ruleOf(name: string): PthTensor | undefined {
  const [, , rest] = LAYER.exec(name) ?? [];
  const table = rest === undefined ? PTH_ROOT : PTH_LAYER, key = rest ?? name;
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Every tensor with its slices, and what params.json promises and no file has. */
function tensorsOf(slices: readonly Checkpoint[], params: LlamaParams): { found: Map<string, Found>; missing: string[] } {
  const found = new Map<string, Found>();
  for (const [i, slice] of slices.entries()) {
    const path = slice.files[0]!.path;
    for (const name of slice.tensors.keys()) {
      if (ROTARY_BUFFER.test(name)) continue;
      const rule = ruleOf(name), layer = LAYER.exec(name)?.[1];
      if (rule === undefined || (layer !== undefined && Number(layer) >= params.layers)) refuse(PTH_UNKNOWN, { tensor: name }, { path, tensor: name });
      const own = slices.map((other) => other.tensors.get(name)), absent = own.indexOf(undefined);
      if (absent >= 0) differ(name, slices[absent]!.files[0]!.path, { en: `${path} has it, ${slices[absent]!.files[0]!.path} does not`, zh: `${path} 中有，${slices[absent]!.files[0]!.path} 中没有` });
      if (i === 0) found.set(name, { rule, hf: layer === undefined ? rule.hf : `model.layers.${layer}.${rule.hf}`, own: own as CheckpointTensor[] });
    }
  }
  const wanted = [...Object.keys(PTH_ROOT).filter((name) => name !== 'output.weight'), ...Array.from({ length: params.layers }, (_, layer) => Object.keys(PTH_LAYER).map((name) => `layers.${layer}.${name}`)).flat()];
  return { found, missing: wanted.filter((name) => !found.has(name)) };
}

function differ(tensor: string, path: string, problem: Text): never {
  return refuse(PTH_SHARDS_DIFFER, { tensor, problem }, { path, tensor });
}

/** The slices of a tensor laid end to end. */
async function join(name: string, rule: PthTensor, own: readonly CheckpointTensor[], slices: readonly Checkpoint[], firsts: readonly number[], params: LlamaParams): Promise<Expression> {
  const [first] = own as [CheckpointTensor], parts = own.map((tensor, i) => rebind(tensor.expression, () => firsts[i]!));
  const path = (i: number) => slices[i]!.files[0]!.path, other = own.findIndex((tensor) => tensor.dtype !== first.dtype);
  if (other > 0) differ(name, path(other), { en: `it is ${first.dtype} in ${path(0)} and ${own[other]!.dtype} in ${path(other)}`, zh: `在 ${path(0)} 中为 ${first.dtype}，在 ${path(other)} 中为 ${own[other]!.dtype}` });
  if (rule.axis === null) {
    const bytes = await readValues(slices[0]!, first);
    for (const [i, tensor] of own.entries()) {
      const twin = i === 0 ? bytes : await readValues(slices[i]!, tensor);
      if (!sameShape(tensor.shape, first.shape) || !twin.every((byte, at) => byte === bytes[at])) differ(name, path(i), { en: `${path(0)} and ${path(i)} hold different values for it`, zh: `${path(0)} 与 ${path(i)} 中的数值不同` });
    }
    return parts[0]!;
  }
  if (own.length === 1) return parts[0]!;
  // Llama 3 cut its embedding by rows.
  const axis = name === 'tok_embeddings.weight' && first.shape[1] === params.dim ? 0 : rule.axis;
  const wrong = own.findIndex((tensor) => tensor.shape.length !== 2 || tensor.shape[1 - axis] !== first.shape[1 - axis]);
  if (wrong >= 0) differ(name, path(wrong), { en: `it is [${own[wrong]!.shape}] there and [${first.shape}] in ${path(0)}`, zh: `在该文件中为 [${own[wrong]!.shape}]，在 ${path(0)} 中为 [${first.shape}]` });
  return concat(axis, parts);
}

/** Vocabulary, feed-forward width and key heads, which the weights tell; everything else must agree with params.json. */
function sizesOf(joined: ReadonlyMap<string, { expression: Expression; from: string }>, params: LlamaParams): { vocabulary: number; ffn: number; kvHeads: number } {
  const { dim, heads } = params, side = dim / heads, rows = (name: string) => joined.get(name)!.expression.shape[0] ?? 0;
  const vocabulary = rows('model.embed_tokens.weight'), ffn = rows('model.layers.0.mlp.gate_proj.weight');
  const kvHeads = params.kvHeads ?? rows('model.layers.0.self_attn.k_proj.weight') / side;
  for (const [hf, { expression, from }] of joined) {
    const wanted = /norm\.weight$/.test(hf) ? [dim] : /(?:embed_tokens|lm_head)\.weight$/.test(hf) ? [vocabulary, dim]
      : /(?:q|o)_proj\.weight$/.test(hf) ? [dim, dim] : /(?:k|v)_proj\.weight$/.test(hf) ? [kvHeads * side, dim] : /down_proj\.weight$/.test(hf) ? [dim, ffn] : [ffn, dim];
    const tensor = from.slice('base:'.length);
    if (!sameShape(expression.shape, wanted) || !Number.isInteger(kvHeads)) refuse(PTH_SIZES, { tensor, shape: expression.shape.join(', '), wanted: wanted.join(', ') }, { path: 'params.json', tensor, found: `[${expression.shape}]`, expected: `[${wanted}]` });
  }
  return { vocabulary, ffn, kvHeads };
}

/** Bytes of the head compared at a time: two untied matrices part in the first block. */
const BLOCK_BYTES = 1 << 20;

/** Whether the head holds the same values as the embedding, however the two were cut. Stops at the first that differs. */
async function isTied(slices: readonly Checkpoint[], dim: number): Promise<boolean> {
  const embeddings = slices.map((slice) => slice.tensors.get('tok_embeddings.weight')!);
  const byRows = embeddings[0]!.shape[1] === dim;
  let row = 0;
  for (const [i, slice] of slices.entries()) {
    const head = slice.tensors.get('output.weight')!, count = head.shape[0] ?? 0, size = head.bytes / (count * dim);
    if (head.dtype !== embeddings[0]!.dtype || (byRows && !sameShape(head.shape, embeddings[i]!.shape))) return false;
    const step = Math.max(1, Math.floor(BLOCK_BYTES / (dim * size)));
    for (let at = 0; at < count; at += step) {
      const some = Math.min(step, count - at), bytes = await readRows(slice, head, at, some);
      const parts = byRows ? [await readRows(slice, embeddings[i]!, at, some)] : await Promise.all(slices.map((other, j) => readRows(other, embeddings[j]!, row + at, some)));
      if (!interleaved(bytes, parts, some)) return false;
    }
    row += count;
  }
  return true;
}

/** Whether the rows of `whole` are the rows of `parts`, side by side. */
function interleaved(whole: Uint8Array, parts: readonly Uint8Array[], rows: number): boolean {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      const width = part.length / rows;
      for (let i = row * width; i < (row + 1) * width; i++) if (whole[at++] !== part[i]) return false;
    }
  }
  return at === whole.length;
}

async function readRows(slice: Checkpoint, tensor: CheckpointTensor, from: number, count: number): Promise<Uint8Array> {
  const width = tensor.bytes / (tensor.shape[0] || 1);
  if (tensor.expression.op === 'stored') return readBytes(slice.files[tensor.file]!.source, tensor.expression.offset + from * width, count * width);
  return (await readValues(slice, tensor)).subarray(from * width, (from + count) * width);
}

/** First bytes of a tiktoken vocabulary, which is text; a SentencePiece model is binary. */
const TIKTOKEN_HEAD = /^[A-Za-z0-9+/=]+ \d+\r?\n/;

/** How transformers is to use a SentencePiece vocabulary of LLaMA. */
const TOKENIZER_CONFIG = `{
  "add_bos_token": true,
  "add_eos_token": false,
  "bos_token": "<s>",
  "clean_up_tokenization_spaces": false,
  "eos_token": "</s>",
  "legacy": true,
  "model_max_length": 1000000000000000019884624838656,
  "pad_token": null,
  "sp_model_kwargs": {},
  "tokenizer_class": "LlamaTokenizer",
  "unk_token": "<unk>"
}
`;

/** Files of the tokenizer that may lie there beside tokenizer.model. */
const TOKENIZER_FILES: readonly string[] = ['tokenizer.model', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'chat_template.jinja'];

async function tokenizerFiles(folder: Folder, table: InputTable, findings: Finding[]): Promise<PlannedFile[]> {
  const there = (await folder.list()).filter((entry) => entry.kind === 'file' && entry.unusable === undefined && TOKENIZER_FILES.includes(entry.path)), files: PlannedFile[] = [];
  for (const { path, modifiedMs } of there) files.push({ kind: 'copy', path, input: await table.addFile('base', folder, path, modifiedMs), why: COPIED });
  const has = (name: string) => there.some(({ path }) => path === name);
  if (!has('tokenizer.model') && !has('tokenizer.json')) findings.push(finding(NO_SENTENCEPIECE, {}, { path: '.' }));
  if (has('tokenizer.model') && !has('tokenizer_config.json') && !await isTiktoken(folder)) {
    files.push({ kind: 'text', path: 'tokenizer_config.json', text: TOKENIZER_CONFIG, why: { en: 'how LLaMA uses its SentencePiece vocabulary', zh: 'LLaMA 使用其 SentencePiece 词表的方式' } });
  }
  return files;
}

async function isTiktoken(folder: Folder): Promise<boolean> {
  const source = await folder.open('tokenizer.model');
  try {
    return TIKTOKEN_HEAD.test(new TextDecoder('latin1').decode(await readBytes(source, 0, Math.min(64, source.size))));
  } finally {
    await source.close();
  }
}
