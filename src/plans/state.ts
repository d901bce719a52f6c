/**
 * @module
 * The plan that writes a training state out: as the model in it, under the names that a loader knows where they are asked
 * for, or as the adapter in it, with a configuration where one can be had without guessing.
 */
import { configText, loraFacts, loraFields } from '../adapters/lora-facts.ts';
import { adapterPart } from '../adapters/memory.ts';
import { METHOD_NOT_BUILT } from '../adapters/codes.ts';
import { ADAPTER_CONFIG, numberField, patternField, readAdapterConfig, textField, type AdapterConfig } from '../adapters/config.ts';
import { methodOf } from '../adapters/methods/index.ts';
import { findConfig } from '../adapters/weights.ts';
import type { Folder } from '../bytes/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { STATE_ADAPTER_CONFIG_ABSENT, STATE_ADAPTER_INSIDE, STATE_CONFIG_ABSENT, STATE_FROZEN_ABSENT } from '../checkpoints/states/codes.ts';
import { finding, refuse, type Finding, type Text } from '../findings/index.ts';
import { isComputeDType, type ComputeDType } from '../tensors/index.ts';
import { findCompanions } from './companions.ts';
import { editConfig } from './config.ts';
import { NEW_DTYPE, planWeights, type ConvertOptions } from './convert.ts';
import { STATE_SHARD_BYTES } from './files.ts';
import { CONFIG_AND_TENSORS } from './states/codes.ts';
import { InputTable, planInput } from './inputs.ts';
import type { BoundPlan } from './merge.ts';
import { dtypeChanges } from './dtype-changes.ts';
import { readConfig } from './read-config.ts';
import type { Dropped, PlannedFile } from './plan.ts';

/** How to write a state. */
export interface StatePlanOptions extends Omit<ConvertOptions, 'keep' | 'materializeTied' | 'stem'> {
  /** Names to write instead of those of the state, and those that are left out: for `--to huggingface`. */
  readonly names?: { readonly renamed: ReadonlyMap<string, string>; readonly dropped: readonly Dropped[] };
}

const CARRIED: Text = { en: 'from beside the training state', zh: '来自训练状态旁边' };

/** The model in a state. */
export async function planStateModel(state: Checkpoint, options: StatePlanOptions): Promise<BoundPlan> {
  const table = new InputTable(), config = await readConfig(state), { names } = options;
  await table.addCheckpoint('base', state);
  const back = new Map([...names?.renamed ?? []].map(([from, to]) => [to, from])), left = new Set(names?.dropped.map(({ name }) => name));
  const tensors = new Map([...state.tensors].filter(([name]) => !left.has(name)).map(([name, tensor]) => { const to = names?.renamed.get(name) ?? name; return [to, { ...tensor, name: to }] as const; }));
  const model: Checkpoint = { ...state, tensors }, { files, dropped, findings: told } = await planWeights(model, config?.fields, table, 0, withShards(options));
  const rest: PlannedFile[] = [], findings = [...told];
  if (options.single === undefined) {
    if (config !== undefined) {
      const dtype = options.dtype ?? dtypeOf(model), changes = dtype === undefined ? [] : dtypeChanges(config.fields, dtype);
      const text = changes.length === 0 ? config.text : editConfig(config.text, changes);
      rest.push(text === config.text ? { kind: 'copy', path: 'config.json', input: await table.addFile('base', state.folder, 'config.json'), why: CARRIED } : { kind: 'text', path: 'config.json', text, why: NEW_DTYPE });
    }
    else if (!inMemory(state)) findings.push(finding(STATE_CONFIG_ABSENT, { folder: state.folder.label }, { path: 'config.json' }));
    rest.push(...await companions(state.folder, table));
  }
  return bound(table, [...withNames(files, back), ...rest], [...names?.dropped ?? [], ...dropped], [...state.findings, ...findings], options);
}

/** Whether the names are those of a PEFT model in memory: nothing loads them as a model, with or without a configuration. */
const inMemory = ({ findings }: Checkpoint): boolean => findings.some(({ code }) => code === STATE_ADAPTER_INSIDE.code || code === STATE_FROZEN_ABSENT.code);

/** The one float dtype of all tensors; undefined when there are several. */
function dtypeOf({ tensors }: Checkpoint): ComputeDType | undefined {
  const dtypes = new Set([...tensors.values()].map(({ dtype }) => dtype).filter(isComputeDType)), [only] = dtypes;
  return dtypes.size === 1 ? only : undefined;
}

/** The adapter in a state. */
export async function planStateAdapter(state: Checkpoint, options: StatePlanOptions & { readonly alpha?: number }): Promise<BoundPlan> {
  const table = new InputTable();
  await table.addCheckpoint('base', state);
  const beside = await findConfig(state.folder, state.state?.tag ?? ''), config = beside === undefined ? undefined : await readAdapterConfig(beside.folder);
  const type = (config === undefined ? undefined : textField(config, 'peft_type')) ?? 'LORA', method = methodOf(type) ?? refuse(METHOD_NOT_BUILT, { type }, { path: ADAPTER_CONFIG });
  const { checkpoint, dropped, renamed } = adapterPart(state, method, config), findings: Finding[] = [...checkpoint.findings];
  const weights = await planWeights(checkpoint, undefined, table, 0, { ...withShards(options), stem: 'adapter_model' }), rest: PlannedFile[] = [];
  if (options.single === undefined) {
    if (config !== undefined && options.alpha === undefined) {
      refuseOtherRun(checkpoint, config);
      rest.push({ kind: 'copy', path: ADAPTER_CONFIG, input: await table.addFile('base', state.folder, beside!.path), why: CARRIED });
    } else if (config !== undefined && otherRank(checkpoint, config) === undefined) {
      rest.push({ kind: 'text', path: ADAPTER_CONFIG, text: configText(new Map([...config.fields, ['lora_alpha', options.alpha!]])), why: WITH_ALPHA });
    } else rest.push(...synthesised(checkpoint, options.alpha, findings));
    rest.push(...(await companions(state.folder, table)).filter(({ path }) => path !== 'generation_config.json'));
  }
  return bound(table, [...withNames(weights.files, renamed), ...rest], [...dropped, ...weights.dropped], [...findings, ...weights.findings], options);
}

const WITH_ALPHA: Text = { en: 'from beside the training state, with --lora-alpha', zh: '来自训练状态旁边，采用 --lora-alpha' };

/** The rank of the tensors, where the configuration says another and no pattern can explain it. */
function otherRank({ tensors }: Checkpoint, config: AdapterConfig): number | undefined {
  const facts = loraFacts(tensors.values());
  return facts === undefined || !config.fields.has('r') || facts.rankPattern.size > 0 || patternField(config, 'rank_pattern').size > 0 || facts.r === numberField(config, 'r', facts.r) ? undefined : facts.r;
}

/** Refuses a configuration that was left beside the state by another run: its alpha would scale wrongly. */
function refuseOtherRun(adapter: Checkpoint, config: AdapterConfig): void {
  const found = otherRank(adapter, config);
  if (found !== undefined) refuse(CONFIG_AND_TENSORS, { part: adapter.folder.label, field: 'r', stated: numberField(config, 'r', found), found }, { path: ADAPTER_CONFIG, found, expected: numberField(config, 'r', found) });
}

const SYNTHESISED: Text = { en: 'follows from the tensors and --lora-alpha', zh: '由张量与 --lora-alpha 推得' };

/** A configuration out of names, shapes and the user's word; without that word there is none, for PEFT would take 8. */
function synthesised({ tensors }: Checkpoint, alpha: number | undefined, findings: Finding[]): PlannedFile[] {
  const facts = loraFacts(tensors.values());
  if (facts === undefined) return [];
  if (alpha !== undefined) return [{ kind: 'text', path: ADAPTER_CONFIG, text: configText(loraFields(facts, { alpha })), why: SYNTHESISED }];
  findings.push(finding(STATE_ADAPTER_CONFIG_ABSENT, { r: facts.r, modules: facts.targetModules.join(', ') }, { path: ADAPTER_CONFIG }));
  return [];
}

async function companions(folder: Folder, table: InputTable): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [], { companions: found } = await findCompanions(folder, []);
  for (const { path, modifiedMs } of found) files.push({ kind: 'copy', path, input: await table.addFile('base', folder, path, modifiedMs), why: CARRIED });
  return files;
}

const withShards = ({ dtype, maxShardBytes, single, container, version }: StatePlanOptions): ConvertOptions => ({
  version, maxShardBytes: maxShardBytes ?? STATE_SHARD_BYTES, ...(dtype === undefined ? {} : { dtype }), ...(single === undefined ? {} : { single }), ...(container === undefined ? {} : { container }),
});

/** Says under which name a tensor stood in the state. */
function withNames(files: readonly PlannedFile[], renamed: ReadonlyMap<string, string>): PlannedFile[] {
  return files.map((file) => (file.kind !== 'weights' ? file : {
    ...file, tensors: file.tensors.map((tensor) => { const from = renamed.get(tensor.name); return from === undefined ? tensor : { ...tensor, renamedFrom: from, from: [`base:${from}`] }; }),
  }));
}

function bound(table: InputTable, files: readonly PlannedFile[], dropped: readonly Dropped[], findings: readonly Finding[], { version }: StatePlanOptions): BoundPlan {
  return { inputs: table.inputs, plan: { schema: 'temper.plan/1', verb: 'convert', version, stages: [], files, dropped, findings, inputs: table.inputs.map(planInput) } };
}
