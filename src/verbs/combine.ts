/**
 * @module
 * combine: several adapters of one base as one adapter, in the ways of PEFT's `add_weighted_adapter`. How far the result is
 * from the weighted sum of the deltas is measured and said.
 */
import { openAdapter, textField, type Adapter } from '../adapters/index.ts';
import { sameContent } from '../adapters/content.ts';
import { bound } from '../adapters/model.ts';
import { configText, WRITTEN_PEFT_VERSION } from '../adapters/written.ts';
import type { Folder, Scratch } from '../bytes/index.ts';
import { closeCheckpoint } from '../checkpoints/index.ts';
import type { OutputHost } from '../engine/index.ts';
import { finding, refuse, type Finding, type Text } from '../findings/index.ts';
import { findCompanions, InputTable, planInput, type BoundPlan, type PlannedFile, type PlannedTensor } from '../plans/index.ts';
import { layOutFresh, plannedTensor } from '../plans/fresh.ts';
import { Operand } from '../proofs/lowrank/index.ts';
import { proofCompiler } from '../proofs/index.ts';
import { turn } from '../proofs/turn.ts';
import { byteCount, encodeElements, stored, type ComputeDType, type Shape } from '../tensors/index.ts';
import { Mt19937 } from '../tensors/random/index.ts';
import { VERSION } from '../version.ts';
import { DENSITY_NEEDED, FACTORS_ARE_HEURISTIC, WEIGHTS_MISMATCH } from './combine/codes.ts';
import { combinedFactors, productNorm, sideBySide, type Columns } from './combine/factors.ts';
import { combineVectors } from './combine/ia3.ts';
import { COMBINE_METHODS, type CombineName, type SignElection } from './combine/methods.ts';
import { checkSources, combinedModules, targetsOf, valuesOf, wholeTensors, type CombinedModule, type Source } from './combine/sources.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { answer, type WriteBody } from './written.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to combine, and how. */
export interface CombineRequest {
  readonly adapters: readonly Folder[];
  /** 1 for each when absent. */
  readonly weights?: readonly number[];
  readonly method: CombineName;
  /** Share of the elements that are kept, for the methods that drop some. */
  readonly density?: number;
  /** Rank of decompositions; the largest of the sources when absent. */
  readonly rank?: number;
  readonly election?: SignElection;
  /** Seed of random drops: what torch.manual_seed gets before PEFT is called. */
  readonly seed?: number;
  readonly dtype?: ComputeDType;
  readonly output: string;
  readonly memoryBytes: number;
  scratch(name: string): Scratch;
}

/** Body of the answer: that of every verb that writes, and how the result came about. */
export interface CombineBody extends WriteBody {
  readonly combined: {
    readonly method: string;
    readonly weights: readonly number[];
    readonly rank: number | null;
    /** ‖result − Σ wᵢ·Δᵢ‖ / ‖Σ wᵢ·Δᵢ‖; null when that sum is zero. */
    readonly distance: number | null;
    readonly modules: readonly { readonly module: string; readonly sources: number; readonly distance: number | null }[];
  };
}

/** A tensor of the combined adapter: values that were worked out, or a tensor of one of the sources. */
export type Combined = { readonly key: string; readonly shape: Shape; readonly values: Float64Array; readonly from: readonly string[] } | { readonly key: string; readonly source: number; readonly tensor: Parameters<typeof bound>[0] };

/** Of the memory given, what a program may hold, and what a decomposition may. */
const PROGRAM_SHARE = 1 / 4, COLUMNS_SHARE = 1 / 2;

/** Combines. */
export async function combine(request: CombineRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext = {}): Promise<Answer<CombineBody>> {
  const { method: name, weights = request.adapters.map(() => 1) } = request, method = COMBINE_METHODS[name], { density = 1 } = request;
  if (weights.length !== request.adapters.length) refuse(WEIGHTS_MISMATCH, { weights: weights.length, adapters: request.adapters.length }, { path: '.' });
  if (method.drop !== 'nothing' && !(request.density !== undefined && density > 0 && density <= 1)) refuse(DENSITY_NEEDED, { method: name, given: request.density ?? { en: 'none', zh: '空值' } }, { path: '.' });
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const adapters: Adapter[] = [], scratch = request.scratch('factors'), work = request.scratch('delta');
  try {
    for (const folder of request.adapters) adapters.push(await openAdapter(folder));
    const sources = adapters.map((adapter, i): Source => ({ adapter, weight: weights[i]!, name: request.adapters[i]!.label })), table = new InputTable(), firsts: number[] = [];
    for (const [i, adapter] of adapters.entries()) firsts.push(await table.addCheckpoint(roleOf(i), adapter.checkpoint));
    const findings: Finding[] = adapters.flatMap((adapter) => adapter.findings.filter(({ severity }) => severity !== 'error'));
    if (adapters.every(({ type }) => type === 'IA3')) {
      const { tensors, config } = await combineVectors(sources);
      return await finish(request, { tensors, config, findings, table, scratch, firsts, adapters, told: { method: 'sum', weights, rank: null, distance: 0, modules: [] } }, host, options, context);
    }
    findings.push(...checkSources(sources));
    if (method.on === 'factors' && adapters.length > 1) findings.push(finding(FACTORS_ARE_HEURISTIC, { method: name }, { path: '.' }));
    const modules = combinedModules(sources), ranks = modules.map(({ parts }) => parts.reduce((most, { a }) => Math.max(most, a.shape[0]!), 0));
    const largest = ranks.reduce((most, rank) => Math.max(most, rank), 1), rank = method.on === 'cat' ? modules.reduce((most, { parts }) => Math.max(most, parts.reduce((sum, { a }) => sum + a.shape[0]!, 0)), 1)
      : method.on === 'delta' ? request.rank ?? largest : largest;
    const generator = new Mt19937(request.seed ?? 0);
    // PEFT makes its new layers first, and their initialisation draws from the same generator.
    if (method.drop === 'random') for (const { out, columns, names } of modules) if (names[0] === 'lora_A.weight') for (let left = rank * (2 * columns + out); left > 0; left--) generator.uint32();

    const inputs = adapters.flatMap(({ checkpoint }) => checkpoint.files.map((file) => file.source)), operand = new Operand(), workInput = inputs.length;
    const compile = proofCompiler({ source: (i) => (i === Operand.INDEX ? operand.source : i === workInput ? work.source : inputs[i]!), stages: [], memoryBytes: request.memoryBytes * PROGRAM_SHARE });
    const tensors: Combined[] = [], told: { module: string; sources: number; distance: number | null }[] = [];
    let doneBytes = 0, squares = 0, off = 0;
    const bytesOf = ({ parts }: CombinedModule) => parts.reduce((sum, { a, b }) => sum + a.bytes + b.bytes, 0), totalBytes = modules.reduce((sum, module) => sum + bytesOf(module), 0);
    context.onEvent?.({ kind: 'phase', phase: 'extract' });
    for (const module of modules) {
      await turn(context.signal);
      const sum = await sideBySide(module), made = await combinedFactors(module, sum, {
        name, method, rank, density, generator, election: request.election ?? 'total', drop: method.drop, compile, operand, work, workInput, memoryBytes: request.memoryBytes * COLUMNS_SHARE,
        expressionOf: ({ source, a, b }) => { const first = firsts[sources.indexOf(source)]!; return { a: bound(a, first), b: bound(b, first) }; },
        ...(context.signal === undefined ? {} : { signal: context.signal }),
      });
      const size = productNorm(sum), distance = method.on === 'cat' ? 0 : productNorm({ b: [...sum.b, ...made.b], a: [...sum.a, ...made.a.map((row) => row.map((x) => -x))] });
      squares += size ** 2;
      off += distance ** 2;
      told.push({ module: module.path, sources: module.parts.length, distance: size === 0 ? null : distance / size });
      tensors.push(...await tensorsOf(module, made, rank));
      doneBytes += bytesOf(module);
      context.onEvent?.({ kind: 'progress', phase: 'extract', doneBytes, totalBytes, current: module.path });
    }
    const whole = await wholeTensors(sources, (a, x, b, y) => sameContent(a.adapter.checkpoint, x, b.adapter.checkpoint, y));
    for (const { source, tensor } of whole) tensors.push({ key: tensor.name, source: sources.indexOf(source), tensor });
    const config = configOf(sources, modules, rank, whole.length > 0);
    return await finish(request, {
      tensors, config, findings, table, scratch, firsts, adapters, told: { method: name, weights, rank, distance: squares === 0 ? null : Math.sqrt(off / squares), modules: told },
    }, host, options, context);
  } finally {
    await host.release();
    for (const { checkpoint } of adapters) await closeCheckpoint(checkpoint);
    await scratch.close();
    await work.close();
  }
}

/** What plans call an adapter. */
const roleOf = (i: number): string => (i === 0 ? 'adapter' : `adapter-${i + 1}`);

/** The factors as tensors of the file; rows and columns beyond those that there are stay zero, as PEFT pads them. */
async function tensorsOf(module: CombinedModule, { a, b }: Columns, rank: number): Promise<Combined[]> {
  const { out, columns, key, names, parts, kernelA, kernelB } = module, from = parts.flatMap((part) => [part.a.name, part.b.name]);
  const A = new Float64Array(rank * columns), B = new Float64Array(out * rank);
  for (const [k, row] of a.entries()) A.set(row, k * columns);
  for (const [k, column] of b.entries()) for (let i = 0; i < out; i++) B[i * rank + k] = column[i]!;
  const made: Combined[] = [{ key: key + names[0], shape: [rank, ...kernelA], values: A, from }, { key: key + names[1], shape: [out, rank, ...kernelB], values: B, from }];
  const biases = parts.filter(({ bias }) => bias !== undefined);
  if (biases.length > 0) {
    const sum = new Float64Array(out);
    for (const { source, bias, factor } of biases) for (const [i, x] of (await valuesOf(source, bias!)).entries()) sum[i]! += factor * x;
    made.push({ key: `${key}lora_B.bias`, shape: [out], values: sum, from: biases.map(({ bias }) => bias!.name) });
  }
  return made;
}

function configOf(sources: readonly Source[], modules: readonly CombinedModule[], rank: number, whole: boolean): string {
  const fields: Record<string, unknown> = Object.fromEntries(sources[0]!.adapter.config.fields), all = (name: string) => sources.map(({ adapter }) => adapter.config.fields.get(name));
  const saved = [...new Set(all('modules_to_save').flatMap((value) => (Array.isArray(value) ? value : [])))].sort(), bias = sources.map(({ adapter }) => textField(adapter.config, 'bias')).find((word) => word !== undefined && word !== 'none');
  return configText({
    ...fields, peft_version: WRITTEN_PEFT_VERSION, r: rank, lora_alpha: rank, rank_pattern: {}, alpha_pattern: {}, target_modules: targetsOf(sources, modules),
    // Scales are in the factors; the root of the rank that rsLoRA would put on top is not.
    use_rslora: false, init_lora_weights: true, modules_to_save: whole && saved.length > 0 ? saved : null, bias: bias ?? 'none', lora_bias: all('lora_bias').includes(true),
    ensure_weight_tying: all('ensure_weight_tying').includes(true), fan_in_fan_out: all('fan_in_fan_out').includes(true), layers_to_transform: null, layers_pattern: null, exclude_modules: null,
  });
}

/** What is known when everything is worked out. */
interface Parts {
  readonly tensors: readonly Combined[];
  readonly config: string;
  readonly findings: readonly Finding[];
  readonly table: InputTable;
  readonly scratch: Scratch;
  readonly firsts: readonly number[];
  readonly adapters: readonly Adapter[];
  readonly told: CombineBody['combined'];
}

async function finish(request: CombineRequest, { tensors, config, findings, table, scratch, firsts, adapters, told }: Parts, host: OutputHost, options: ExecuteOptions, context: VerbContext): Promise<Answer<CombineBody>> {
  const { dtype = 'F32' } = request, scratchInput = table.inputs.length, planned: PlannedTensor[] = [];
  for (const one of tensors) {
    if ('tensor' in one) { planned.push(plannedTensor(one.key, bound(one.tensor, firsts[one.source]!), 'T', [`${roleOf(one.source)}:${one.tensor.name}`])); continue; }
    const bytes = new Uint8Array(byteCount(dtype, one.shape));
    encodeElements(dtype, one.values, bytes);
    planned.push({ ...plannedTensor(one.key, stored(scratchInput, await scratch.append(bytes), dtype, one.shape), told.method, one.from), action: 'computed' });
  }
  await table.addFile('factors', scratch.folder, scratch.path);
  const why: Text = { en: 'how PEFT reads the tensors', zh: 'PEFT 据此读取各张量' };
  const files: PlannedFile[] = [...layOutFresh(planned, { stem: 'adapter_model', single: 'adapter_model.safetensors' }), { kind: 'text', path: 'adapter_config.json', text: config, why }];
  const { companions } = await findCompanions(adapters[0]!.folder, []);
  for (const { path, role, modifiedMs } of companions) {
    if (BESIDE.has(role)) files.push({ kind: 'copy', path, input: await table.addFile('adapter', adapters[0]!.folder, path, modifiedMs), why: { en: 'of the first adapter', zh: '来自第一个适配器' } });
  }
  const plan: BoundPlan = { inputs: table.inputs, plan: { schema: 'temper.plan/1', verb: 'combine', version: VERSION, stages: [], files, dropped: [], findings, inputs: table.inputs.map(planInput) } };
  // Written in a moment; what would be interrupted here could not be resumed, for the factors are gone then.
  const result = await execute(plan, host, options, context.onEvent === undefined ? {} : { onEvent: context.onEvent }), body = answer('combine', request.output, plan.plan, result, host);
  return { ...body, body: { ...body.body, combined: told } };
}

/** What turns text into tokens goes with an adapter. */
const BESIDE: ReadonlySet<string> = new Set(['tokenizer', 'tokenizer-config', 'chat-template']);
