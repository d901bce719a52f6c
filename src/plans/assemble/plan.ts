/**
 * @module
 * The plan of an assembly: every part of a model that was trained in pieces, and the bases that were given for them, in
 * one directory. An adapter with its base is merged; what has no base is carried over as it is.
 */
import type { Adapter } from '../../adapters/index.ts';
import type { Folder } from '../../bytes/index.ts';
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { finding, refuse, type Finding, type Text } from '../../findings/index.ts';
import { cast, rebind, type ComputeDType } from '../../tensors/index.ts';
import { combinePlans, type PlanPart } from '../combine.ts';
import { planConvert } from '../convert.ts';
import type { Written } from '../files.ts';
import { InputTable, planInput } from '../inputs.ts';
import { planMerge, type BoundPlan } from '../merge.ts';
import { isCopy } from '../moves.ts';
import { readConfig } from '../read-config.ts';
import type { PlannedFile } from '../plan.ts';
import { BASE_NOT_NEEDED, COMPLETED_FROM_BASE, NOT_ASSEMBLED, PART_CARRIED, PARTS_MISFIT } from './codes.ts';
import type { BaseRole, Part, TreeParts } from './parts.ts';

/** A part with what was opened of it. */
export interface OpenedPart extends Part {
  readonly folder: Folder;
  readonly checkpoint: Checkpoint;
  /** Set for adapters that are merged. */
  readonly adapter?: Adapter;
}

/** What an assembly may be told. */
export interface AssembleOptions { readonly dtype?: ComputeDType; readonly maxShardBytes?: number; readonly container?: Written; readonly version: string }

/** What became of a part. */
export interface AssembledPart {
  readonly part: string;
  readonly how: 'merged' | 'carried-over' | 'base';
  /** Folder in the output; `.` is its root. */
  readonly to: string;
}

/** The plan, and what becomes of every part. */
export interface Assembly { readonly bound: BoundPlan; readonly parts: readonly AssembledPart[] }

const OF_BASE: Text = { en: 'of the base', zh: '来自基座' };
const OF_TREE: Text = { en: 'of the training output, unchanged', zh: '来自训练输出，未改动' };

/** Where a whole model of a role lies in the output. */
const HOME: Readonly<Record<Part['role'], string>> = { llm: '', visual_encoder: 'visual_encoder/', projector: 'projector/' };

/** Plans it. */
export async function planAssembly(tree: Folder, found: TreeParts, parts: readonly OpenedPart[], bases: ReadonlyMap<BaseRole, Checkpoint>, options: AssembleOptions): Promise<Assembly> {
  const plans: PlanPart[] = [], told: AssembledPart[] = [], findings: Finding[] = [];
  await checkFit(parts, bases);
  const inside = insideLlm(parts, bases);
  for (const part of parts) {
    if (inside.has(part)) { told.push({ part: part.path, how: 'merged', to: '.' }); continue; }
    const base = part.role === 'projector' ? undefined : bases.get(part.role), name = part.path === '' ? part.role : part.path;
    if (part.form === 'adapter' && base !== undefined && part.adapter !== undefined) {
      const more = part.role === 'llm' ? [...inside].filter(({ form }) => form === 'adapter') : [], projector = part.role === 'llm' ? [...inside].find(({ role }) => role === 'projector') : undefined;
      const merged = await planMerge(base, [part.adapter, ...more.map(({ adapter }) => adapter!)], options);
      plans.push({ bound: projector === undefined ? merged : await withTensorsOf(projector, merged), folder: HOME[part.role], roles: { base: part.role, adapter: name, 'adapter-2': more[0]?.path ?? '', projector: 'projector' } });
      told.push({ part: name, how: 'merged', to: HOME[part.role] || '.' });
      continue;
    }
    const { maxShardBytes: _, ...unsharded } = options;
    const folder = part.form === 'adapter' && part.path !== '' ? `${part.path}/` : HOME[part.role];
    const whole = await withCard(part, await planConvert(part.checkpoint, { ...part.form === 'adapter' ? unsharded : options, container: options.container ?? 'safetensors' }));
    const completed = base === undefined || part.form === 'adapter' ? { bound: whole, findings: [] } : await complete(part, whole, base, name, options);
    plans.push({ bound: completed.bound, folder, roles: { base: name } });
    findings.push(...completed.findings);
    told.push({ part: name, how: 'carried-over', to: folder || '.' });
    if (part.form === 'adapter' && part.role !== 'projector' && base === undefined) findings.push(finding(PART_CARRIED, { part: name, role: part.role }, { path: part.path || '.' }));
  }
  for (const [role, base] of bases) {
    if (parts.some((part) => part.role === role)) continue;
    plans.push({ bound: await planConvert(base, { ...options, container: options.container ?? 'safetensors' }), folder: HOME[role], roles: { base: role } });
    told.push({ part: role, how: 'base', to: HOME[role] || '.' });
  }
  const own = await rootFiles(tree, found, options.version, new Set(plans.flatMap(({ bound, folder }) => (folder === '' && bound.inputs.some(({ folder: from }) => from === tree) ? bound.plan.files.map(({ path }) => path) : []))));
  const taken = new Set(own.plan.files.map(({ path }) => path));
  // What training saved beside the parts counts more than the file of the base that has the same name.
  const kept = plans.map((part) => (part.folder !== '' ? part : { ...part, bound: { ...part.bound, plan: { ...part.bound.plan, files: part.bound.plan.files.filter(({ path }) => !taken.has(path)) } } }));
  const bound = combinePlans('assemble', options.version, [...kept, { bound: own, folder: '', roles: {} }]);
  if (found.strangers.length > 0) findings.push(finding(NOT_ASSEMBLED, { names: found.strangers.join(', ') }, { path: '.' }));
  return { bound: { ...bound, plan: { ...bound.plan, findings: [...bound.plan.findings, ...findings] } }, parts: told };
}

/** A whole part with the files of its base that it lacks: configuration, tokenizer, processor, code. */
async function complete(part: OpenedPart, bound: BoundPlan, base: Checkpoint, name: string, options: AssembleOptions): Promise<{ bound: BoundPlan; findings: Finding[] }> {
  const role = part.role as BaseRole, own = new Set(bound.plan.files.map(({ path }) => path));
  if (own.has('config.json')) return { bound, findings: [finding(BASE_NOT_NEEDED, { role, part: name }, { path: part.path || '.' })] };
  const stranger = [...part.checkpoint.tensors.values()].find(({ name: tensor, shape }) => { const twin = base.tensors.get(tensor); return twin === undefined || twin.shape.length !== shape.length || twin.shape.some((side, i) => side !== shape[i]); });
  if (stranger !== undefined) {
    const twin = base.tensors.get(stranger.name);
    misfit(stranger.name, 'shape', `[${stranger.shape}]`, { en: 'the base given', zh: '给出的基座' }, twin === undefined ? 'none' : `[${twin.shape}]`);
  }
  const donor = await planConvert(base, { version: options.version, container: options.container ?? 'safetensors' }), table = new InputTable(), files: PlannedFile[] = [];
  for (const file of donor.plan.files) {
    if (file.kind === 'copy' && !own.has(file.path)) files.push({ ...file, input: bound.inputs.length + await table.addFile('donor', base.folder, file.path), why: OF_BASE });
  }
  const inputs = [...bound.inputs, ...table.inputs];
  return {
    bound: { ...bound, inputs, plan: { ...bound.plan, inputs: inputs.map(planInput), files: [...bound.plan.files, ...files] } },
    findings: [finding(COMPLETED_FROM_BASE, { part: name, files: files.map(({ path }) => path).join(', ') }, { path: part.path || '.' })],
  };
}

/** A conversion with the card of the part, where it has one. */
async function withCard(part: OpenedPart, bound: BoundPlan): Promise<BoundPlan> {
  const card = (await part.folder.list()).find((entry) => entry.path === 'README.md' && entry.kind === 'file' && entry.unusable === undefined);
  if (card === undefined || part.path === '' || bound.plan.files.some(({ path }) => path === card.path)) return bound;
  const table = new InputTable();
  await table.addFile('base', part.folder, card.path, card.modifiedMs);
  const inputs = [...bound.inputs, ...table.inputs], file: PlannedFile = { kind: 'copy', path: card.path, input: bound.inputs.length, why: OF_TREE };
  return { ...bound, inputs, plan: { ...bound.plan, inputs: inputs.map(planInput), files: [...bound.plan.files, file] } };
}

/** The files of the tree's root: the training configuration, and whatever else belongs to the model as a whole. */
async function rootFiles(tree: Folder, found: TreeParts, version: string, done: ReadonlySet<string>): Promise<BoundPlan> {
  const table = new InputTable(), files: PlannedFile[] = [];
  for (const { path, modifiedMs } of found.files) if (!done.has(path)) files.push({ kind: 'copy', path, input: await table.addFile('tree', tree, path, modifiedMs), why: OF_TREE });
  return { inputs: table.inputs, plan: { schema: 'temper.plan/1', verb: 'assemble', version, stages: [], files, dropped: [], findings: [], inputs: table.inputs.map(planInput) } };
}

/** Parts that lie inside of the language model's base, as in InternVL: its vision tower, and a projector under the same names. */
export function insideLlm(parts: readonly OpenedPart[], bases: ReadonlyMap<BaseRole, Checkpoint>): ReadonlySet<OpenedPart> {
  const base = bases.get('llm'), llm = parts.find(({ role }) => role === 'llm');
  if (base === undefined || llm?.adapter === undefined) return new Set();
  return new Set(parts.filter((part) => (part.role === 'projector' ? [...part.checkpoint.tensors.keys()].every((name) => base.tensors.has(name))
    : part.role === 'visual_encoder' && part.adapter !== undefined && !bases.has('visual_encoder'))));
}

/** A merge with the trained tensors of a part in the place of the base's. */
async function withTensorsOf(part: OpenedPart, bound: BoundPlan): Promise<BoundPlan> {
  const table = new InputTable(), first = bound.inputs.length;
  await table.addCheckpoint('projector', part.checkpoint);
  const inputs = [...bound.inputs, ...table.inputs], own = part.checkpoint.tensors;
  const files = bound.plan.files.map((file): PlannedFile => (file.kind !== 'weights' ? file : { ...file, tensors: file.tensors.map((tensor) => {
    const trained = own.get(tensor.name);
    if (trained === undefined) return tensor;
    if (String(trained.shape) !== String(tensor.shape)) misfit(tensor.name, 'shape', `[${trained.shape}]`, { en: 'the base given', zh: '给出的基座' }, `[${tensor.shape}]`);
    const expression = cast(tensor.dtype, rebind(trained.expression, (source) => source + first));
    return { ...tensor, expression, action: isCopy(expression) ? 'copied' : 'computed', formula: 'T', from: [`projector:${tensor.name}`] };
  }) }));
  return { ...bound, inputs, plan: { ...bound.plan, inputs: inputs.map(planInput), files } };
}

/** Widths on both sides of the projector, where both are known. */
async function checkFit(parts: readonly OpenedPart[], bases: ReadonlyMap<BaseRole, Checkpoint>): Promise<void> {
  const projector = parts.find(({ role }) => role === 'projector');
  if (projector === undefined) return;
  const path = `${projector.path}/${projector.checkpoint.files[0]?.path ?? ''}`, matrices = [...projector.checkpoint.tensors.values()].filter(({ shape }) => shape.length === 2);
  const [first] = matrices, last = matrices.at(-1), config = (await readConfig(projector.checkpoint))?.fields;
  const seen: readonly (readonly [role: BaseRole, field: string, found: number | undefined])[] = [
    ['llm', 'llm_hidden_size', last?.shape[0]], ['visual_encoder', 'visual_hidden_size', first?.shape[1]],
  ];
  for (const [role, field, side] of seen) {
    const stated = config?.get(field), base = bases.get(role) ?? parts.find((part) => part.role === role && part.form === 'model')?.checkpoint;
    if (typeof stated === 'number' && side !== undefined && stated !== side) misfit(path, field, side, { en: 'projector/config.json', zh: 'projector/config.json' }, stated);
    const width = base === undefined ? undefined : hiddenSize((await readConfig(base))?.fields, role);
    if (side !== undefined && width !== undefined && width !== side) misfit(path, field, side, { en: `the ${role === 'llm' ? 'language model' : 'visual encoder'}`, zh: role === 'llm' ? '语言模型' : '视觉编码器' }, width);
  }
}

function misfit(part: string, what: string, found: number | string, other: Text, expected: number | string): never {
  return refuse(PARTS_MISFIT, { part, what, found, other, expected }, { path: part, found, expected });
}

/** Width of a model, of the tower that is meant where its config describes several. */
function hiddenSize(config: ReadonlyMap<string, unknown> | undefined, role: BaseRole): number | undefined {
  const nested = role === 'llm' ? config?.get('text_config') ?? config?.get('llm_config') : config?.get('vision_config'), own = nested instanceof Map ? (nested as ReadonlyMap<string, unknown>).get('hidden_size') : undefined;
  const value = own ?? config?.get('hidden_size');
  return typeof value === 'number' ? value : undefined;
}
