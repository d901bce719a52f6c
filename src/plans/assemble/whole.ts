/**
 * @module
 * The parts of a LLaVA model as one checkpoint: LLaVA's own layout (`official`), or that of transformers (`huggingface`,
 * `LlavaForConditionalGeneration`), which wants a token `<image>` in the vocabulary.
 */
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import { JSON_BYTES_MAX, parseJson, readJsonBytes } from '../../containers/json.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { add, cast, concat, constant, matmul, stage, type Expression } from '../../tensors/index.ts';
import { editConfig, type ConfigChange } from '../config.ts';
import { layOutFresh } from '../fresh.ts';
import type { BoundPlan } from '../merge.ts';
import type { Dropped, PlannedFile, PlannedStage, PlannedTensor, WeightsFile } from '../plan.ts';
import { FORMAT_CANNOT, NEEDS_BASES } from '../states/codes.ts';
import { WHOLE_NAMES, type WholeFormat } from '../states/whole-names.ts';
import { TOKENS_ADDED } from './codes.ts';

/** What is known of the tokenizer that is written along. */
export interface TokenizerFacts { readonly entries: number; readonly image?: number }

/** How to put them together. */
export interface WholeOptions {
  readonly format: WholeFormat;
  /** Name of the tree, for messages. */
  readonly label: string;
  readonly tokenizer?: TokenizerFacts;
  /** What the vision tower is called where it is not written: a hub id or a path. */
  readonly visionTower: string;
  /** Whether the vision tower was trained, so that it is part of the result even where the layout leaves a frozen one out. */
  readonly visionTrained: boolean;
  readonly maxShardBytes?: number;
}

/** Parts by the folder of their files in the plan. */
const PARTS: ReadonlyMap<string, 'llm' | 'visual_encoder' | 'projector'> = new Map([['', 'llm'], ['visual_encoder/', 'visual_encoder'], ['projector/', 'projector']]);

/** The other half of CLIP, which no vision tower has. */
const TEXT_HALF = /^(?:text_model\.|text_projection\.|visual_projection\.|logit_scale$)/;

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The plan of one model out of the plan of its parts. */
export async function inOneModel(bound: BoundPlan, options: WholeOptions): Promise<BoundPlan> {
  const { plan } = bound, { format, label } = options, cannot = (en: string, zh: string): never => refuse(FORMAT_CANNOT, { format, problem: { en, zh } }, { path: '.' });
  const stray = plan.files.find((file) => file.kind === 'weights' && !PARTS.has(folderOf(file.path)));
  if (stray !== undefined) refuse(NEEDS_BASES, { format, part: folderOf(stray.path).slice(0, -1), file: label }, { path: stray.path });
  const parts = new Map([...PARTS].map(([folder, part]) => [part, plan.files.filter((file): file is WeightsFile => file.kind === 'weights' && folderOf(file.path) === folder).flatMap(({ tensors }) => tensors)]));
  const config = async (folder: string) => textOf(bound, plan.files.find(({ path }) => path === `${folder}config.json`));
  const llm = await config(''), vision = visionConfig(await config('visual_encoder/'));
  if (parts.get('llm')!.length === 0 || llm === undefined) cannot('the language model is not there; give it with --base llm=PATH', '缺少语言模型；请用 --base llm=路径 给出');
  if (parts.get('projector')!.length === 0) cannot('there is no projector', '没有投影器');
  if (format === 'huggingface' && (parts.get('visual_encoder')!.length === 0 || vision === undefined)) cannot('the vision tower is not there; give it with --base visual_encoder=PATH', '缺少视觉塔；请用 --base visual_encoder=路径 给出');
  const stages: PlannedStage[] = [...plan.stages], dropped: Dropped[] = [...plan.dropped], findings: Finding[] = [...plan.findings], made: PlannedFile[] = [];
  const grown = format === 'huggingface' ? growth(parts.get('llm')!, options.tokenizer, cannot) : undefined, tensors: PlannedTensor[] = [];
  for (const [part, own] of parts) {
    if (part === 'visual_encoder' && format === 'official' && !options.visionTrained) continue;
    for (const tensor of own) {
      const name = part === 'visual_encoder' && TEXT_HALF.test(tensor.name) ? null : WHOLE_NAMES[format](part, tensor.name);
      if (name === undefined) cannot(`${tensor.name} has no name there`, `${tensor.name} 在其中没有名称`);
      else if (name === null) dropped.push({ name: tensor.name, why: { en: 'no part of this model', zh: '不属于该模型' } });
      else tensors.push({ ...(grown !== undefined && isVocabulary(tensor) ? withRows(tensor, grown.rows, stages) : tensor), name, ...(name === tensor.name ? {} : { renamedFrom: tensor.name }) });
    }
  }
  const others = plan.files.filter((file) => file.kind !== 'weights' && folderOf(file.path) === '' && file.path !== 'config.json' && !file.path.endsWith('.index.json'));
  const processor = plan.files.find(({ path }) => path === 'visual_encoder/preprocessor_config.json');
  if (processor !== undefined) made.push({ ...processor, path: 'preprocessor_config.json' });
  const projector = parts.get('projector')!, depth = projector.filter(({ shape }) => shape.length === 2).length, visualSize = projector.find(({ shape }) => shape.length === 2)!.shape[1]!;
  made.push({ kind: 'text', path: 'config.json', text: format === 'official' ? officialConfig(llm!, depth, visualSize, options) : transformersConfig(llm!, vision!, grown!), why: { en: 'of the parts, as one model', zh: '由各部分合成一个模型' } });
  if (grown?.added === true) {
    findings.push(finding(TOKENS_ADDED, { image: grown.image, pad: grown.pad, rows: grown.rows }, { path: 'config.json' }));
    for (const file of others) made.push(await withTokens(bound, file, grown));
    if (!others.some(({ path }) => path === 'tokenizer.json' || path === 'tokenizer_config.json')) made.push({ kind: 'text', path: 'added_tokens.json', text: `${JSON.stringify({ '<image>': grown.image, '<pad>': grown.pad }, null, 2)}\n`, why: ADDED });
  } else made.push(...others);
  if (format === 'huggingface') {
    const patch = (JSON.parse(vision!) as Record<string, unknown>)['patch_size'];
    made.push({ kind: 'text', path: 'processor_config.json', text: `${JSON.stringify({ image_token: '<image>', num_additional_image_tokens: 1, patch_size: patch ?? null, processor_class: 'LlavaProcessor', vision_feature_select_strategy: 'default' }, null, 2)}\n`, why: { en: 'how LLaVA takes the features', zh: 'LLaVA 取特征的方式' } });
  }
  return { ...bound, plan: { ...plan, stages, dropped, findings, files: [...layOutFresh(tensors, { stem: 'model', ...(options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes }) }), ...made] } };
}

const ADDED: Text = { en: 'with the tokens <image> and <pad>', zh: '加入了 <image> 和 <pad>' };

const isVocabulary = ({ name }: PlannedTensor): boolean => name === 'model.embed_tokens.weight' || name === 'lm_head.weight';

/** Ids of the tokens, and rows of the vocabulary after them. */
interface Growth { readonly image: number; readonly pad: number; readonly rows: number; readonly added: boolean }

/** Rows come in multiples of this, as in XTuner. */
const ROWS_MULTIPLE = 64;

function growth(llm: readonly PlannedTensor[], tokenizer: TokenizerFacts | undefined, cannot: (en: string, zh: string) => never): Growth {
  const rows = llm.find(({ name }) => name === 'model.embed_tokens.weight')?.shape[0] ?? cannot('the language model has no model.embed_tokens.weight', '语言模型没有 model.embed_tokens.weight');
  if (tokenizer === undefined) return cannot('there is no tokenizer to put <image> into', '没有可加入 <image> 的分词器');
  const { entries, image } = tokenizer;
  if (image !== undefined && image < rows) return { image, pad: image, rows, added: false };
  const needed = entries + 2;
  return { image: entries, pad: entries + 1, rows: needed <= rows ? rows : Math.ceil(needed / ROWS_MULTIPLE) * ROWS_MULTIPLE, added: true };
}

/** A matrix with rows up to `rows`: each the mean of those there are. XTuner draws them around it; features of the image replace the one, the other is masked. */
function withRows(tensor: PlannedTensor, rows: number, stages: PlannedStage[]): PlannedTensor {
  const [count = 0, width = 0] = tensor.shape, more = rows - count;
  if (more <= 0) return tensor;
  const mean = matmul(constant([1, count], new Array<number>(count).fill(1 / count)), tensor.expression), index = stages.length;
  stages.push({ shape: mean.shape, expression: mean, why: { en: `mean of the rows of ${tensor.name}`, zh: `${tensor.name} 各行的平均` } });
  const filled: Expression = cast(tensor.dtype, add(constant([more, 1], new Array<number>(more).fill(0)), stage(index, 'F64', [1, width])));
  const expression = concat(0, [tensor.expression, filled]);
  return { ...tensor, expression, shape: expression.shape, action: 'computed', formula: `${tensor.formula}, then ${more} × mean` };
}

/** Text of a JSON file of the plan. */
async function textOf({ inputs }: BoundPlan, file: PlannedFile | undefined): Promise<string | undefined> {
  if (file === undefined || file.kind === 'weights') return undefined;
  if (file.kind === 'text') return file.text;
  const { folder, path } = inputs[file.input]!, source = await folder.open(path);
  try {
    const bytes = await readJsonBytes(source, JSON_BYTES_MAX);
    parseJson(bytes, path, { python: true });
    return new TextDecoder().decode(bytes);
  } finally {
    await source.close();
  }
}

/** The vision half of a CLIP config, or the config of a vision model itself. As text: `1.0` is no `1` to transformers 5. */
function visionConfig(text: string | undefined): string | undefined {
  const tree = text === undefined ? undefined : parseTree(text), nested = tree === undefined ? undefined : findNodeAtLocation(tree, ['vision_config']);
  if (nested?.type !== 'object') return text;
  const own = text!.slice(nested.offset, nested.offset + nested.length);
  return findNodeAtLocation(nested, ['model_type']) === undefined ? editConfig(own, [{ path: ['model_type'], value: 'clip_vision_model' }]) : own;
}

/** What LLaVA's code reads: the language model's config with fields of its own. */
function officialConfig(llm: string, depth: number, visualSize: number, { visionTower, visionTrained }: WholeOptions): string {
  const fields = {
    architectures: ['LlavaLlamaForCausalLM'], model_type: 'llava', mm_hidden_size: visualSize, mm_projector_type: `mlp${depth}x_gelu`, mm_vision_select_feature: 'patch', mm_vision_select_layer: -2,
    mm_vision_tower: visionTower, image_aspect_ratio: 'pad', mm_use_im_patch_token: false, mm_use_im_start_end: false, unfreeze_mm_vision_tower: visionTrained, use_mm_proj: true,
  };
  return editConfig(llm, Object.entries(fields).map(([key, value]) => ({ path: [key], value })));
}

function transformersConfig(llm: string, vision: string, { image, pad, rows, added }: Growth): string {
  const fields = JSON.parse(llm) as Record<string, unknown>, dtype = fields['torch_dtype'] ?? fields['dtype'];
  const language = editConfig(llm, [{ path: ['vocab_size'], value: rows }, ...(added ? [{ path: ['pad_token_id'], value: pad }] : [])]);
  const members: readonly (readonly [string, string])[] = [
    ['architectures', '["LlavaForConditionalGeneration"]'], ['ignore_index', '-100'], ['image_token_index', String(image)], ['model_type', '"llava"'], ...(added ? [['pad_token_id', String(pad)] as const] : []),
    ['projector_hidden_act', '"gelu"'], ['text_config', inner(language)], ['tie_word_embeddings', String(fields['tie_word_embeddings'] === true)], ...(typeof dtype === 'string' ? [['torch_dtype', JSON.stringify(dtype)] as const] : []),
    ['vision_config', inner(vision)], ['vision_feature_layer', '-2'], ['vision_feature_select_strategy', '"default"'],
  ];
  return `{\n${members.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`;
}

/** A document as a member of another. */
const inner = (text: string): string => text.trim().replaceAll('\n', '\n  ');

/** A file of the tokenizer with both tokens; any other file as it is. */
async function withTokens(bound: BoundPlan, file: PlannedFile, { image, pad }: Growth): Promise<PlannedFile> {
  const tokens: readonly (readonly [string, number])[] = [['<image>', image], ['<pad>', pad]], flags = { lstrip: false, normalized: false, rstrip: false, single_word: false, special: true };
  const changes = (): ConfigChange[] => {
    switch (file.path) {
      case 'tokenizer.json': return tokens.map(([content, id]) => ({ path: ['added_tokens', -1], value: { id, content, ...flags } }));
      case 'tokenizer_config.json': return [...tokens.map(([content, id]) => ({ path: ['added_tokens_decoder', String(id)], value: { content, ...flags } })), { path: ['pad_token'], value: '<pad>' }];
      case 'added_tokens.json': return tokens.map(([content, id]) => ({ path: [content], value: id }));
      default: return [];
    }
  };
  const wanted = changes(), text = wanted.length === 0 ? undefined : await textOf(bound, file);
  return text === undefined ? file : { kind: 'text', path: file.path, text: editConfig(text, wanted), why: ADDED };
}
