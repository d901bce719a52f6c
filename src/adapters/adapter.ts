/**
 * @module
 * An adapter directory, opened: its config accounted for field by field, its tensors sorted into what they are.
 * Nothing of the base is needed here; what the files alone can prove wrong is found here.
 */
import type { Folder } from '../bytes/index.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import type { StateOptions } from '../checkpoints/index.ts';
import { finding, type Finding, type Text } from '../findings/index.ts';
import { BASE_NAME_DIFFERS, BIASES_NOT_SAVED, EMPTY_TENSORS, INITIALISATION_REPEATED, NO_TENSORS, NOT_MERGEABLE, PROJECTION_NOT_SAVED, PROJECTION_REDRAWN, RANK_MISMATCH, UNKNOWN_METHOD, UNKNOWN_TENSOR } from './codes.ts';
import { checkFields, listField, show, textField, type AdapterConfig } from './config.ts';
import { initialisationFinding } from './fields.ts';
import { REPEATABLE } from './methods/initial.ts';
import { fitForm, type Form, type Sides } from './forms.ts';
import { parseAdapterKey, type KeyNames } from './keys.ts';
import { methodOf, type Method } from './methods/index.ts';
import { addedEmbedding, adapterFolder, openFiles } from './opening.ts';
import { assignParameters, EXPERT_FORM } from './parameters.ts';
import { oneScale, type ScaleRule } from './patterns.ts';
import { RawSigns } from './raw.ts';
import { ADAPTER_TYPES } from './types.ts';

/** The tensors of one adapted module, by parameter name on disk. */
export interface AdapterModule {
  /** Path in the model that was trained, `base_layer` taken out. */
  readonly path: string;
  readonly parts: ReadonlyMap<string, CheckpointTensor>;
  /** Which of its method's forms the parts make up, and the sides that follow. */
  readonly form: Form;
  readonly sides: Sides;
  /** The key went through an inner `base_layer`: out_proj of an nn.MultiheadAttention, or stacked wrappers. */
  readonly wrapped: boolean;
  /** The parameter of the module that is adapted, path and all, where it is not its weight: all experts of a layer. */
  readonly parameter?: string;
}

/** A whole tensor that replaces one of the base. */
export interface FullTensor {
  readonly target: string;
  readonly tensor: CheckpointTensor;
  readonly form: 'plain' | 'base_layer' | 'modules_to_save';
}

/** An adapter. `findings` with severity error mean that it cannot be merged. */
export interface Adapter {
  readonly folder: Folder;
  readonly config: AdapterConfig;
  readonly type: string;
  readonly checkpoint: Checkpoint;
  readonly scales: ScaleRule;
  readonly modules: readonly AdapterModule[];
  readonly full: readonly FullTensor[];
  /** Tensors that all modules share, by name without the prefix. */
  readonly shared: ReadonlyMap<string, CheckpointTensor>;
  /** Replacement rows, by the module path of the embedding. */
  readonly tokens: ReadonlyMap<string, CheckpointTensor>;
  /** A whole input embedding that lies in a file of its own beside the adapter. */
  readonly embedding?: CheckpointTensor;
  /** Tensors that are left out on purpose, and why. */
  readonly dropped: readonly { readonly name: string; readonly why: Text }[];
  /** The first key with the PEFT prefix more than once. */
  readonly doubleWrapped?: string;
  readonly findings: readonly Finding[];
}

/** What the user may say about an adapter. */
export interface AdapterOptions {
  /** `--lora-alpha`: the alpha of a config that lost it. */
  readonly loraAlpha?: number;
  /** The training state that the adapter is to be taken from, instead of files of its own. */
  readonly state?: StateOptions;
  /** The adapter as it was before training is at hand, so that an initialisation that changed the base can be undone. */
  readonly hasInitial?: boolean;
}

/** Fields that say with false that a file leaves its shared tensors to their seed. */
const REDRAWING = ['save_projection'];

/** Opens the adapter in `given`. Throws where nothing can be read; everything else becomes findings. */
export async function openAdapter(given: Folder, options: AdapterOptions = {}): Promise<Adapter> {
  const { folder, findings: place } = options.state === undefined ? await adapterFolder(given) : { folder: given, findings: [] };
  const { config, checkpoint, findings: opened, dropped: notOfIt } = await openFiles(folder, options);
  const type = textField(config, 'peft_type') ?? '', findings: Finding[] = [...place, ...opened];
  const refusal = typeFinding(type, config);
  if (refusal !== undefined) {
    return { folder, config, type, checkpoint, scales: oneScale(1), modules: [], full: [], shared: new Map(), tokens: new Map(), dropped: [], findings: [...findings, refusal] };
  }
  const method = methodOf(type)!;
  findings.push(...checkFields(config, method.fields));
  const init = config.fields.get('init_lora_weights');
  if (init !== undefined && init !== null && !options.hasInitial) {
    // Of the parameters that hold all experts PEFT takes nothing out, but nothing says so either.
    const word = typeof init === 'string' ? init : show(init), repeated = REPEATABLE.has(word) && type === 'LORA' && (listField(config, 'target_parameters') ?? []).length === 0;
    const changed = repeated ? finding(INITIALISATION_REPEATED, { init: word }, { path: config.path }) : initialisationFinding(word, config.path);
    if (changed !== undefined) findings.push(changed);
  }
  const sorted = sortTensors(checkpoint, method, findings), scales = method.scales(config, options.loraAlpha), modules: AdapterModule[] = [];
  findings.push(...method.remarks?.(config, new Set(sorted.modules.flatMap(({ parts }) => [...parts.keys()]))) ?? []);
  for (const module of assignParameters(config, sorted.modules, findings)) {
    const forms = module.parameter === undefined ? method.forms(config, module.path) : [EXPERT_FORM];
    const fit = fitForm(module.path, module.parts, forms, type);
    if (fit.code !== undefined) findings.push({ ...fit, path: checkpoint.files[[...module.parts.values()][0]!.file]!.path });
    else {
      modules.push({ ...module, ...fit });
      findings.push(...rankFindings(module.parameter ?? module.path, fit.sides, scales));
    }
  }
  const redraws = method.redraw !== undefined && REDRAWING.some((field) => config.fields.get(field) === false);
  const lacking = Object.keys(modules.length === 0 ? {} : method.shared ?? {}).filter((name) => !sorted.shared.has(name));
  for (const tensor of lacking) findings.push(finding(redraws ? PROJECTION_REDRAWN : PROJECTION_NOT_SAVED, { tensor, type }, { path: config.path }));
  findings.push(...configFindings(config, sorted.full));
  const added = await addedEmbedding(folder, checkpoint);
  const dropped = [...notOfIt, ...sorted.dropped];
  return { folder, config, type, checkpoint, scales, ...sorted, dropped, modules, findings, ...(added === undefined ? {} : { checkpoint: added.checkpoint, embedding: added.tensor }) };
}

function typeFinding(type: string, config: AdapterConfig): Finding | undefined {
  const rule = ADAPTER_TYPES.get(type), place = { path: config.path, found: show(config.fields.get('peft_type')) };
  if (rule === undefined) return finding(UNKNOWN_METHOD, { type: type === '' ? 'null' : type }, place);
  switch (rule.how) {
    case 'built': return undefined;
    case 'not-mergeable': return finding(NOT_MERGEABLE, { type, reason: rule.reason }, place);
  }
}

/** Tensors of one module on their way to an AdapterModule. */
interface Sorted { readonly path: string; readonly parts: Map<string, CheckpointTensor>; readonly wrapped: boolean; readonly depth: number }

function sortTensors(checkpoint: Checkpoint, method: Method, findings: Finding[]) {
  const modules = new Map<string, Sorted>(), shared = new Map<string, CheckpointTensor>();
  const full = new Map<string, FullTensor>(), tokens = new Map<string, CheckpointTensor>();
  const dropped: { name: string; why: Text }[] = [], raw = new RawSigns();
  let doubleWrapped: string | undefined;
  const where = (tensor: CheckpointTensor) => ({ path: checkpoint.files[tensor.file]!.path, tensor: tensor.name });
  const unknown = (tensor: CheckpointTensor) => findings.push(finding(UNKNOWN_TENSOR, { tensor: tensor.name, type: method.type }, where(tensor)));
  const names: KeyNames = { parts: new Set([...method.parts, ...method.leftOut?.keys() ?? []]), shared: new Set(Object.keys(method.shared ?? {})), families: new Set(method.families) };

  for (const tensor of checkpoint.tensors.values()) {
    const parsed = parseAdapterKey(tensor.name, names), { key, prefixes } = parsed;
    raw.see(parsed);
    if (prefixes > 1) doubleWrapped ??= tensor.name;
    switch (key.kind) {
      case 'unknown': unknown(tensor); break;
      case 'original': dropped.push({ name: tensor.name, why: { en: 'the untrained twin of a saved module', zh: '已保存模块的未训练副本' } }); break;
      case 'tokens': tokens.set(key.module, tensor); break;
      case 'shared':
        if (shared.has(key.shared)) unknown(tensor);
        shared.set(key.shared, tensor);
        break;
      case 'part': {
        const why = method.leftOut?.get(key.part);
        if (why !== undefined) { dropped.push({ name: tensor.name, why }); break; }
        const id = `${key.module}\n${key.wrapped}\n${key.depth}`;
        const module = modules.get(id) ?? { path: key.module, parts: new Map(), wrapped: key.wrapped, depth: key.depth };
        modules.set(id, module);
        if (module.parts.has(key.part)) unknown(tensor);
        module.parts.set(key.part, tensor);
        break;
      }
      case 'full': {
        const known = full.get(key.target), stronger = known === undefined || FORM_STRENGTH[key.form] > FORM_STRENGTH[known.form];
        if (stronger) full.set(key.target, { target: key.target, tensor, form: key.form });
        const loser = known === undefined ? undefined : stronger ? known : { tensor, form: key.form };
        if (loser !== undefined) dropped.push({ name: loser.tensor.name, why: loserText(loser.form, full.get(key.target)!.tensor.name) });
        break;
      }
    }
  }
  findings.push(...raw.findings());
  if (checkpoint.tensors.size === 0) findings.push(finding(NO_TENSORS, { file: checkpoint.files[0]?.path ?? '.' }, { path: checkpoint.files[0]?.path ?? '.' }));
  // A factor of rank 0 keeps its other side; what was not gathered is [0].
  const empty = [...checkpoint.tensors.values()].filter(({ shape }) => shape.includes(0) && !(method.mayShrinkToNothing && shape.length > 1));
  if (empty.length > 0) findings.push(finding(EMPTY_TENSORS, { count: empty.length, tensor: empty[0]!.name, shape: `[${empty[0]!.shape}]` }, where(empty[0]!)));
  return { modules: [...modules.values()], shared, full: [...full.values()], tokens, dropped, ...(doubleWrapped === undefined ? {} : { doubleWrapped }) };
}

/**
 * Which of several tensors for one target counts. PEFT 0.21 writes a grown matrix three times, and the plain key is the
 * one that counts (peft.md §8); in the state of a model in memory `base_layer` is the frozen weight below a trained copy.
 */
const FORM_STRENGTH: Readonly<Record<FullTensor['form'], number>> = { base_layer: 0, modules_to_save: 1, plain: 2 };

const loserText = (form: FullTensor['form'], winner: string): Text => (form === 'base_layer'
  ? { en: `the frozen weight below ${winner}`, zh: `${winner} 之下的冻结权重` } : { en: `the same matrix again as ${winner}`, zh: `与 ${winner} 相同的矩阵` });

function rankFindings(module: string, sides: Sides, scales: ScaleRule): Finding[] {
  const { r, findings } = scales.of(module), tensors = sides.get('r');
  if (tensors === undefined || tensors === 0 || r === undefined || r === tensors) return [...findings];
  return [...findings, finding(RANK_MISMATCH, { module, config: r, tensors }, { tensor: module, found: tensors, expected: r })];
}

/** Names of quantised mirrors on the hub. */
const QUANTIZED_NAME = /(?:bnb-?4bit|bnb-?8bit|-4bit|-8bit|AWQ|GPTQ|-int4|-int8|-fp8)/i;

function configFindings(config: AdapterConfig, full: readonly FullTensor[]): Finding[] {
  const findings: Finding[] = [];
  const bias = textField(config, 'bias');
  if (bias !== undefined && bias !== 'none' && !full.some((tensor) => tensor.target.endsWith('.bias'))) {
    findings.push(finding(BIASES_NOT_SAVED, { bias }, { path: config.path }));
  }
  const name = textField(config, 'base_model_name_or_path');
  if (name !== undefined && QUANTIZED_NAME.test(name)) findings.push(finding(BASE_NAME_DIFFERS, { name }, { path: config.path, found: name }));
  return findings;
}
