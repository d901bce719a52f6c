/**
 * @module
 * The plan of a merge: base and adapters in, one deployable directory out. Made from headers, plus one pass over the
 * adapters' bytes; complete, or a refusal that names what has no place.
 */
import { applyAdapter, healthFindings, promiseFindings, settleTies, startModel, type Adapter, type Model, type Rounding, type Slot } from '../adapters/index.ts';
import { QUANTIZED_BASE } from '../adapters/codes.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { dequantise, findEmbedding, findHead, findQuantization, LAYER_COUNT_FIELDS, PER_LAYER_FIELDS } from '../families/index.ts';
import { finding, TemperError, type Finding, type Text } from '../findings/index.ts';
import { cast, isComputeDType, type ComputeDType, type Expression } from '../tensors/index.ts';
import { NO_TOKENIZER_FOR_VOCABULARY, VOCABULARY_GREW, VOCABULARY_SPLIT } from './codes.ts';
import { findCompanions } from './companions.ts';
import { dtypeChanges } from './dtype-changes.ts';
import { editConfig, fieldPaths, withoutQuantisation, type ConfigChange } from './config.ts';
import { layOut, STATE_SHARD_BYTES, type PlacedTensor, type Written } from './files.ts';
import { InputTable, planInput, type BoundInput } from './inputs.ts';
import type { Plan, PlannedFile, PlannedTensor } from './plan.ts';
import { isCopy } from './moves.ts';
import { readConfig } from './read-config.ts';

/** What a merge may be told. */
export interface MergeOptions {
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  readonly rounding?: Rounding;
  readonly initial?: Adapter;
  readonly container?: Written;
  /** Merge onto the numbers that a quantised base stands for. */
  readonly dequantize?: boolean;
  /** Version of this package, for the manifest. */
  readonly version: string;
}

/** A plan, with its inputs bound to where they are now; and, when it was just made, the model it writes. */
export interface BoundPlan { readonly plan: Plan; readonly inputs: readonly BoundInput[]; readonly model?: Model }

/** A model with the adapters applied, and the table of what it reads: what both `merge` and `verify` start from. */
export interface AppliedModel { readonly model: Model; readonly table: InputTable }

/** How adapters are applied. */
export interface ApplyOptions {
  readonly rounding?: Rounding;
  readonly config: ReadonlyMap<string, unknown> | undefined;
  /** The first adapter as it was before training. */
  readonly initial?: Adapter;
}

/** Applies adapters to a base; throws every refusal at once. */
export async function applyAll(base: Checkpoint, adapters: readonly Adapter[], options: ApplyOptions): Promise<AppliedModel> {
  const table = new InputTable();
  await table.addCheckpoint('base', base);
  const model = startModel(base, options.config);
  model.findings.push(...base.findings);
  const quantized = findQuantization(base.tensors.keys(), options.config);
  if (quantized !== undefined && base.dequantised === undefined) model.findings.push(finding(QUANTIZED_BASE, quantized, { path: 'config.json' }));
  for (const [i, adapter] of adapters.entries()) {
    const role = i === 0 ? 'adapter' : `adapter-${i + 1}`;
    model.findings.push(...adapter.findings);
    refuseErrors(model.findings);
    model.findings.push(...await healthFindings(adapter), ...promiseFindings(model, adapter));
    const firstInput = await table.addCheckpoint(role, adapter.checkpoint);
    const initial = i > 0 || options.initial === undefined ? {} : { initial: { adapter: options.initial, firstInput: await table.addCheckpoint('initial-adapter', options.initial.checkpoint) } };
    await applyAdapter(model, { adapter, role, firstInput, rounding: options.rounding ?? 'exact', ...initial });
    refuseErrors(model.findings);
  }
  await settleTies(model, adapters);
  return { model, table };
}

function refuseErrors(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new TemperError(errors);
}

/** The plan of a merge. */
export async function planMerge(given: Checkpoint, adapters: readonly Adapter[], options: MergeOptions): Promise<BoundPlan> {
  const config = await readConfig(given), base = options.dequantize ? await dequantise(given, config?.fields) : given;
  const { model, table } = await applyAll(base, adapters, {
    config: config?.fields, ...(options.rounding === undefined ? {} : { rounding: options.rounding }), ...(options.initial === undefined ? {} : { initial: options.initial }),
  });
  const placed: PlacedTensor[] = [...model.slots.values()].map((slot) => ({
    tensor: planTensor(slot, outputDType(slot, model, options)), ...(slot.base === undefined ? {} : { file: slot.base.file }),
  }));
  // A training state has no shards that the output could follow.
  const maxShardBytes = options.maxShardBytes ?? (base.state === undefined ? undefined : STATE_SHARD_BYTES);
  const weights = layOut(base, placed, { stem: 'model', ...(options.container === undefined ? {} : { container: options.container }), ...(maxShardBytes === undefined ? {} : { maxShardBytes }) });
  const { companions, tokenizer } = await findCompanions(base.folder, adapters.map((adapter, i) => ({ role: i === 0 ? 'adapter' : `adapter-${i + 1}`, folder: adapter.folder })));
  const changes = configChanges(model, options, tokenizer);
  const files: PlannedFile[] = [...weights];
  if (config !== undefined) {
    const why: Text = changes.length === 0 ? { en: 'of the base, unchanged', zh: '来自基座，未改动' }
      : { en: `of the base, changed: ${changes.map(({ path }) => path.join('.')).join(', ')}`, zh: `来自基座，已修改：${changes.map(({ path }) => path.join('.')).join('、')}` };
    files.push(changes.length === 0 ? { kind: 'copy', path: 'config.json', input: await table.addFile('base', base.folder, 'config.json'), why }
      : { kind: 'text', path: 'config.json', text: editConfig(config.text, changes), why });
  }
  for (const companion of companions) {
    files.push({ kind: 'copy', path: companion.path, input: await table.addFile(companion.from, companion.folder, companion.path, companion.modifiedMs), why: companion.why });
  }
  return {
    inputs: table.inputs, model,
    plan: {
      schema: 'temper.plan/1', verb: 'merge', version: options.version, stages: model.stages, files, dropped: model.dropped, findings: model.findings,
      inputs: table.inputs.map(planInput),
    },
  };
}

/** Output dtype: what was asked for floats, else the base's own; an added tensor follows the tensor it parted from. */
function outputDType(slot: Slot, model: Model, options: MergeOptions): Expression['dtype'] {
  const own = slot.base?.dtype ?? slot.original.dtype;
  return options.dtype !== undefined && isComputeDType(own) ? options.dtype : own;
}

function planTensor(slot: Slot, dtype: Expression['dtype']): PlannedTensor {
  const expression = cast(dtype, slot.value);
  return {
    name: slot.name, dtype, shape: expression.shape, expression, action: isCopy(expression) ? 'copied' : 'computed',
    formula: slot.formula, from: slot.from,
    ...(slot.scale === undefined ? {} : { scale: slot.scale }), ...(slot.scaleFrom === undefined ? {} : { scaleFrom: slot.scaleFrom }),
    ...(slot.why === undefined ? {} : { why: slot.why }),
  };
}

function configChanges(model: Model, options: MergeOptions, tokenizer: string): ConfigChange[] {
  const changes: ConfigChange[] = [], fields = model.config;
  const name = findEmbedding(model.base.tensors.keys()), embedding = name === undefined ? undefined : model.slots.get(name);
  const headName = findHead(model.slots), head = headName === undefined ? undefined : model.slots.get(headName);
  const before = embedding?.original.shape[0], after = embedding?.value.shape[0];
  if (after !== undefined && head !== undefined && head.value.shape[0] !== after) {
    throw new TemperError([finding(VOCABULARY_SPLIT, { embedding: name!, rows: after, head: headName!, headRows: head.value.shape[0]! }, { tensor: headName!, severity: 'error' })]);
  }
  if (before !== undefined && after !== undefined && before !== after) {
    changes.push(...fieldPaths(fields, 'vocab_size').map((path) => ({ path, value: after })));
    model.findings.push(finding(VOCABULARY_GREW, { before, after }, { path: 'config.json' }));
    if (tokenizer === 'base') model.findings.push(finding(NO_TOKENIZER_FOR_VOCABULARY, { rows: after }, { path: '.' }));
  }
  if (model.replication !== undefined) changes.push(...layerChanges(fields, model.replication.stack));
  if (model.untied !== undefined) changes.push(...fieldPaths(fields, 'tie_word_embeddings').map((path) => ({ path, value: false })));
  if (options.dtype !== undefined) changes.push(...dtypeChanges(fields, options.dtype));
  if (model.base.dequantised !== undefined) changes.push(...withoutQuantisation(fields));
  return changes;
}

/** The number of layers, and what config.json lists layer by layer, in the order of the new stack. */
function layerChanges(fields: ReadonlyMap<string, unknown> | undefined, stack: readonly number[]): ConfigChange[] {
  const present = (names: readonly string[]) => names.flatMap((field) => fieldPaths(fields, field)).map((path) => ({ path, value: path.reduce<unknown>((at, key) => (at instanceof Map ? at.get(key) : undefined), fields) }));
  return [
    ...present(LAYER_COUNT_FIELDS).filter(({ value }) => typeof value === 'number').map(({ path }) => ({ path, value: stack.length })),
    ...present(PER_LAYER_FIELDS).flatMap(({ path, value }) => (Array.isArray(value) ? [{ path, value: stack.map((old) => value[old] as unknown) }] : [])),
  ];
}

