/**
 * @module
 * DeepSpeed ZeRO checkpoints, as far as their pickles tell: which ranks are there, what was partitioned, and whether the
 * pieces add up (deepspeed/utils/zero_to_fp32.py checks the same, and less).
 */
import { readInto, subFolder, type Folder } from '../bytes/index.ts';
import { Notes } from '../containers/notes.ts';
import { openContainer } from '../containers/index.ts';
import { entriesOf, item, itemsOf, PyCall, type Objects, type TorchFile, type Value } from '../containers/torch/index.ts';
import { isTemperError, type Finding } from '../findings/index.ts';
import { ZERO_STRUCTURE } from './codes.ts';

/** Names of the files of one tag. */
const MODEL_STATES = /^(?:zero_pp_rank_(\d+)_)?mp_rank_\d+_model_states\.pt$/;
const OPTIMIZER_STATES = /^(?:(?:bf16|fp16)_)?zero_pp_rank_(\d+)_mp_rank_\d+_?optim_states\.pt$/;

/** Whether the names of a directory are those of a tag. */
export const isZeroTag = (names: readonly string[]): boolean => names.some((name) => MODEL_STATES.test(name) || OPTIMIZER_STATES.test(name));

/** `latest`, which names the tag to resume from. */
export const LATEST_NAME = 'latest';
/** Tags are directory names. */
const LATEST_BYTES_MAX = 1024;

/** What stands against the tag that `latest` names. `folders` are the directories beside it. */
export function checkLatest(text: string, folders: readonly string[], path: string): readonly Finding[] {
  const notes = new Notes(path), tag = text.trim();
  if (text.length > LATEST_BYTES_MAX || tag === '' || tag === '.' || tag === '..' || /[/\\:\0]/.test(tag)) {
    notes.add(ZERO_STRUCTURE, { problem: { en: `it names ${JSON.stringify(tag.slice(0, 80))}, which is no directory name`, zh: `它指向 ${JSON.stringify(tag.slice(0, 80))}，这不是目录名` } });
  } else if (!folders.includes(tag)) notes.add(ZERO_STRUCTURE, { problem: { en: `it names ${tag}, which is not there`, zh: `它指向 ${tag}，但该目录不存在` } });
  return notes.findings;
}

/** Checks one tag. Files that cannot be opened are findings of their own. */
export async function checkZeroTag(folder: Folder, path: string): Promise<readonly Finding[]> {
  const notes = new Notes(path), inside = subFolder(folder, path);
  const names = (await folder.list(path)).filter((entry) => entry.kind === 'file').map((entry) => entry.path.slice(path === '' ? 0 : path.length + 1));
  const rankOf = (pattern: RegExp) => (name: string) => Number(pattern.exec(name)![1] ?? 0);
  const pick = (pattern: RegExp) => names.filter((name) => pattern.test(name)).sort((a, b) => rankOf(pattern)(a) - rankOf(pattern)(b));
  const models = pick(MODEL_STATES), optimizers = pick(OPTIMIZER_STATES);
  const say = (en: string, zh: string, severity: 'error' | 'warning' = 'error') => notes.add(ZERO_STRUCTURE, { problem: { en, zh } }, { severity });
  const [model] = models;
  if (model === undefined) say('there is no file of model states', '没有 model_states 文件');
  const state = model === undefined ? undefined : await stateOf(inside, model, path, notes);
  checkShared(item(state?.root, 'shared_params'), say);
  const isPartitioned = models.some((name) => name.startsWith('zero_pp_rank_'));
  if (optimizers.length === 0) {
    if (isPartitioned && state !== undefined && isHollow(state)) say('its weights are empty placeholders, and the optimizer files that hold them are missing', '其权重只是空占位符，而保存权重的优化器文件缺失');
    return notes.findings;
  }
  const parts: Partition[] = [];
  for (const name of optimizers) {
    const opened = await stateOf(inside, name, path, notes);
    if (opened !== undefined) parts.push(partitionOf(opened));
  }
  const [first] = parts;
  if (first === undefined || parts.length < optimizers.length) return notes.findings;
  if (first.stage === undefined) {
    say('it does not say its ZeRO stage (BF16_Optimizer): partitions keep their padding', '未注明 ZeRO 阶段（BF16_Optimizer）：各分区保留填充', 'warning');
    return notes.findings;
  }
  if (first.stage < 1 || first.stage > 3) {
    say(`its ZeRO stage is ${first.stage}`, `其 ZeRO 阶段为 ${first.stage}`);
    return notes.findings;
  }
  if (parts.length !== first.world) {
    say(`${first.world} ranks wrote it, optimizer files of ${parts.length} are here`, `由 ${first.world} 个 rank 写出，这里只有 ${parts.length} 个优化器文件`);
    return notes.findings;
  }
  if (first.stage === 3 && models.length !== first.world) say(`${first.world} ranks wrote it, model files of ${models.length} are here`, `由 ${first.world} 个 rank 写出，这里只有 ${models.length} 个模型文件`);
  const groups = groupsOf(item(state?.root, 'param_shapes'), state?.objects, say);
  if (groups !== undefined) checkSizes(first.stage, first.world, groups, parts, say);
  return notes.findings;
}

/** An opened file; a pickle of something else than a dict has nothing to say here. */
async function stateOf(folder: Folder, name: string, path: string, notes: Notes): Promise<TorchFile | undefined> {
  const source = await folder.open(name);
  try {
    // The serialisation before torch 1.6 is still a choice of DeepSpeed's configuration.
    const opened = await openContainer(source);
    return 'root' in opened ? opened as TorchFile : undefined;
  } catch (error) {
    if (!isTemperError(error)) throw error;
    notes.take(error.findings.map((one) => ({ ...one, path: path === '' ? name : `${path}/${name}` })));
    return undefined;
  } finally {
    await source.close();
  }
}

/** Whether parameters that were partitioned lie here as tensors of no elements, which is what ZeRO-3 leaves of them. */
function isHollow({ root, tensors }: TorchFile): boolean {
  const shapes = item(root, 'param_shapes'), names = new Set((itemsOf(shapes) ?? [shapes]).flatMap((group) => (entriesOf(group) ?? []).map(([name]) => name)));
  return tensors.some(({ path, shape }) => path[0] === 'module' && names.has(path[1] ?? '') && shape.includes(0));
}

interface Partition { readonly stage: number | undefined; readonly world: number; readonly sizes: readonly number[]; /** Elements skipped behind parameters, by group. */ readonly skipped: readonly number[] }

function partitionOf({ root, objects, tensors }: TorchFile): Partition {
  const state = item(root, 'optimizer_state_dict'), count = item(state, 'partition_count');
  const counts = (itemsOf(count) ?? [count]).filter((value): value is number => typeof value === 'number');
  const stage = numberOf(item(state, 'zero_stage')), key = stage === 3 ? 'fp32_flat_groups' : 'single_partition_of_fp32_groups';
  const calls = itemsOf(item(state, key)) ?? [], byTensor = new Map(tensors.map((one) => [one.tensor, one]));
  const sizes = calls.map((call) => {
    const tensor = call instanceof PyCall ? objects.tensor(call, key) : undefined;
    return tensor === undefined || !byTensor.has(tensor) ? NaN : (tensor.shape ?? []).reduce((product, side) => product * side, 1);
  });
  const skipped = (itemsOf(item(state, 'param_alignment_paddings')) ?? []).map((group) => (itemsOf(group) ?? []).reduce<number>((sum, padding) => sum + (numberOf(padding) ?? NaN), 0));
  return { stage, world: Math.max(0, ...counts), sizes, skipped };
}

/** A number, or the enum that stands for it. */
function numberOf(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  const argument = value instanceof PyCall ? value.arguments[0] : undefined;
  return typeof argument === 'number' ? argument : undefined;
}

type Say = (en: string, zh: string, severity?: 'error' | 'warning') => void;

/** Elements of every parameter, by group; undefined when the file does not say (stage 0). */
function groupsOf(value: Value | undefined, objects: Objects | undefined, say: Say): number[][] | undefined {
  if (value === undefined || value === null || objects === undefined) return undefined;
  return (itemsOf(value) ?? [value]).map((group) => (entriesOf(group) ?? []).map(([name, shape]) => {
    const known = objects.known(shape), sides = itemsOf(shape) ?? (known?.is === 'size' ? known.dims : undefined);
    const count = sides?.reduce<number>((product, side) => (typeof side === 'number' && side >= 0 ? product * side : NaN), 1) ?? NaN;
    if (!Number.isSafeInteger(count)) say(`the shape of ${typeof name === 'string' ? name : '?'} is impossible`, `${typeof name === 'string' ? name : '?'} 的形状不可能存在`);
    return count;
  }));
}

/** The sums that zero_to_fp32 compares: partitions laid end to end hold every parameter, and a padding below 2·world. */
function checkSizes(stage: number, world: number, groups: readonly (readonly number[])[], parts: readonly Partition[], say: Say): void {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  if (groups.flat().some((count) => !Number.isSafeInteger(count))) return;
  if (stage === 3) {
    const expected = sum(groups.flat().map((count) => Math.ceil(count / world)));
    const wrong = parts.findIndex(({ sizes }) => sum(sizes) !== expected);
    if (wrong >= 0) say(`rank ${wrong} holds ${sum(parts[wrong]!.sizes)} elements, not ${expected}`, `rank ${wrong} 有 ${sum(parts[wrong]!.sizes)} 个元素，而不是 ${expected}`);
    return;
  }
  const unit = 2 * world, align = (count: number) => Math.ceil(count / unit) * unit;
  groups.forEach((group, g) => {
    const there = sum(parts.map(({ sizes }) => sizes[g] ?? NaN)), wanted = sum(group) + (parts[0]?.skipped[g] ?? 0);
    if (!(there >= wanted) || align(there) !== align(wanted)) say(`group ${g} holds ${there} elements, its parameters have ${wanted}`, `第 ${g} 组有 ${there} 个元素，而其参数共有 ${wanted} 个`);
  });
}

/** Names that stand for others must lead to one that stands for itself. */
function checkShared(value: Value | undefined, say: Say): void {
  const pairs = new Map((entriesOf(value) ?? []).filter((pair): pair is readonly [string, string] => typeof pair[0] === 'string' && typeof pair[1] === 'string'));
  for (const name of pairs.keys()) {
    let at: string | undefined = name;
    for (let steps = 0; at !== undefined && steps <= pairs.size; steps++) at = pairs.get(at);
    if (at !== undefined) return say(`${name} is shared with itself in a circle`, `${name} 循环地与自身共享`);
  }
}

/** Text of `latest`, as far as a tag can be long. */
export async function readLatest(folder: Folder, path: string): Promise<string> {
  const source = await folder.open(path);
  try {
    const bytes = new Uint8Array(Math.min(source.size, LATEST_BYTES_MAX + 1));
    await readInto(source, 0, bytes);
    return new TextDecoder().decode(bytes);
  } finally {
    await source.close();
  }
}
