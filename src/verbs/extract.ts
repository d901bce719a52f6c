/**
 * @module
 * extract: a LoRA out of a full fine-tune. Every linear weight becomes two factors of the difference, everything else that
 * changed is carried whole, and what the factors lose is measured and said.
 */
import { loraConfigText, taskTypeOf } from '../adapters/written.ts';
import type { Folder, Scratch } from '../bytes/index.ts';
import { closeCheckpoint, openModel, type Checkpoint } from '../checkpoints/index.ts';
import type { OutputHost } from '../engine/index.ts';
import { finding, refuse, TemperError, type Finding, type Text } from '../findings/index.ts';
import { findCompanions, InputTable, planInput, readConfig, type BoundPlan, type PlannedFile, type PlannedTensor } from '../plans/index.ts';
import { layOutFresh, plannedTensor } from '../plans/fresh.ts';
import { compareTensors, pairTensors } from '../proofs/diff/index.ts';
import { Operand } from '../proofs/lowrank/index.ts';
import { proofCompiler, type Compile } from '../proofs/index.ts';
import { elementCount, stored, type ComputeDType } from '../tensors/index.ts';
import { VERSION } from '../version.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { ADAPTER_KEEPS_LITTLE, ANOTHER_MODEL, CHANGES_LEFT_OUT, NOTHING_TO_EXTRACT, SHARE_OUT_OF_RANGE } from './extract/codes.ts';
import { expertDifference, packExperts, type ExpertTarget } from './extract/experts.ts';
import { differenceOf, factorsOf, RANK_DEFAULT, type Factors, type RankChoice } from './extract/factors.ts';
import { shortNames, sortChanges, type Compared, type LoraTarget, type Sorted } from './extract/sort.ts';
import { answer, type WriteBody } from './written.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to extract, and how. */
export interface ExtractRequest extends RankChoice {
  readonly base: Folder;
  readonly baseFile?: string;
  readonly tuned: Folder;
  readonly tunedFile?: string;
  readonly output: string;
  /** What the adapter names as its base. */
  readonly baseName: string;
  readonly targets?: readonly string[];
  /** false: nothing but factors. */
  readonly fullTensors?: boolean;
  /** Dtype of the factors; float32 unless something else is asked for. */
  readonly dtype?: ComputeDType;
  readonly memoryBytes: number;
  /** A place for the factors until all are known. */
  scratch(): Scratch;
}

/** One adapted module of the answer. */
export interface ExtractedModule {
  readonly module: string;
  readonly rank: number;
  /** Share of the squared norm of the change that the stored factors have. */
  readonly energy_kept: number;
  /** ‖change − factors‖ / ‖change‖. */
  readonly relative_error: number;
}

/** Body of the answer: that of every verb that writes, and what was extracted. */
export interface ExtractBody extends WriteBody {
  readonly extracted: {
    readonly modules: readonly ExtractedModule[];
    readonly energy_kept: number;
    readonly full_tensors: readonly string[];
    readonly left_out: readonly { readonly name: string; readonly why: Text }[];
  };
}

/** Keys of an adapter begin with it. */
const PREFIX = 'base_model.model.';
/** Of the memory given, what a program may hold and what the columns of both factors may. */
const PROGRAM_SHARE = 1 / 4, COLUMNS_SHARE = 1 / 2;
/** Below this share of the change the adapter is a rough sketch of the fine-tune. */
const ENERGY_LITTLE = 0.9;

/** Extracts. */
export async function extract(request: ExtractRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext = {}): Promise<Answer<ExtractBody>> {
  if (request.energy !== undefined && !(request.energy > 0 && request.energy <= 1)) refuse(SHARE_OUT_OF_RANGE, { given: request.energy }, { path: '.', found: request.energy });
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const opened: Checkpoint[] = [], scratch = request.scratch();
  try {
    const base = await openModel(request.base, request.baseFile === undefined ? {} : { file: request.baseFile });
    opened.push(base);
    const tuned = await openModel(request.tuned, request.tunedFile === undefined ? {} : { file: request.tunedFile });
    opened.push(tuned);
    const baseConfig = request.baseFile === undefined ? (await readConfig(base))?.fields : undefined, tunedConfig = request.tunedFile === undefined ? (await readConfig(tuned))?.fields : undefined;
    const sources = opened.flatMap((checkpoint) => checkpoint.files.map((file) => file.source)), operand = new Operand(), scratchInput = sources.length;
    const compile = proofCompiler({
      source: (i) => (i === Operand.INDEX ? operand.source : i === scratchInput ? scratch.source : sources[i]!), stages: [], memoryBytes: request.memoryBytes * PROGRAM_SHARE,
    });
    const compared = await compareAll(pairTensors({ checkpoint: base, config: baseConfig }, { checkpoint: tuned, config: tunedConfig }), compile, context);
    if (compared.every(({ status }) => status === 'same' || status === 'dtype_changed')) {
      refuse(NOTHING_TO_EXTRACT, { count: compared.length, base: request.base.label, tuned: request.tuned.label }, { path: '.' });
    }
    if (compared.every(({ status }) => status === 'removed' || status === 'added')) refuse(ANOTHER_MODEL, { count: base.tensors.size, base: request.base.label, tuned: request.tuned.label }, { path: '.' });
    const sorted = sortChanges(compared, {
      base, tuned, baseConfig, tunedConfig, ...(request.targets === undefined ? {} : { targets: request.targets }), ...(request.fullTensors === undefined ? {} : { fullTensors: request.fullTensors }),
    });
    if (sorted.refusals.length > 0) throw new TemperError(sorted.refusals);

    const factors = new Map<LoraTarget, Factors>(), experts = new Map<ExpertTarget, readonly Factors[]>(), totalBytes = [...sorted.lora, ...sorted.experts.targets].reduce((sum, { pair }) => sum + 4 * elementCount(pair.b!.shape), 0);
    const room = { compile, operand, scratch, scratchInput, memoryBytes: request.memoryBytes * COLUMNS_SHARE, dtype: request.dtype ?? 'F32', ...(context.signal === undefined ? {} : { signal: context.signal }) } as const;
    let doneBytes = 0;
    context.onEvent?.({ kind: 'phase', phase: 'extract' });
    for (const target of sorted.lora) {
      const { pair: { a, b }, module, conv1d } = target;
      factors.set(target, await factorsOf(module, differenceOf(a!, b!, conv1d), request, room));
      doneBytes += 4 * elementCount(b!.shape);
      context.onEvent?.({ kind: 'progress', phase: 'extract', doneBytes, totalBytes, current: module });
    }
    for (const target of sorted.experts.targets) {
      const { pair: { b, name } } = target, own: Factors[] = [];
      // One rank for all experts: they share a tensor.
      for (let expert = 0; expert < b!.shape[0]!; expert++) own.push(await factorsOf(`${name}[${expert}]`, expertDifference(target, expert), { rank: request.rank ?? RANK_DEFAULT }, room));
      experts.set(target, own);
      doneBytes += 4 * elementCount(b!.shape);
      context.onEvent?.({ kind: 'progress', phase: 'extract', doneBytes, totalBytes, current: name });
    }
    const made = madeOf(factors, experts), findings = [...base.findings, ...tuned.findings, ...notes(sorted, made)];
    const bound = await planAdapter(request, { base, tuned, scratch, scratchInput, sorted, factors, experts, findings, taskType: taskTypeOf(tunedConfig ?? baseConfig) });
    // Written in a moment; what would be interrupted here could not be resumed, for the factors are gone then.
    const result = await execute(bound, host, options, context.onEvent === undefined ? {} : { onEvent: context.onEvent });
    const told = answer('extract', request.output, bound.plan, result, host);
    return { ...told, body: { ...told.body, extracted: extracted(sorted, made) } };
  } finally {
    await host.release();
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
    await scratch.close();
  }
}

/** What became of every tensor; elements are compared no further than that takes. */
async function compareAll(pairs: ReturnType<typeof pairTensors>, compile: Compile, context: VerbContext): Promise<Compared[]> {
  const compared: Compared[] = [], totalBytes = pairs.reduce((sum, { a, b }) => sum + 2 * elementCount((a ?? b)!.shape), 0);
  let doneBytes = 0;
  context.onEvent?.({ kind: 'phase', phase: 'compare' });
  for (const pair of pairs) {
    const { a, b } = pair;
    const status = a === undefined ? 'added' : b === undefined ? 'removed' : (await compareTensors(a, b, compile, { onlyStatus: true, ...(context.signal === undefined ? {} : { signal: context.signal }) })).status;
    compared.push({ pair, status });
    doneBytes += 2 * elementCount((a ?? b)!.shape);
    context.onEvent?.({ kind: 'progress', phase: 'compare', doneBytes, totalBytes, current: pair.name });
  }
  return compared;
}

/** A module, or all experts of a parameter: what their factors hold. */
type Made = Pick<Factors, 'rank' | 'total' | 'lost'> & { readonly module: string };

function madeOf(factors: ReadonlyMap<LoraTarget, Factors>, experts: ReadonlyMap<ExpertTarget, readonly Factors[]>): Made[] {
  const sum = (all: readonly Factors[], of: (one: Factors) => number) => all.reduce((total, one) => total + of(one), 0);
  return [
    ...[...factors].map(([{ module }, { rank, total, lost }]) => ({ module, rank, total, lost })),
    ...[...experts].map(([{ pair: { name } }, all]) => ({ module: name, rank: all[0]!.rank, total: sum(all, ({ total }) => total), lost: sum(all, ({ lost }) => lost) })),
  ];
}

const kept = ({ total, lost }: Made): number => (total === 0 ? 1 : Math.max(0, 1 - lost / total));

function extracted(sorted: Sorted, all: readonly Made[]): ExtractBody['extracted'] {
  const total = all.reduce((sum, one) => sum + one.total, 0), lost = all.reduce((sum, one) => sum + one.lost, 0);
  return {
    modules: all.map((one) => ({ module: one.module, rank: one.rank, energy_kept: kept(one), relative_error: one.total === 0 ? 0 : Math.sqrt(one.lost / one.total) })),
    energy_kept: total === 0 ? 1 : Math.max(0, 1 - lost / total), full_tensors: sorted.full.map(({ key }) => key), left_out: sorted.leftOut,
  };
}

function notes(sorted: Sorted, made: readonly Made[]): Finding[] {
  const findings: Finding[] = [], { energy_kept: share } = extracted(sorted, made), [first] = sorted.leftOut;
  const percent = (part: number) => `${Number((100 * part).toPrecision(3))} %`;
  if (first !== undefined) findings.push(finding(CHANGES_LEFT_OUT, { count: sorted.leftOut.length, tensor: first.name }, { tensor: first.name }));
  if (made.length > 0 && share < ENERGY_LITTLE) {
    const least = made.reduce((a, b) => (kept(b) < kept(a) ? b : a));
    findings.push(finding(ADAPTER_KEEPS_LITTLE, { share: percent(share), module: least.module, least: percent(kept(least)) }, { tensor: least.module }));
  }
  return findings;
}

/** What the plan of an extracted adapter is made of. */
interface AdapterParts {
  readonly base: Checkpoint;
  readonly tuned: Checkpoint;
  readonly scratch: Scratch;
  readonly scratchInput: number;
  readonly sorted: Sorted;
  readonly factors: ReadonlyMap<LoraTarget, Factors>;
  readonly experts: ReadonlyMap<ExpertTarget, readonly Factors[]>;
  readonly findings: readonly Finding[];
  readonly taskType: string | null;
}

async function planAdapter(request: ExtractRequest, { base, tuned, scratch, scratchInput, sorted, factors, experts, findings, taskType }: AdapterParts): Promise<BoundPlan> {
  const table = new InputTable();
  await table.addCheckpoint('base', base);
  await table.addCheckpoint('tuned', tuned);
  await table.addFile('factors', scratch.folder, scratch.path);
  const tensors: PlannedTensor[] = [];
  for (const [{ module, pair: { name } }, { rank, rows, columns, dtype, aAt, bAt }] of factors) {
    const from = [`base:${name}`, `tuned:${name}`];
    const factor = (key: string, at: number, shape: readonly number[], formula: string) => { tensors.push({ ...plannedTensor(`${PREFIX}${module}.${key}`, stored(scratchInput, at, dtype, shape), formula, from), action: 'computed' }); };
    factor('lora_A.weight', aAt, [rank, columns], '√S·Vᵗ');
    factor('lora_B.weight', bAt, [rows, rank], 'U·√S');
  }
  for (const [{ module, pair: { name }, depth }, all] of experts) {
    const { A, B } = packExperts(all.map(({ rank, rows, columns, dtype, aAt, bAt }) => ({ a: stored(scratchInput, aAt, dtype, [rank, columns]), b: stored(scratchInput, bAt, dtype, [rows, rank]) })));
    const key = `${PREFIX}${module}.${'base_layer.'.repeat(depth)}`, from = [`base:${name}`, `tuned:${name}`];
    tensors.push({ ...plannedTensor(`${key}lora_A.weight`, A, '√S·Vᵗ', from), action: 'computed' }, { ...plannedTensor(`${key}lora_B.weight`, B, 'U·√S', from), action: 'computed' });
  }
  for (const { key, pair } of sorted.full) {
    // The prefix that every key of an adapter has is no other name.
    const { renamedFrom: _, ...whole } = plannedTensor(`${PREFIX}${key}`, pair.b!, 'T', [`tuned:${pair.nameInB ?? pair.name}`]);
    tensors.push(whole);
  }
  const why: Text = { en: 'how PEFT reads the tensors', zh: 'PEFT 据此读取各张量' };
  const files: PlannedFile[] = [
    ...layOutFresh(tensors, { stem: 'adapter_model', single: 'adapter_model.safetensors' }),
    { kind: 'text', path: 'adapter_config.json', text: configOf(request, sorted, madeOf(factors, experts), [...factors.keys()], taskType), why },
  ];
  const { companions } = await findCompanions(tuned.folder, []);
  for (const { path, role, modifiedMs } of companions) {
    if (!BESIDE.has(role)) continue;
    files.push({ kind: 'copy', path, input: await table.addFile('tuned', tuned.folder, path, modifiedMs), why: { en: 'of the tuned model', zh: '来自微调后的模型' } });
  }
  const dropped = sorted.leftOut.map(({ name, why: reason }) => ({ name: `tuned:${name}`, why: reason }));
  return { inputs: table.inputs, plan: { schema: 'temper.plan/1', verb: 'extract', version: VERSION, stages: [], files, dropped, findings, inputs: table.inputs.map(planInput) } };
}

/** What a trainer leaves beside an adapter: what turns text into tokens. */
const BESIDE: ReadonlySet<string> = new Set(['tokenizer', 'tokenizer-config', 'chat-template']);

function configOf({ baseName }: ExtractRequest, sorted: Sorted, made: readonly Made[], lora: readonly LoraTarget[], taskType: string | null): string {
  const counts = new Map<number, number>();
  for (const { rank } of made) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  const [r = 8] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
  const pattern = Object.fromEntries(made.filter(({ rank }) => rank !== r).map(({ module, rank }) => [module, rank]));
  const own = lora.map(({ module }) => module), { items } = sorted.experts;
  return loraConfigText({
    base: baseName, taskType, r, alpha: r, rankPattern: pattern, alphaPattern: pattern, targetModules: shortNames(own, sorted.modules.filter((module) => !sorted.saved.includes(module)), true),
    modulesToSave: shortNames(sorted.saved, sorted.modules, false), bias: sorted.biases ? 'lora_only' : 'none', ...(items.length === 0 ? {} : { targetParameters: items }), fanInFanOut: lora.some(({ conv1d }) => conv1d), ensureWeightTying: sorted.tied,
  });
}
