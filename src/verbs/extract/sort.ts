/**
 * @module
 * What an adapter can say of every tensor that differs: linear weights by factors, their biases beside them, everything else
 * as whole modules (`modules_to_save`); and what it cannot say.
 */
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { findEmbedding, findHead, isConv1D, layerOf, tiedHeadName, tieFlag } from '../../families/index.ts';
import { finding, type Finding, type Text } from '../../findings/index.ts';
import type { DiffStatus, Pair } from '../../proofs/diff/index.ts';
import { isComputeDType, sameShape } from '../../tensors/index.ts';
import { expertTargets, type ExpertTargets } from './experts.ts';
import { CANNOT_BE_AN_ADAPTER, EXPERTS_STORED_DIFFERENTLY, TARGET_UNKNOWN } from './codes.ts';

/** A tensor of both models and what became of it. */
export interface Compared { readonly pair: Pair; readonly status: DiffStatus }

/** A weight that becomes two factors. */
export interface LoraTarget { readonly module: string; readonly pair: Pair; /** Stored (in, out). */ readonly conv1d: boolean }

/** A tensor that is carried whole, under the key that PEFT gives it. */
export interface FullTarget { readonly key: string; readonly pair: Pair }

/** Everything, sorted. */
export interface Sorted {
  readonly lora: readonly LoraTarget[];
  /** All experts of a layer in one tensor, adapted as PEFT's `target_parameters`. */
  readonly experts: ExpertTargets;
  readonly full: readonly FullTarget[];
  /** Modules that are carried whole, for `modules_to_save`. */
  readonly saved: readonly string[];
  /** Biases of adapted layers are carried. */
  readonly biases: boolean;
  /** The head shares the embedding: both names are written, and stay one. */
  readonly tied: boolean;
  readonly leftOut: readonly { readonly name: string; readonly why: Text }[];
  readonly refusals: readonly Finding[];
  /** Every module that has a tensor or holds one that has. */
  readonly modules: readonly string[];
}

/** How to sort. */
export interface SortOptions {
  readonly base: Checkpoint;
  readonly tuned: Checkpoint;
  readonly baseConfig: ReadonlyMap<string, unknown> | undefined;
  readonly tunedConfig: ReadonlyMap<string, unknown> | undefined;
  /** Names or endings of the modules that may become factors; all linear ones when absent. */
  readonly targets?: readonly string[];
  /** false: only factors. */
  readonly fullTensors?: boolean;
}

/** Modules whose two-dimensional weight is a table of vectors and no linear map. */
const TABLE = /(?:embed\w*|embeddings?|wte|wpe|shared|relative_attention_bias|rel_pos_bias)$/i;

const TEXTS = {
  target: { en: 'not among --target-modules', zh: '不在 --target-modules 之中' },
  whole: { en: 'no linear weight, and whole tensors are not wanted', zh: '不是线性权重，且未要求携带完整张量' },
  removed: { en: 'the tuned model does not have it', zh: '微调后的模型中没有它' },
  shape: { en: 'its shape changed', zh: '它的形状变了' },
  head: { en: 'the tuned model is of a class without this head', zh: '微调后的模型所属的类没有这个输出头' },
  layer: { en: 'the base has no such layer', zh: '基座没有这一层' },
  root: { en: 'it belongs to no module that PEFT could save', zh: '它不属于任何 PEFT 能够保存的模块' },
} as const satisfies Record<string, Text>;

/** The module of a tensor, and what it is called there. */
export function split(name: string): { readonly module: string; readonly parameter: string } {
  const dot = name.lastIndexOf('.');
  return { module: name.slice(0, Math.max(0, dot)), parameter: name.slice(dot + 1) };
}

/** Whether a module is one of these, by name or ending. */
export const isAmong = (module: string, names: readonly string[]): boolean => names.some((name) => module === name || module.endsWith(`.${name}`));

/** Sorts. */
export function sortChanges(compared: readonly Compared[], options: SortOptions): Sorted {
  const { base, tuned, baseConfig, targets, fullTensors = true } = options, refusals: Finding[] = [], leftOut: { name: string; why: Text }[] = [];
  const head = findHead(base.tensors), layers = [...base.tensors.keys()].reduce((most, name) => Math.max(most, (layerOf(name)?.index ?? -1) + 1), 0);
  const vocabulary = new Set([findEmbedding(base.tensors.keys()), head, tiedHeadName(baseConfig)].filter((name) => name !== undefined));
  const pairs = new Map(compared.filter(({ pair }) => pair.b !== undefined).map(({ pair }) => [pair.name, pair])), modules = modulesOf([...pairs.keys()]);
  const cannot = (tensor: string, reason: Text) => { refusals.push(finding(CANNOT_BE_AN_ADAPTER, { tensor, reason }, { tensor })); };
  for (const target of targets ?? []) if (![...modules, ...pairs.keys()].some((name) => isAmong(name, [target]))) refusals.push(finding(TARGET_UNKNOWN, { target }, { tensor: target }));
  const word = baseConfig?.get('model_type'), modelType = typeof word === 'string' ? word : undefined;

  const statuses = new Map(compared.map(({ pair, status }) => [pair.name, status])), known = expertTargets(pairs, (name) => statuses.get(name) ?? 'same', modelType);
  let experts: ExpertTargets = targets === undefined || known.targets.some(({ pair: { name } }) => isAmong(name, targets)) ? known : { targets: [], items: [] };
  const lora = new Map<string, LoraTarget>(), saved = new Set<string>(), biases: string[] = [];
  for (const { pair, status } of compared) {
    const { name, a, b } = pair, { module, parameter } = split(name);
    if (status === 'same' || status === 'dtype_changed') continue;
    if (storedOtherwise(pair, base, tuned)) { refusals.push(finding(EXPERTS_STORED_DIFFERENTLY, { tensor: name }, { tensor: name })); continue; }
    if (b === undefined && name === head) { leftOut.push({ name, why: TEXTS.head }); continue; }
    if (b === undefined) { cannot(name, TEXTS.removed); continue; }
    if (a === undefined && (layerOf(name)?.index ?? 0) >= layers) { cannot(name, TEXTS.layer); continue; }
    if (status === 'shape_changed' && !(vocabulary.has(name) && sameShape(a!.shape.slice(1), b.shape.slice(1)))) { cannot(name, TEXTS.shape); continue; }
    if (experts.targets.some((target) => target.pair === pair)) continue;
    const wanted = targets === undefined ? !vocabulary.has(name) : isAmong(module, targets);
    const linear = parameter === 'weight' && module !== '' && b.shape.length === 2 && status === 'changed' && isComputeDType(a!.dtype) && isComputeDType(b.dtype) && !TABLE.test(module);
    if (linear && wanted) lora.set(module, { module, pair, conv1d: isConv1D(modelType, module) ?? false });
    else if (linear && targets !== undefined) leftOut.push({ name, why: TEXTS.target });
    else if (parameter === 'bias' && pairs.get(`${module}.weight`)?.b?.shape.length === 2) biases.push(name);
    else if (!fullTensors) leftOut.push({ name, why: TEXTS.whole });
    else if (module === '') cannot(name, TEXTS.root);
    else saved.add(module);
  }
  // A bias goes with the factors of its layer, or with the layer.
  const withFactors = biases.filter((name) => lora.has(split(name).module));
  for (const name of biases) {
    if (!fullTensors) leftOut.push({ name, why: TEXTS.whole });
    else if (!withFactors.includes(name)) saved.add(split(name).module);
  }
  closeUnderEndings(saved, modules);
  // PEFT cannot wrap the parameters of a module that it saves whole.
  if (experts.targets.some(({ module }) => isWithin(module, saved))) {
    for (const { module, pair } of experts.targets) if (statuses.get(pair.name) === 'changed') saved.add(module);
    experts = { targets: [], items: [] };
    closeUnderEndings(saved, modules);
  }
  for (const module of lora.keys()) if (isWithin(module, saved)) lora.delete(module);

  const full: FullTarget[] = [...pairs.values()].filter(({ name }) => [...saved].some((module) => name.startsWith(`${module}.`))).map((pair) => ({ key: pair.name, pair }));
  const carriesBiases = fullTensors && withFactors.length > 0;
  if (carriesBiases) for (const module of lora.keys()) { const pair = pairs.get(`${module}.bias`); if (pair !== undefined) full.push({ key: `${module}.base_layer.bias`, pair }); }
  const tied = tieHead(full, options, saved);
  return { lora: [...lora.values()], experts, full, saved: [...saved], biases: carriesBiases, tied, leftOut, refusals, modules };
}

/** A module, or one that it lies in. */
const isWithin = (module: string, outer: ReadonlySet<string>): boolean => [...outer].some((own) => module === own || module.startsWith(`${own}.`));

/** Fused on one side and one by one on the other. */
const storedOtherwise = ({ name, nameInB, a, b }: Pair, base: Checkpoint, tuned: Checkpoint): boolean => a?.shape.length === 3 && b !== undefined
  && (base.tensors.get(name)?.shape.length !== 3 || tuned.tensors.get(nameInB ?? name)?.shape.length !== 3);

function modulesOf(names: readonly string[]): string[] {
  const modules = new Set<string>();
  for (const name of names) {
    const components = name.split('.');
    for (let n = 1; n < components.length; n++) modules.add(components.slice(0, n).join('.'));
  }
  return [...modules];
}

/** PEFT takes `modules_to_save` as endings without a dot before them: what a name hits is carried too. */
function closeUnderEndings(saved: Set<string>, modules: readonly string[]): void {
  for (let before = -1; before !== saved.size;) {
    before = saved.size;
    for (const module of modules) if ([...saved].some((item) => module !== item && module.endsWith(item))) saved.add(module);
  }
}

/** Writes a tied head beside its embedding; gives whether the two are one. */
function tieHead(full: FullTarget[], { base, tuned, baseConfig, tunedConfig }: SortOptions, saved: Set<string>): boolean {
  const embedding = findEmbedding(base.tensors.keys()), head = tiedHeadName(baseConfig), pair = full.find(({ key }) => key === embedding)?.pair;
  if (embedding === undefined || pair === undefined || head === undefined || base.tensors.has(head) || tieFlag(baseConfig) === false) return false;
  if (tuned.tensors.has(head)) return tieFlag(tunedConfig) === true && saved.has(split(head).module);
  full.push({ key: head, pair });
  return true;
}

/**
 * The shortest list of names that means exactly these modules among all: the last component where every module that ends
 * with it is one of them, else the whole path. `dotted`: an ending begins after a dot, as in `target_modules`.
 */
export function shortNames(modules: readonly string[], all: readonly string[], dotted: boolean): string[] {
  const wanted = new Set(modules), names = new Set<string>();
  for (const module of modules) {
    const last = module.slice(module.lastIndexOf('.') + 1);
    const hit = all.filter((other) => other === last || other.endsWith(dotted ? `.${last}` : last));
    names.add(!/^\d+$/.test(last) && hit.every((other) => wanted.has(other)) ? last : module);
  }
  return [...names].sort();
}
