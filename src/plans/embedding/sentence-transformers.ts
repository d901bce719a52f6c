/**
 * @module
 * The files that make an encoder a model of sentence-transformers, written or repaired: module list, pooling, normalisation.
 * In the form of releases up to 5, which release 6 reads too.
 */
import type { Folder } from '../../bytes/index.ts';
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { readJson } from '../../containers/json.ts';
import { poolingOf, POOLINGS, textLength, type Pooling } from '../../families/index.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { planConvert, type ConvertOptions } from '../convert.ts';
import type { BoundPlan } from '../merge.ts';
import { readConfig } from '../read-config.ts';
import type { PlannedFile } from '../plan.ts';
import { MODULE_LOST, POOLING_CHOSEN, POOLING_UNKNOWN } from './codes.ts';

/** What is known of the model beside its files. */
export interface EmbeddingOptions extends ConvertOptions {
  /** The user's word. */
  readonly pooling?: Pooling;
  /** What the run was trained with, where its arguments say so. */
  readonly trained?: { readonly pooling?: Pooling; readonly normalize?: boolean };
}

/** A module of the list. */
interface Module { readonly path: string; readonly type: string }

const MODULES = 'modules.json', LENGTHS = 'sentence_bert_config.json', SETTINGS = 'config_sentence_transformers.json';

const type = (name: string) => `sentence_transformers.models.${name}`;

/** The last component of a type in either form of the module list. */
const kindOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** The plan: a conversion, and these files instead of what lies there. */
export async function planSentenceTransformers(base: Checkpoint, options: EmbeddingOptions): Promise<BoundPlan> {
  const { pooling: said, trained, ...conversion } = options, { plan, inputs } = await planConvert(base, conversion), config = (await readConfig(base))?.fields;
  const { folder } = base, listed = await listedModules(folder), findings: Finding[] = [], made: PlannedFile[] = [];
  const old = listed?.find(({ type: name }) => kindOf(name) === 'Pooling'), chosen = await choosePooling(base, config, old, said, trained);
  const normalized = listed === undefined ? trained?.normalize ?? true : listed.some(({ type: name }) => kindOf(name) === 'Normalize');
  findings.push(finding(POOLING_CHOSEN, { pooling: chosen.pooling, normalized: normalized ? { en: ' and normalised', zh: '并归一化' } : { en: '', zh: '' }, reason: chosen.reason }, { path: MODULES }));
  const modules = await moduleList(folder, listed, normalized);
  const write = (path: string, text: string, why: Text) => { made.push({ kind: 'text', path, text, why }); };
  const why: Text = { en: 'read by releases up to 5 and by 6', zh: '5 及以前和 6 的版本都能读取' };
  write(MODULES, json(modules.map((module, idx) => ({ idx, name: String(idx), path: module.path, type: module.type }))), why);
  const width = config?.get('hidden_size'), pooling = modules.find(({ type: name }) => kindOf(name) === 'Pooling')!;
  write(`${pooling.path}/config.json`, poolingText(typeof width === 'number' ? width : undefined, chosen.pooling, await fieldsOf(folder, `${old?.path ?? '1_Pooling'}/config.json`)), why);
  // An empty folder is lost by archives and version control; with a file in it, it is not.
  for (const { path, type: name } of modules) if (kindOf(name) === 'Normalize') write(`${path}/config.json`, json({ module_input_name: 'sentence_embedding', module_output_name: 'sentence_embedding' }), why);
  const lengths = await fieldsOf(folder, LENGTHS), length = lengths?.get('max_seq_length') ?? textLength(config) ?? null, lower = lengths?.get('do_lower_case');
  write(LENGTHS, json({ max_seq_length: length, do_lower_case: lower === true }), why);
  if (!(await has(folder, SETTINGS))) write(SETTINGS, json({ __version__: {}, prompts: {}, default_prompt_name: null, similarity_fn_name: 'cosine' }), why);
  const replaced = new Set(made.map(({ path }) => path));
  return { inputs, plan: { ...plan, files: [...plan.files.filter(({ path }) => !replaced.has(path)), ...made], findings: [...plan.findings, ...findings] } };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function has(folder: Folder, path: string): Promise<boolean> {
  const slash = path.lastIndexOf('/'), parent = slash < 0 ? '' : path.slice(0, slash);
  if (parent !== '' && !(await folder.list()).some((entry) => entry.kind === 'folder' && entry.path === parent)) return false;
  return (await folder.list(parent)).some((entry) => entry.path === path && entry.unusable === undefined);
}

async function read(folder: Folder, path: string) {
  if (!(await has(folder, path))) return undefined;
  const source = await folder.open(path);
  try { return (await readJson(source, { python: true })).value; } finally { await source.close(); }
}

async function fieldsOf(folder: Folder, path: string): Promise<ReadonlyMap<string, unknown> | undefined> {
  const value = await read(folder, path);
  return value instanceof Map ? value : undefined;
}

async function listedModules(folder: Folder): Promise<Module[] | undefined> {
  const value = await read(folder, MODULES);
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item): Module[] => {
    const path = item instanceof Map ? item.get('path') : undefined, name = item instanceof Map ? item.get('type') : undefined;
    return typeof path === 'string' && typeof name === 'string' ? [{ path, type: name }] : [];
  });
}

/** Classes of both releases under the names that both read. */
const KNOWN: ReadonlySet<string> = new Set(['Transformer', 'Pooling', 'Normalize', 'Dense', 'LayerNorm', 'Dropout', 'CNN', 'LSTM', 'WeightedLayerPooling']);

/** The modules there are, repaired: the encoder first, a pooling, the rest as it was, normalisation last. */
async function moduleList(folder: Folder, listed: readonly Module[] | undefined, normalized: boolean): Promise<Module[]> {
  if (listed === undefined) return [{ path: '', type: type('Transformer') }, { path: '1_Pooling', type: type('Pooling') }, ...(normalized ? [{ path: '2_Normalize', type: type('Normalize') }] : [])];
  for (const { path, type: name } of listed) {
    if (['Transformer', 'Pooling', 'Normalize'].includes(kindOf(name))) continue;
    if (!(await has(folder, path))) refuse(MODULE_LOST, { path, type: kindOf(name) }, { path: MODULES });
  }
  const named = listed.map(({ path, type: name }) => ({ path, type: KNOWN.has(kindOf(name)) ? type(kindOf(name)) : name }));
  return named.some(({ type: name }) => kindOf(name) === 'Pooling') ? named : [...named.slice(0, 1), { path: '1_Pooling', type: type('Pooling') }, ...named.slice(1)];
}

interface Chosen { readonly pooling: Pooling; readonly reason: Text }

async function choosePooling(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined, old: Module | undefined, said: Pooling | undefined, trained: EmbeddingOptions['trained']): Promise<Chosen> {
  if (said !== undefined) return { pooling: said, reason: { en: 'as you said', zh: '按您的指定' } };
  const kept = poolingIn(await fieldsOf(base.folder, `${old?.path ?? '1_Pooling'}/config.json`));
  if (kept !== undefined) return { pooling: kept, reason: { en: 'as in the pooling module that is there', zh: '沿用现有的池化模块' } };
  if (trained?.pooling !== undefined) return { pooling: trained.pooling, reason: { en: 'as training_args.bin says', zh: '依据 training_args.bin' } };
  const names = [config?.get('_name_or_path'), base.folder.label.replace(/\/+$/, '').split(/[\\/]/).filter((part) => !/^(?:checkpoint-\d+|\.)$/.test(part)).at(-1)].map((name) => (typeof name === 'string' ? name : undefined));
  const architectures = config?.get('architectures'), [architecture] = Array.isArray(architectures) ? architectures.map(String) : [undefined];
  const isM3 = await has(base.folder, 'colbert_linear.pt') || await has(base.folder, 'sparse_linear.pt');
  const pooling = isM3 ? 'cls' : poolingOf(names, architecture);
  return pooling === undefined ? refuse(POOLING_UNKNOWN, { folder: base.folder.label }, { path: MODULES })
    : { pooling, reason: isM3 ? { en: 'its heads are those of M3', zh: '其检索头属于 M3' } : { en: 'as its family does', zh: '该模型家族的做法' } };
}

/** The pooling that a config states, in the form of either release. */
function poolingIn(fields: ReadonlyMap<string, unknown> | undefined): Pooling | undefined {
  const mode = fields?.get('pooling_mode'), on = [...fields ?? []].find(([key, value]) => key.startsWith('pooling_mode_') && value === true)?.[0].replace(/^pooling_mode_/, '').replace(/_tokens?$/, '');
  const word = typeof mode === 'string' ? mode : on;
  return POOLINGS.find((known) => known === word);
}

function poolingText(width: number | undefined, pooling: Pooling, old: ReadonlyMap<string, unknown> | undefined): string {
  const own = width ?? old?.get('word_embedding_dimension') ?? old?.get('embedding_dimension'), prompt = old?.get('include_prompt');
  return json({
    word_embedding_dimension: own, pooling_mode_cls_token: pooling === 'cls', pooling_mode_mean_tokens: pooling === 'mean', pooling_mode_max_tokens: pooling === 'max',
    pooling_mode_mean_sqrt_len_tokens: false, pooling_mode_weightedmean_tokens: false, pooling_mode_lasttoken: pooling === 'lasttoken', include_prompt: prompt !== false,
  });
}
