/**
 * @module
 * One adapter onto a model: every tensor of the adapter finds its home or is named in a refusal. Nothing is skipped.
 */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { HEAD_NAMES, findEmbedding } from '../families/index.ts';
import { finding, type Finding, type Severity } from '../findings/index.ts';
import { add, isComputeDType, matmul, reshape, sameShape, scale as scaleBy } from '../tensors/index.ts';
import type { Adapter, AdapterModule, FullTensor } from './adapter.ts';
import { change, round, setTokens, type Rounding } from './changes.ts';
import { ADDED_EMBEDDING_USED, AMBIGUOUS_HOME, CONFLICTING_FULL_WEIGHTS, DOUBLE_WRAPPED, INITIAL_MISMATCH, MHA_QUIRK, NOT_A_FLOAT, NOT_REDRAWABLE, PREFIX_RULE, PROJECTION_NOT_SAVED, SHAPE_MISMATCH, TENSOR_NOT_IN_BASE, TOKEN_COUNT_MISMATCH, TOKEN_INDEX_OUT_OF_RANGE, UNMATCHED_TENSOR } from './codes.ts';
import { flagField, listField, textField } from './config.ts';
import { sameContent } from './content.ts';
import { mergeExperts, type Applying } from './experts.ts';
import { completeSides, sideOf } from './forms.ts';
import { layoutOf } from './layout.ts';
import { Homes, ruleText, type Home } from './match.ts';
import { methodOf, type Merged } from './methods/index.ts';
import { addStage, bound, modelType, type Model, type Slot } from './model.ts';
import { positionFinding, type Positions } from './positions.ts';
import { replicateLayers } from './replicate.ts';
import { sharedTensors } from './shared.ts';
import { untoldModules } from './targets.ts';
import { takeExpertsApart } from './single-experts.ts';
import { tokenIndices } from './tokens.ts';

/** One adapter's part in a merge. */
export interface Application {
  readonly adapter: Adapter;
  /** `adapter`, `adapter-2` …: how plan and messages call it. */
  readonly role: string;
  /** Index of its first file among the plan's inputs. */
  readonly firstInput: number;
  readonly rounding: Rounding;
  /** The adapter before training (PiSSA, OLoRA …), whose product the base lost: W' = W + s·(B·A − B₀·A₀). */
  readonly initial?: { readonly adapter: Adapter; readonly firstInput: number };
}

/** Applies an adapter. Problems become findings of the model; with severity error nothing may be written. */
export async function applyAdapter(model: Model, application: Application): Promise<void> {
  const { adapter, role, firstInput } = application;
  replicateLayers(model, adapter);
  if (model.findings.some(({ severity }) => severity === 'error')) return;
  const homes = new Homes(model.slots), trained = textField(adapter.config, 'base_model_name_or_path') ?? 'null';
  const strangers: { name: string; wanted: string }[] = [], moved: { module: string; home: Home }[] = [];
  const positions: Positions[] = [];
  const say = (found: Finding, severity?: Severity) => { model.findings.push(severity === undefined ? found : { ...found, severity }); };
  const fileOf = (tensor: { file: number }) => adapter.checkpoint.files[tensor.file]!.path;

  const misfit = (tensor: CheckpointTensor, slot: Slot) => finding(SHAPE_MISMATCH,
    { tensor: tensor.name, shape: tensor.shape.join(', '), target: slot.name, base: slot.value.shape.join(', '), trained },
    { path: fileOf(tensor), tensor: tensor.name, found: `[${tensor.shape}]`, expected: `[${slot.value.shape}]` });

  /** The slot at `path`, created for the head of a tied model; undefined after saying why there is none. */
  const slotAt = (path: string, tensorName: string): Slot | undefined => {
    const found = homes.find(path);
    if (found.length === 1) {
      if (found[0]!.rule !== 'exact') moved.push({ module: path, home: found[0]! });
      return model.slots.get(found[0]!.name);
    }
    if (found.length > 1) say(finding(AMBIGUOUS_HOME, { tensor: tensorName, count: found.length, candidates: found.map((home) => home.name).join(', ') }, { tensor: tensorName }));
    else return tiedHead(model, path) ?? void strangers.push({ name: tensorName, wanted: path });
    return undefined;
  };

  for (const full of adapter.full) await replace(full);
  const method = methodOf(adapter.type)!, modules = method.untold === undefined ? adapter.modules : untoldModules(model, adapter, method.untold, method.forms(adapter.config, ''));
  const shared = sharedTensors(model, adapter, method, modules, homes, firstInput);
  if (shared.refusal !== undefined) say(shared.refusal);
  if (adapter.embedding !== undefined) await addEmbedding(adapter.embedding);
  const applying: Applying = {
    model, adapter, role, firstInput, rounding: application.rounding, homes, say, misfit,
    stranger: (name, wanted) => { strangers.push({ name, wanted }); }, moved: (module, home) => { moved.push({ module, home }); },
  };
  const putTogether = takeExpertsApart(model, homes, modules, applying.moved);
  for (const module of shared.refusal === undefined ? modules : []) if (module.parameter === undefined) merge(module); else mergeExperts(applying, module);
  putTogether();
  for (const some of positions) {
    const bad = await positionFinding(adapter.checkpoint, some);
    if (bad !== undefined) say(bad);
  }
  for (const [module, tensor] of adapter.tokens) {
    const slot = slotAt(`${module}.weight`, tensor.name);
    if (slot === undefined) continue;
    const indices = tokenIndices(adapter.config, adapter.type, module), count = slot.value.shape[0]!;
    const bad = indices.find((index) => index < 0 || index >= count);
    if (bad !== undefined) say(finding(TOKEN_INDEX_OUT_OF_RANGE, { index: bad, target: slot.name, rows: count }, { path: fileOf(tensor), tensor: tensor.name }));
    else if (indices.length !== tensor.shape[0]) say(finding(TOKEN_COUNT_MISMATCH, { tensor: tensor.name, rows: tensor.shape[0] ?? 0, indices: indices.length }, { path: fileOf(tensor), tensor: tensor.name }));
    else if (!sameShape(tensor.shape.slice(1), slot.value.shape.slice(1))) say(misfit(tensor, slot));
    else setTokens(slot, indices, bound(tensor, firstInput), `${role}:${tensor.name}`);
  }

  /** The embedding of a file of its own, unless the adapter holds a trained one. */
  async function addEmbedding(tensor: CheckpointTensor): Promise<void> {
    const name = findEmbedding(model.slots.keys()), path = fileOf(tensor);
    if (name === undefined) return say(finding(TENSOR_NOT_IN_BASE, { tensor: tensor.name }, { path, tensor: tensor.name }));
    const trained = adapter.full.find((full) => homes.find(full.target).some((home) => home.name === name));
    if (trained !== undefined) {
      model.dropped.push({ name: `${role}:${tensor.name}`, why: { en: `${trained.tensor.name} of the adapter was trained after it`, zh: `适配器中的 ${trained.tensor.name} 是在其之后训练的` } });
      return;
    }
    const rows = tensor.shape[0] ?? 0, before = model.slots.get(name)!.value.shape[0] ?? 0;
    await replace({ target: name, tensor, form: 'plain' });
    say(finding(ADDED_EMBEDDING_USED, { file: path, rows, before, target: name }, { path, tensor: name }));
  }

  async function replace({ target, tensor, form }: FullTensor): Promise<void> {
    const slot = slotAt(target, tensor.name);
    if (slot === undefined) {
      const stranger = strangers.at(-1);
      if (stranger?.name === tensor.name) {
        strangers.pop();
        say(finding(TENSOR_NOT_IN_BASE, { tensor: tensor.name }, { path: fileOf(tensor), tensor: tensor.name }));
      }
      return;
    }
    // Only the rows of a vocabulary may change.
    const vocabulary = tensor.shape.length === 2 && slot.value.shape.length === 2 && isVocabulary(model, slot.name);
    if (!sameShape(tensor.shape, slot.value.shape) && !(vocabulary && tensor.shape[1] === slot.value.shape[1])) return say(misfit(tensor, slot));
    const value = bound(tensor, firstInput);
    // The state of a whole model holds its frozen tensors too: what the base has already says nothing new.
    const own = slot.base ?? model.base.tensors.get(slot.from[0]!.slice('base:'.length));
    if (form !== 'modules_to_save' && own !== undefined && await sameContent(model.base, own, adapter.checkpoint, tensor)) {
      model.dropped.push({ name: `${role}:${tensor.name}`, why: { en: `the same as ${own.name} of the base`, zh: `与基座的 ${own.name} 相同` } });
      if (slot.base === undefined && slot.kind === 'untouched') model.slots.delete(slot.name);
      return;
    }
    if (slot.kind !== 'untouched') {
      const rival = slot.replacement;
      if (rival !== undefined && await sameContent(rival.checkpoint, rival.tensor, adapter.checkpoint, tensor)) return;
      // A vocabulary that grew again was trained on top of the one before it.
      if (rival !== undefined && slot.kind === 'full' && vocabulary && (tensor.shape[0] ?? 0) > (slot.value.shape[0] ?? 0)) {
        model.dropped.push({ name: `${rival.role}:${rival.tensor.name}`, why: { en: `${role} brings a larger vocabulary, trained after it`, zh: `${role} 带来在其之后训练的更大词表` } });
        Object.assign(slot, { value, unmerged: value, from: [`${role}:${tensor.name}`], replacement: { role, checkpoint: adapter.checkpoint, tensor, saved: rival.saved } });
        return;
      }
      const kept = rival?.role ?? slot.from.at(-1)!;
      say(finding(CONFLICTING_FULL_WEIGHTS, { target: slot.name, kept, dropped: role }, { path: fileOf(tensor), tensor: tensor.name }));
      model.dropped.push({ name: `${role}:${tensor.name}`, why: { en: `${slot.name} was already changed by ${kept}`, zh: `${slot.name} 已被 ${kept} 修改` } });
      return;
    }
    const saved = (listField(adapter.config, 'modules_to_save') ?? []).some((item) => target.replace(/\.[^.]+$/, '').endsWith(item));
    Object.assign(slot, { value, unmerged: value, kind: 'full', formula: 'T', from: [`${role}:${tensor.name}`], replacement: { role, checkpoint: adapter.checkpoint, tensor, saved } });
  }

  function merge(module: AdapterModule): void {
    const first = [...module.parts.values()][0]!;
    // nn.MultiheadAttention keeps q, k and v in one in_proj_weight; its out_proj hangs below the wrapper's base_layer.
    const packed = homes.find(`${module.path}.weight`).length === 0 && homes.find(`${module.path}.in_proj_weight`).length === 1;
    const slot = slotAt(packed ? `${module.path}.in_proj_weight` : `${module.path}.weight`, first.name);
    if (slot === undefined) return;
    const parent = module.path.replace(/\.[^.]+$/, ''), doubled = module.wrapped && homes.find(`${parent}.in_proj_weight`).length === 1;
    if (doubled) say(finding(MHA_QUIRK, { module: module.path }, { tensor: slot.name }));
    const hints = { modelType: modelType(model), fanInFanOut: flagField(adapter.config, 'fan_in_fan_out'), trained };
    const layout = layoutOf(module, slot.name, slot.value.shape, hints);
    if (typeof layout !== 'string') return say({ ...layout, path: fileOf(first) });
    const words = shared.wordsOf(module.path);
    if (words === undefined) return void strangers.push({ name: first.name, wanted: module.path });
    const lacking = Object.keys(words).find((name) => !shared.sizes.has(name));
    const reason = flagField(adapter.config, 'save_projection', true) ? undefined : method.undrawable, place = { path: adapter.config.path, tensor: module.path };
    if (lacking !== undefined) return say(reason === undefined ? finding(PROJECTION_NOT_SAVED, { tensor: lacking, type: adapter.type }, place) : finding(NOT_REDRAWABLE, { tensor: lacking, type: adapter.type, reason }, place));
    const numbers = (named: Iterable<readonly [string, CheckpointTensor]>) => [...named].flatMap(([name, tensor]) => (method.integers?.includes(name.split('.')[0]!) ? [] : [tensor]));
    const stiff = [slot.unmerged, ...numbers(module.parts), ...numbers(adapter.shared)].find(({ dtype }) => !isComputeDType(dtype));
    if (stiff !== undefined) return say(finding(NOT_A_FLOAT, { target: 'name' in stiff ? stiff.name : slot.name, dtype: stiff.dtype }, { tensor: slot.name }));
    const sides = completeSides(module, layout, slot.value.shape, words, shared.sizes);
    if (!(sides instanceof Map)) return say({ ...sides, path: fileOf(first) });
    for (const [name, limits] of Object.entries(method.positions ?? {})) {
      const held = [module.parts.get(name), ...Object.keys(words).map((own) => (own.split('.')[0] === name ? adapter.shared.get(own) : undefined))];
      for (const tensor of held) if (tensor !== undefined) positions.push({ tensor, limits: limits(sideOf(sides)), target: slot.name });
    }

    const { scale, from } = adapter.scales.of(module.path);
    const bias = model.slots.get(slot.name.replace(/weight$/, 'bias'));
    const factor = doubled ? 2 * scale : scale;
    const merged = method.merge({
      module, config: adapter.config, layout, side: sideOf(sides), weight: slot.value, unmerged: slot.unmerged, scale: factor,
      ...(bias === undefined ? {} : { bias: bias.value, unmergedBias: bias.unmerged }),
      part: (name) => { const tensor = module.parts.get(name); return tensor && bound(tensor, firstInput); },
      shared: (name) => shared.get(name), adapted: shared.adapted, hasInitial: application.initial !== undefined,
      rounded: (delta) => round(delta, application.rounding, slot.unmerged.dtype),
      stage: (expression, why) => addStage(model, expression, why),
    });
    const named = (names: Iterable<string>) => [...names].flatMap((name) => module.parts.get(name) ?? []), roles = (tensors: CheckpointTensor[]) => tensors.map((tensor) => `${role}:${tensor.name}`);
    const onBias = named(method.onBias ?? []);
    if (bias === undefined) for (const { name } of onBias) strangers.push({ name, wanted: `${module.path}.bias` });
    const start = application.initial === undefined ? undefined : initialFactors(application.initial, module, scale);
    if (start === null || (start !== undefined && merged.factors === undefined)) return say(finding(INITIAL_MISMATCH, { module: module.path }, { tensor: module.path }));

    const parts = roles(named(module.parts.keys())), scaling = from === undefined ? {} : { scale: factor, scaleFrom: doubled ? `2 · (${from}) [mha-out-proj-twice]` : from };
    if (start !== undefined) {
      const { b, a, scale: s } = start, undone = reshape(slot.value.shape, round(scaleBy(-s, matmul(b, a)), application.rounding, slot.unmerged.dtype));
      change(slot, add(merged.weight!, undone), { ...merged, formula: `${merged.formula} − ${s}·B₀·A₀` }, parts, application.rounding);
      if (slot.factors !== undefined) slot.factors = [...slot.factors, { b, a, scale: -s }];
      Object.assign(slot, scaling);
      return;
    }
    if (merged.weight !== undefined) {
      change(slot, merged.weight, merged, parts, application.rounding);
      Object.assign(slot, scaling);
    }
    if (merged.bias !== undefined) {
      Object.assign(bias!, { value: merged.bias, kind: 'delta', formula: merged.biasFormula ?? 'b', factors: undefined });
      bias!.from.push(...(onBias.length === 0 ? parts : roles(onBias)));
    }
    if (merged.weight === undefined && merged.bias === undefined) {
      for (const name of parts) model.dropped.push({ name, why: { en: `nothing is left of it: ${slot.name} stays as in the base`, zh: `已无任何内容：${slot.name} 与基座保持一致` } });
    }
  }

  const failed = model.findings.some(({ severity }) => severity === 'error');
  for (const { name } of failed ? [] : shared.unused()) strangers.push({ name, wanted: name });
  if (strangers.length > 0) {
    const { name, wanted } = strangers[0]!;
    say(finding(UNMATCHED_TENSOR, { tensor: name, wanted, count: strangers.length, trained }, { tensor: name }));
  }
  if (moved.length > 0) {
    const { module, home } = moved[0]!;
    say(finding(PREFIX_RULE, { count: moved.length, rule: ruleText(home), module, target: home.name }, { tensor: home.name }));
  }
  if (adapter.doubleWrapped !== undefined) say(finding(DOUBLE_WRAPPED, { example: adapter.doubleWrapped }, { tensor: adapter.doubleWrapped }));
  for (const { name, why } of adapter.dropped) model.dropped.push({ name: `${role}:${name}`, why });
}

/** B₀ and A₀ of a plain linear module; null when the initial adapter does not have it in the same shape. */
function initialFactors({ adapter, firstInput }: NonNullable<Application['initial']>, module: AdapterModule, scale: number): NonNullable<Merged['factors']> | null {
  const own = adapter.modules.find((other) => other.path === module.path && other.wrapped === module.wrapped);
  const [A0, B0] = ['lora_A.weight', 'lora_B.weight'].map((name) => own?.parts.get(name));
  const [A, B] = ['lora_A.weight', 'lora_B.weight'].map((name) => module.parts.get(name));
  if (A0 === undefined || B0 === undefined || A === undefined || B === undefined || A0.shape.length !== 2 || !sameShape(A0.shape, A.shape) || !sameShape(B0.shape, B.shape)) return null;
  return { b: bound(B0, firstInput), a: bound(A0, firstInput), scale };
}

/** The slot of an output head that the base does not store because it is the embedding, made on first use. */
function tiedHead(model: Model, path: string): Slot | undefined {
  const name = HEAD_NAMES.find((head) => path === head || path.endsWith(`.${head}`));
  const embedding = findEmbedding(model.slots.keys()), tied = embedding === undefined ? undefined : model.slots.get(embedding);
  if (name === undefined || tied === undefined || tied.base === undefined || model.config?.get('tie_word_embeddings') === false) return undefined;
  const existing = model.slots.get(name);
  if (existing !== undefined) return existing;
  const source = tied.original;
  const slot: Slot = { name, original: source, unmerged: source, value: source, kind: 'untouched', formula: 'W', from: [`base:${embedding!}`], factors: [], why: { en: `untied from ${embedding!}`, zh: `与 ${embedding!} 解除绑定` } };
  model.slots.set(name, slot);
  return slot;
}

function isVocabulary(model: Model, name: string): boolean {
  return name === findEmbedding(model.slots.keys()) || HEAD_NAMES.includes(name);
}

