/**
 * @module
 * A DeepSpeed ZeRO state as a checkpoint: every tensor an expression over the files of all ranks, nothing read yet. Gives
 * what zero_to_fp32.py gives, and what that loses: frozen parameters of stage 1, stage 0, BF16_Optimizer.
 */
import type { Folder } from '../../bytes/index.ts';
import { finding, isTemperError, refuse, TemperError, type Finding } from '../../findings/index.ts';
import { cast, elementCount, isComputeDType, type Expression } from '../../tensors/index.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { STATE_BUFFERS_CAST, STATE_FROZEN_UNKNOWN, STATE_HOLLOW, STATE_MODEL_RANK_UNNEEDED, STATE_NO_MODEL, STATE_NO_SHARDS, STATE_ONE_SHARD, STATE_PARALLEL, STATE_RANK_STALE, STATE_RANK_UNREADABLE, STATE_SIXTEEN_BIT, STATE_STRUCTURE } from './codes.ts';
import { TENSOR_NOT_PLAIN } from '../codes.ts';
import { StateFiles, type StateFile } from './files.ts';
import { readModelStates, type ModelStates } from './model-states.ts';
import { isModelStates, rankList, rankOf, shardRank, sortTag, type RankFile, type TagFiles } from './names.ts';
import { readOptimizerStates, type OptimizerStates } from './optimizer-states.ts';
import { pieceOf, undoPieces, undoRows } from './partition.ts';
import { compareShards, countShards, inTag, missingModels, ModelRanks, refuseTwice, sixteenBitLeft } from './ranks.ts';
import type { StateOptions } from './options.ts';
import { StateTensors } from './tensors.ts';
import { fromPieces, piecesOf } from './stream.ts';

/** Opens the state in directory `tag` of a folder ('' is the folder itself). */
export async function openZero(folder: Folder, tag: string, options: StateOptions): Promise<Checkpoint> {
  const files = new StateFiles(folder);
  try {
    return await readZero(files, tag, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}

async function readZero(files: StateFiles, tag: string, options: StateOptions): Promise<Checkpoint> {
  const sorted = within(sortTag(await files.names(tag)), options.worldSize), label = tag === '' ? files.folder.label : `${files.folder.label}/${tag}`;
  if (sorted.parallel !== undefined) refuse(STATE_PARALLEL, { file: inTag(tag, sorted.parallel.name), feature: sorted.parallel.feature }, { path: inTag(tag, sorted.parallel.name) });
  refuseTwice(sorted.optimizers, tag);
  if (sorted.optimizers.length === 0) return withoutShards(files, tag, label, sorted, options);

  const findings: Finding[] = [], [firstFile] = sorted.optimizers, first = await openShard(files, tag, firstFile!, sorted);
  const world = first.world ?? sorted.optimizers.length;
  countShards({ root: files.folder.label, label, tag, files: sorted, world, first, ...(options.worldSize === undefined ? {} : { given: options.worldSize }) });
  // Small files first: whatever cannot be put together is found before many large ones are opened.
  const models = await openModels(files, tag, label, sorted, first.stage, world, options, findings);
  const shares = [first];
  for (const file of sorted.optimizers.slice(1)) shares.push(await openShard(files, tag, file, sorted));
  findings.push(...compareShards(shares));
  const [model] = models, groups = model!.groups;
  if (groups === undefined) {
    throw new TemperError([finding(STATE_STRUCTURE, { file: model!.path, problem: { en: 'it has no param_shapes', zh: '其中没有 param_shapes' } }, { path: model!.path }), ...first.stage < 3 ? [sixteenBitLeft(files.folder.label, model!.path)] : []]);
  }
  const trained = first.stage === 3 ? undoPieces(groups, shares) : undoRows(groups, shares);

  const tensors = new StateTensors(files, findings, label);
  // What stands in for a consolidation that is not possible comes as zero_to_fp32.py would have given it.
  addBuffers(tensors, model!, options.buffers ?? (findings.some(({ code }) => code === STATE_MODEL_RANK_UNNEEDED.code) ? 'float32' : 'keep'));
  if (!options.excludeFrozen) addFrozen(tensors, models, trained, first.stage, world);
  for (const [name, expression] of trained) tensors.add(name, expression);
  tensors.alias(new Map(models.flatMap(({ shared }) => [...shared])));
  return tensors.checkpoint({ kind: 'zero', stage: first.stage, world, tag, trained: new Set(trained.keys()) });
}

/** `--world-size N`: files of other ranks do not count. */
function within({ optimizers, models, ...rest }: TagFiles, world: number | undefined): TagFiles {
  const inside = (all: readonly RankFile[]) => all.filter(({ rank }) => world === undefined || rank < world);
  return { ...rest, optimizers: inside(optimizers), models: inside(models) };
}

/** Opens the share of a rank; what is wrong with the file is reported with its rank. */
async function openShard(files: StateFiles, tag: string, { rank, name }: RankFile, { model }: TagFiles): Promise<OptimizerStates> {
  try {
    return await ofRank(inTag(tag, name), rank, async (path) => readOptimizerStates(ownRank(await files.open(path), rank), rank, files));
  } catch (error) {
    // The one file of model states is whole, up to stage 2.
    if (!isTemperError(error, STATE_RANK_UNREADABLE.code) || model === undefined) throw error;
    throw new TemperError([...error.findings, sixteenBitLeft(files.folder.label, inTag(tag, model))]);
  }
}

/** Refuses a file that was saved as that of another rank: a copy under a wrong name would give one share twice. */
function ownRank(file: StateFile, rank: number): StateFile {
  const saved = file.savedAs === undefined ? undefined : rankOf(`${file.savedAs}.pt`);
  return saved === undefined || saved === rank ? file : refuse(STATE_RANK_STALE, { file: file.path, problem: { en: `it was saved as ${file.savedAs}.pt`, zh: `它保存时的名字是 ${file.savedAs}.pt` } }, { path: file.path, found: saved, expected: rank });
}

async function ofRank<T>(path: string, rank: number, open: (path: string) => Promise<T>): Promise<T> {
  try {
    return await open(path);
  } catch (error) {
    if (!isTemperError(error) || error.findings.some(({ code }) => code.startsWith('state-'))) throw error;
    throw new TemperError([finding(STATE_RANK_UNREADABLE, { file: path, rank }, { path }), ...error.findings]);
  }
}

/** The one file of stages 1 and 2, or those of all ranks. */
async function openModels(files: StateFiles, tag: string, label: string, sorted: TagFiles, stage: number, world: number, options: StateOptions, findings: Finding[]): Promise<readonly ModelStates[]> {
  if (stage < 3 && sorted.model !== undefined) return [readModelStates(await files.open(inTag(tag, sorted.model)))];
  const some = sorted.models.filter(({ rank }) => rank < world), ranks = rankList(sorted.optimizers.map(({ rank }) => rank));
  if (some.length === 0) return refuse(STATE_NO_MODEL, { folder: label, ranks }, { path: tag === '' ? '.' : tag });
  refuseTwice(some, tag);
  const ranked = new ModelRanks();
  for (const { rank, name } of stage < 3 ? some.slice(0, 1) : some) {
    ranked.add(await ofRank(inTag(tag, name), rank, async (path) => readModelStates(ownRank(await files.open(path), rank))));
  }
  const { models } = ranked;
  const missing = stage < 3 ? undefined : missingModels(label, tag, { ...sorted, models: some }, world, options.excludeFrozen ? 0 : models[0]!.frozen.size);
  if (missing?.severity === 'error') throw new TemperError([missing]);
  if (missing !== undefined) findings.push(missing);
  return models;
}

/** Buffers of the module: as they were, or as zero_to_fp32.py leaves them. */
export function addBuffers(tensors: StateTensors, model: ModelStates, how: 'keep' | 'float32'): void {
  const changed: string[] = [];
  for (const name of model.buffers) {
    const tensor = model.module.get(name);
    if (tensor === undefined) continue; // Buffers that are not persistent are named but not saved.
    if (how === 'float32' && tensor.dtype !== 'F32') changed.push(name);
    tensors.add(name, how === 'float32' ? cast('F32', tensor.expression) : tensor.expression);
  }
  if (changed.length > 0) tensors.note(finding(STATE_BUFFERS_CAST, { file: model.path, count: changed.length, names: some(changed) }, { path: model.path }));
}

const NAMES_SHOWN = 3;
const some = (names: readonly string[]): string => [...names.slice(0, NAMES_SHOWN), ...names.length > NAMES_SHOWN ? ['…'] : []].join(', ');

/**
 * Frozen parameters: in `frozen_param_fragments` where the stage writes them, as pieces of all ranks at stage 3; else, up to
 * stage 2, everything else that the module has. A name of the module that lies where a trained one lies is that one again.
 */
export function addFrozen(tensors: StateTensors, models: readonly ModelStates[], trained: ReadonlyMap<string, Expression>, stage: number, world: number): void {
  const [model] = models, { frozen, path } = model!;
  const bad = (tensor: string, en: string, zh: string): never => refuse(STATE_STRUCTURE, { file: path, problem: { en, zh } }, { path, tensor });
  for (const [name, shape] of frozen) {
    const numel = elementCount(shape), fragments = (stage === 3 ? models : [model!]).map(({ fragments: own }) => own.get(name));
    const dtype = fragments[0]?.dtype, missing = models[fragments.findIndex((one) => one === undefined)];
    if (missing !== undefined || dtype === undefined) return bad(name, `${(missing ?? model!).path} lacks the frozen ${name}`, `${(missing ?? model!).path} 缺少冻结参数 ${name}`);
    const piece = stage === 3 ? pieceOf(numel, world) : numel;
    const pieces = fragments.map((one, rank) => piecesOf(one!.expression, Math.max(0, Math.min(piece, numel - rank * piece))));
    const odd = fragments.findIndex((one, i) => one!.dtype !== dtype || pieces[i] === undefined);
    if (odd >= 0) return bad(name, `the piece of the frozen ${name} in ${models[odd]!.path} is too small or of another type`, `${models[odd]!.path} 中冻结参数 ${name} 的分片过小或类型不同`);
    tensors.add(name, fromPieces(dtype, shape, pieces.flatMap((one) => one!)));
  }
  if (stage === 3) return;
  refuseOdd(model!, (name) => trained.has(name) || frozen.has(name));
  const buffers = new Set(model!.buffers), places = new Map([...trained.keys()].flatMap((name) => { const place = model!.places.get(name); return place === undefined ? [] : [[place, name] as const]; }));
  for (const [name, tensor] of model!.module) {
    if (trained.has(name) || frozen.has(name) || buffers.has(name) || model!.shared.has(name)) continue;
    const twin = places.get(model!.places.get(name) ?? '');
    if (twin !== undefined) tensors.alias(new Map([[name, twin]]));
    else tensors.add(name, tensor.expression);
  }
}

/** Refuses tensors that a model has only as something else than bytes: left out, the result would lack them. */
function refuseOdd({ odd, path }: ModelStates, elsewhere: (name: string) => boolean): void {
  const problems = [...odd].filter(([name]) => !elsewhere(name)).map(([name, why]) => finding(TENSOR_NOT_PLAIN, { file: path, tensor: name, why }, { path, tensor: name }));
  if (problems.length > 0) throw new TemperError(problems);
}

/** No optimizer shards: stage 0, or a state that is not whole. */
async function withoutShards(files: StateFiles, tag: string, label: string, sorted: TagFiles, options: StateOptions): Promise<Checkpoint> {
  const name = sorted.model ?? sorted.models[0]?.name;
  if (name === undefined) return refuse(STATE_NO_MODEL, { folder: label, ranks: '–' }, { path: tag === '' ? '.' : tag });
  const path = inTag(tag, name), model = readModelStates(await files.open(path));
  refuseHollow(model);
  if (model.groups !== undefined) {
    throw new TemperError([finding(STATE_NO_SHARDS, { folder: label, file: `${files.folder.label}/${path}` }, { path: tag === '' ? '.' : tag })]);
  }
  if (options.excludeFrozen) return refuse(STATE_FROZEN_UNKNOWN, { folder: label }, { path: tag === '' ? '.' : tag });
  return moduleOf(files, model, label, tag, options.buffers ?? 'keep', 0);
}

/** Placeholders of stage 3 stand for weights that lie elsewhere. */
function refuseHollow({ path, module, groups, frozen }: ModelStates): void {
  const shapes = new Map([...(groups ?? []).flatMap((group) => [...group]), ...frozen]);
  const hollow = [...shapes].filter(([name, shape]) => elementCount(shape) > 0 && (module.get(name)?.shape.includes(0) ?? false)).map(([name]) => name);
  if (hollow.length > 0) refuse(STATE_HOLLOW, { file: path, count: hollow.length }, { path, tensor: hollow[0]! });
}

/** The module as it was saved. */
function moduleOf(files: StateFiles, model: ModelStates, label: string, tag: string, buffers: 'keep' | 'float32', stage: number): Checkpoint {
  refuseOdd(model, () => false);
  const tensors = new StateTensors(files, [], label), own = new Set(model.buffers), changed: string[] = [];
  for (const [name, { expression }] of model.module) {
    const becomes = own.has(name) && buffers === 'float32' && expression.dtype !== 'F32' && (isComputeDType(expression.dtype) || !expression.dtype.startsWith('F')) ? cast('F32', expression) : expression;
    if (becomes !== expression) changed.push(name);
    tensors.add(name, becomes);
  }
  if (changed.length > 0) tensors.note(finding(STATE_BUFFERS_CAST, { file: model.path, count: changed.length, names: some(changed) }, { path: model.path }));
  tensors.alias(model.shared);
  return tensors.checkpoint({ kind: 'zero', stage, tag, ...(model.groups === undefined ? {} : { trained: new Set(model.groups.flatMap((group) => [...group.keys()])) }) });
}

/**
 * Opens one file of a tag on its own: model states, whose module is whole up to stage 2. Its buffers become float32, for it
 * stands in for what zero_to_fp32.py would have given.
 */
export async function openModule(folder: Folder, file: string, options: StateOptions): Promise<Checkpoint | undefined> {
  const name = file.slice(file.lastIndexOf('/') + 1), rank = shardRank(name);
  if (rank !== undefined) return refuse(STATE_ONE_SHARD, { file, rank }, { path: file });
  if (!isModelStates(name)) return undefined;
  const files = new StateFiles(folder);
  try {
    await files.names(file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '');
    const model = readModelStates(await files.open(file));
    refuseHollow(model);
    const stage = model.groups === undefined ? 0 : 1, opened = moduleOf(files, model, file, '', options.buffers ?? (stage === 0 ? 'keep' : 'float32'), stage);
    return stage === 0 ? opened : { ...opened, findings: [finding(STATE_SIXTEEN_BIT, { file }, { path: file }), ...opened.findings] };
  } catch (error) {
    await files.close();
    throw error;
  }
}
