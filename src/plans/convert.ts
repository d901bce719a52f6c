/**
 * @module
 * The plan of a conversion: the same tensors in another container, layout or dtype, and what lies beside them.
 */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { finding, refuse, type Finding, type Text } from '../findings/index.ts';
import { cast, isComputeDType, rebind, type ComputeDType } from '../tensors/index.ts';
import { KEEP_IMPOSSIBLE, KEPT_BOTH, NAMES_RESTORED, NOT_CARRIED } from './codes.ts';
import { findCompanions } from './companions.ts';
import { editConfig, withoutQuantisation } from './config.ts';
import { layOut, type PlacedTensor, type Written } from './files.ts';
import { InputTable, planInput, type Within } from './inputs.ts';
import { leftovers } from './leftovers.ts';
import type { BoundPlan } from './merge.ts';
import { dtypeChanges } from './dtype-changes.ts';
import { isCopy } from './moves.ts';
import { readConfig } from './read-config.ts';
import type { Dropped, PlannedFile, PlannedTensor, Shared } from './plan.ts';
import { recordedNames, sharedNames, sharedTensors, tiedHead } from './shared.ts';
import { verbatim } from './verbatim.ts';

/** What a conversion may be told. */
export interface ConvertOptions {
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  /** Write one file of this name and nothing beside it. */
  readonly single?: string;
  readonly container?: Written;
  /** The folder is the model: carry over what is not known to be something else, and name what stays behind. */
  readonly whole?: boolean;
  /** Carry the files of the input over beside the new ones. */
  readonly keep?: boolean;
  /** Write names that share a storage out each, and those that were left out before. */
  readonly materializeTied?: boolean;
  /** Stem of the files, where the input's say nothing. */
  readonly stem?: string;
  readonly version: string;
}

/** What becomes of one set of weights. */
export interface WeightsPlan { readonly files: readonly PlannedFile[]; readonly dropped: readonly Dropped[]; readonly findings: readonly Finding[] }

/** The plan of a conversion. */
export async function planConvert(base: Checkpoint, options: ConvertOptions): Promise<BoundPlan> {
  const table = new InputTable(), config = await readConfig(base);
  await table.addCheckpoint('base', base);
  const { files, dropped, findings } = await planWeights(base, config?.fields, table, 0, options);
  const rest = options.single === undefined ? await beside(base, config, table, options) : [], named: Finding[] = [];
  if (options.whole && options.single === undefined) {
    const taken = new Set([...base.files.map(({ path }) => path), ...base.index === undefined ? [] : [base.index], ...rest.map(({ path }) => path)]), { carry, left } = await leftovers(base.folder, taken);
    for (const { path, modifiedMs } of carry) rest.push({ kind: 'copy', path, input: await table.addFile('base', base.folder, path, modifiedMs), why: UNCHANGED });
    if (left.length > 0) named.push(finding(NOT_CARRIED, { names: left.join(', '), why: NOT_THE_MODEL }, { path: '.' }));
  }
  return {
    inputs: table.inputs,
    plan: {
      schema: 'temper.plan/1', verb: 'convert', version: options.version, stages: [], files: [...files, ...rest], findings: [...base.findings, ...findings, ...named], dropped,
      inputs: table.inputs.map(planInput),
    },
  };
}

const SHARED_NAME = (kept: string): Text => ({ en: `the same storage as ${kept}; the metadata says so`, zh: `与 ${kept} 共用存储；已记入 metadata` });
const RESTORED = (kept: string): Text => ({ en: `tied to ${kept}`, zh: `与 ${kept} 绑定` });

/** Plans the weights of a checkpoint whose files begin at `firstInput` of the table, under paths `within` a folder. Those of the result are relative to its own. */
export async function planWeights(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined, table: InputTable, firstInput: number, options: ConvertOptions,
  within: Within = { folder: base.folder, prefix: '' }): Promise<WeightsPlan> {
  // Side by side, nothing said: the format that is not there.
  const container = options.container ?? (options.keep && base.files.every(({ format }) => format === 'safetensors') ? 'torch-zip' : 'safetensors'), stem = options.stem ?? stemOf(base), sharing = container !== 'safetensors', { materializeTied = false } = options;
  // PEFT loads an adapter by its names and ties nothing; a training state gives every name that the official script gives.
  const removed = sharing || materializeTied || stem === 'adapter_model' || base.state !== undefined ? new Map<string, string>() : sharedNames(base, config);
  const shared = sharing && !materializeTied ? sharedTensors(base) : new Map<string, Shared>();
  const placed: PlacedTensor[] = [...base.tensors.values()].filter(({ name }) => !removed.has(name)).map((tensor) => {
    const shares = shared.get(tensor.name), own = rebind(tensor.expression, (file) => firstInput + file);
    return { file: tensor.file, tensor: { ...planTensor(tensor.name, own, options.dtype), ...(shares === undefined ? {} : { shares }) } };
  });
  const restored = sharing || materializeTied ? recordedNames(base) : new Map<string, string>();
  const head = (sharing || materializeTied) && stem === 'model' ? tiedHead(base, config) : undefined;
  if (head !== undefined) restored.set(...head);
  const byName = new Map(placed.map((one) => [one.tensor.name, one]));
  for (const [name, kept] of restored) {
    const { file, tensor } = byName.get(kept)!;
    placed.push({ ...(file === undefined ? {} : { file }), tensor: { ...tensor, name, why: RESTORED(kept), ...(materializeTied ? {} : { shares: { name: kept, object: true } }) } });
  }
  const files: PlannedFile[] = [...layOut(base, placed, {
    stem, removed, container,
    ...(options.maxShardBytes === undefined ? {} : { maxShardBytes: options.maxShardBytes }), ...(options.single === undefined ? {} : { single: options.single }),
  })];
  const findings: Finding[] = [];
  if (restored.size > 0) findings.push(finding(NAMES_RESTORED, { names: [...restored].map(([name, kept]) => `${name} = ${kept}`).join(', ') }, { path: files[0]!.path }));
  if (options.keep) {
    const kept = await keep(base, table, firstInput, options, new Set(files.map(({ path }) => path)), within);
    findings.push(finding(KEPT_BOTH, bothOf(files, kept), { path: '.' }));
    files.push(...kept);
  }
  return { files, findings, dropped: [...removed].map(([name, by]) => ({ name, why: SHARED_NAME(by) })) };
}

function planTensor(name: string, own: PlannedTensor['expression'], wanted: ComputeDType | undefined): PlannedTensor {
  const dtype = wanted !== undefined && isComputeDType(own.dtype) ? wanted : own.dtype, expression = cast(dtype, own);
  return { name, dtype, shape: own.shape, expression, action: isCopy(expression) ? 'copied' : 'computed', formula: 'W', from: [`base:${name}`] };
}

/** Stem of the output's weights: the input's, where that means something. */
function stemOf(base: Checkpoint): string {
  return STEMS.find((stem) => base.files.some((file) => file.path.slice(file.path.lastIndexOf('/') + 1).startsWith(stem))) ?? 'model';
}

/** Stems that safetensors and torch files share; models proper are called differently in the two. */
const STEMS: readonly string[] = ['adapter_model', 'diffusion_pytorch_model'];

const KEPT: Text = { en: 'of the input, kept beside its twin', zh: '来自输入，与另一格式并存' };

/** The files of the input as they are. Refuses what could not stand beside the new ones, or would not be their twin. */
async function keep(base: Checkpoint, table: InputTable, firstInput: number, { dtype, single }: ConvertOptions, taken: ReadonlySet<string>, { folder, prefix }: Within): Promise<PlannedFile[]> {
  const no = (en: string, zh: string): never => refuse(KEEP_IMPOSSIBLE, { problem: { en, zh } }, { path: '.' });
  if (single !== undefined) no('the output is one file', '输出是单个文件');
  if (dtype !== undefined) no('with another dtype the two would not hold the same tensors', '改变数据类型后，两者的张量不再相同');
  const files: PlannedFile[] = [];
  for (const [i, { path, raw, bytes }] of base.files.entries()) {
    if (taken.has(nameOf(path))) no(`the input has that format already: ${nameOf(path)}`, `输入已是该格式：${nameOf(path)}`);
    // What is read through a view is not what the file holds.
    files.push(raw === undefined ? verbatim(nameOf(path), firstInput + i, bytes, KEPT) : { kind: 'copy', path: nameOf(path), input: await table.addFile('base', folder, prefix + path), why: KEPT });
  }
  if (base.index !== undefined) files.push({ kind: 'copy', path: nameOf(base.index), input: await table.addFile('base', folder, prefix + base.index), why: KEPT });
  return files;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Loaders take safetensors wherever there are any. */
function bothOf(written: readonly PlannedFile[], kept: readonly PlannedFile[]): { used: string; other: string } {
  const [one, other] = [written[0]!.path, kept[0]!.path];
  return one.endsWith('.safetensors') ? { used: one, other } : { used: other, other: one };
}

const UNCHANGED: Text = { en: 'of the input, unchanged', zh: '来自输入，未改动' };
const NOT_THE_MODEL: Text = { en: 'training state, logs, other weights and folders', zh: '训练状态、日志、其他权重与目录' };

async function beside(base: Checkpoint, config: Awaited<ReturnType<typeof readConfig>>, table: InputTable, options: ConvertOptions): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  if (config !== undefined) {
    const unquantised = base.dequantised === undefined ? [] : withoutQuantisation(config.fields), changes = [...options.dtype === undefined ? [] : dtypeChanges(config.fields, options.dtype), ...unquantised];
    files.push(changes.length === 0 ? { kind: 'copy', path: 'config.json', input: await table.addFile('base', base.folder, 'config.json'), why: UNCHANGED }
      : { kind: 'text', path: 'config.json', text: editConfig(config.text, changes), why: unquantised.length > 0 ? NO_QUANTISATION : NEW_DTYPE });
  }
  const { companions } = await findCompanions(base.folder, []);
  const own = (await base.folder.list()).filter((entry) => entry.kind === 'file' && entry.unusable === undefined && entry.path === 'adapter_config.json');
  for (const { path, modifiedMs } of [...companions, ...own]) {
    files.push({ kind: 'copy', path, input: await table.addFile('base', base.folder, path, modifiedMs), why: UNCHANGED });
  }
  return files;
}

const NO_QUANTISATION: Text = { en: 'of the input, without quantization_config', zh: '来自输入，去掉了 quantization_config' };

/** Why a config.json is not the input's. */
export const NEW_DTYPE: Text = { en: 'of the input, with the new dtype', zh: '来自输入，更新了数据类型' };
