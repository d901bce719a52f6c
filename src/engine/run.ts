/**
 * @module
 * Runs a plan: lanes work through the orders of every output file, a journal remembers what is done, and the directory
 * appears when it is whole.
 */
import type { ByteSource } from '../bytes/index.ts';
import { isTemperError, refuse, TemperError, finding } from '../findings/index.ts';
import { planDigest } from '../plans/ndjson.ts';
import type { Plan, WeightsFile } from '../plans/plan.ts';
import { visit } from '../tensors/index.ts';
import { INTERRUPTED, NO_SPACE, PARTS_MISSING } from './codes.ts';
import { Journal, type Done } from './journal.ts';
import { MANIFEST, manifestText, type FileDigests } from './manifest.ts';
import type { Crew, OrderResult } from './orders.ts';
import { scheduleStages, scheduleWeights, type ScheduledFile } from './schedule.ts';
import { Sums } from './sums.ts';
import type { Workspace } from './workspace.ts';

/** What happens while a plan runs. */
export type RunEvent =
  | { readonly kind: 'phase'; readonly phase: 'run' | 'digest' | 'finish' }
  | { readonly kind: 'progress'; readonly phase: 'run' | 'digest'; readonly doneBytes: number; readonly totalBytes: number; readonly current: string };

/** How to run. */
export interface RunOptions {
  /** Share of the weight files to run: part `index` (from 1) of `count`. The directory is not completed. */
  readonly part?: { readonly index: number; readonly count: number };
  /** Only complete a directory whose parts have run. */
  readonly finish?: boolean;
  readonly digest?: boolean;
  /** false: no temper.json, for an output that is a single file. */
  readonly manifest?: boolean;
  /** Further members of temper.json, which follow from the inputs. Asked for when everything else is written. */
  readonly facts?: () => Promise<Readonly<Record<string, string>>>;
  /** Survive a power failure, not only the end of the process. */
  readonly sync?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  /** Called when everything is written: throws when an input is no longer what it was. */
  readonly checkInputs: () => Promise<void>;
  /** Read everything again as it is written, and compare. */
  readonly reread?: boolean;
  /** Called for every weights file when it is whole, before the output appears. */
  readonly checkOutput?: (file: WeightsFile, ranges: ScheduledFile['ranges'], source: ByteSource) => Promise<void>;
  /** Copies an input without tensors into the output. */
  readonly copyInput: (input: number, path: string) => Promise<void>;
}

/** What was written. */
export interface RunResult {
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256?: string }[];
  readonly computed: number;
  readonly recomputed: number;
  /** False after `--part`: the directory is not in place yet. */
  readonly complete: boolean;
}

/** All files that lanes write, weights first, then stages. */
export function schedule(plan: Plan): { weights: ScheduledFile[]; stages: ScheduledFile[] } {
  const files = plan.files.filter((file): file is WeightsFile => file.kind === 'weights');
  return { weights: files.map((file, i) => scheduleWeights(file, i)), stages: scheduleStages(plan, files.length) };
}

/** Runs `plan` in `workspace` with the lanes of `crew`. */
export async function run(plan: Plan, workspace: Workspace, crew: Crew, options: RunOptions): Promise<RunResult> {
  const { weights, stages } = schedule(plan);
  const digest = await planDigest(plan), { part } = options;
  const shape = [...weights, ...stages].map((file) => [file.path, file.orders.length] as const);
  const mine = part === undefined ? weights : weights.filter((file) => file.output % part.count === part.index - 1);
  const total = { computed: 0, recomputed: 0 }, sums = new Sums();
  const emit = (event: RunEvent) => options.onEvent?.(event);

  if (!options.finish) {
    const name = part === undefined ? 'run' : `part-${part.index}-of-${part.count}`;
    const done = await Journal.read(workspace, name, digest, shape);
    await needSpace(workspace, [...mine, ...stages], done);
    const journal = await Journal.open(workspace, name, digest, shape, done.size === 0 && (await workspace.readJournal(name)).length === 0);
    emit({ kind: 'phase', phase: 'run' });
    for (const level of levels(plan, stages)) await work(workspace.temporary, level, crew, done, journal, total, sums, options);
    stopIfAborted(options.signal, workspace);
    await work(workspace, mine, crew, done, journal, total, sums, options);
    stopIfAborted(options.signal, workspace);
    await journal.flush();
    if (part !== undefined) return { files: mine.map(({ path, bytes }) => ({ path, bytes })), ...total, complete: false };
  } else {
    const done = await needAllParts(workspace, weights, digest, shape);
    if (options.reread) await work(workspace, weights, crew, done, await Journal.open(workspace, 'finish', digest, shape, false), total, sums, options);
  }
  stopIfAborted(options.signal, workspace);

  await sealAll(workspace, weights, crew, sums, options);
  if (options.checkOutput !== undefined) await checkAll(plan, workspace, weights, options.checkOutput, options.signal);
  const digests = new Map<string, FileDigests>();
  if (options.digest) await digestAll(plan, weights, crew, digests, options, emit);
  emit({ kind: 'phase', phase: 'finish' });
  const written = await smallFiles(plan, workspace, options);
  await options.checkInputs();
  const outputs = [...weights.map(({ path, bytes }) => ({ path, bytes })), ...written];
  if (options.manifest !== false) {
    const bytes = await writeText(workspace, MANIFEST, manifestText(plan, digest, outputs, digests, await options.facts?.()));
    outputs.push({ path: MANIFEST, bytes });
  }
  if (options.sync) await workspace.sync();
  stopIfAborted(options.signal, workspace);
  await workspace.commit();
  return {
    files: outputs.map((file) => ({ ...file, ...(digests.has(file.path) ? { sha256: digests.get(file.path)!.sha256 } : {}) })),
    ...total, complete: true,
  };
}

/** Stages in an order in which each finds what it needs. */
function levels(plan: Plan, stages: readonly ScheduledFile[]): ScheduledFile[][] {
  const dependent = (i: number) => { let found = false; visit(plan.stages[i]!.expression, (node) => { found ||= node.op === 'stage'; }); return found; };
  const first = stages.filter((_, i) => !dependent(i)), later = stages.filter((_, i) => dependent(i));
  return [first, ...later.map((stage) => [stage])].filter((level) => level.length > 0);
}

async function needSpace(workspace: Workspace, files: readonly ScheduledFile[], done: Done): Promise<void> {
  const free = await workspace.freeBytes();
  const needed = files.reduce((sum, file) => sum + Math.ceil(file.bytes * (1 - (done.get(file.output)?.size ?? 0) / Math.max(1, file.orders.length))), 0);
  if (free !== undefined && free < needed) refuse(NO_SPACE, { needed, free, folder: workspace.label }, { path: workspace.label });
}

async function needAllParts(workspace: Workspace, weights: readonly ScheduledFile[], digest: string, shape: readonly (readonly [string, number])[]): Promise<Done> {
  const done: Done = new Map();
  for (const name of await workspace.journals()) {
    for (const [output, orders] of await Journal.read(workspace, name, digest, shape)) done.set(output, new Set([...done.get(output) ?? [], ...orders]));
  }
  for (const file of weights) {
    const count = done.get(file.output)?.size ?? 0;
    if (count < file.orders.length || !await workspace.has(file.path, file.bytes)) {
      refuse(PARTS_MISSING, { file: file.path, done: count, orders: file.orders.length }, { path: file.path });
    }
  }
  return done;
}

function stopIfAborted(signal: AbortSignal | undefined, workspace: Workspace): void {
  if (signal?.aborted) throw new TemperError([finding(INTERRUPTED, { partial: workspace.label }, { path: workspace.label })], { cause: signal.reason });
}

/** Orders that a lane has been given and has not answered: it must not stand still while this thread does something else. */
const ORDERS_AHEAD = 2;

/**
 * Works through the files; with `reread` also through what an earlier process did, which is compared and not written. A lane
 * stays with a file as long as it has orders: two lanes in one file wait for each other's
 * writes.
 */
async function work(place: Pick<Workspace, 'create' | 'has'>, files: readonly ScheduledFile[], crew: Crew, done: Done, journal: Journal,
  total: { computed: number; recomputed: number }, sums: Sums, options: RunOptions): Promise<void> {
  const queues: { file: ScheduledFile; left: number[]; finished: ReadonlySet<number>; lanes: number }[] = [];
  let totalBytes = 0, doneBytes = 0;
  for (const file of files) {
    const finished = done.get(file.output) ?? new Set<number>();
    // A file that is not there with its size was never begun, whatever the journal says.
    if (finished.size === 0 || !await place.has(file.path, file.bytes)) {
      if (finished.size > 0) await journal.reset(file.output);
      await place.create(file.path, file.bytes, file.known);
      finished.clear();
    }
    const left = file.orders.map((_, i) => i).filter((i) => options.reread || !finished.has(i));
    totalBytes += file.bytes;
    doneBytes += Math.round(file.bytes * (1 - left.length / Math.max(1, file.orders.length)));
    if (left.length > 0) queues.push({ file, left: left.reverse(), finished, lanes: 0 });
  }
  let failed = false;
  const next = (own: typeof queues[number] | undefined) => {
    if (own !== undefined && own.left.length > 0) return own;
    if (own !== undefined) own.lanes--;
    const open = queues.filter((queue) => queue.left.length > 0);
    const best = open.sort((a, b) => a.lanes - b.lanes || b.left.length - a.left.length)[0];
    if (best !== undefined) best.lanes++;
    return best;
  };
  const owns: (typeof queues[number] | undefined)[] = [];
  const results = await Promise.allSettled(Array.from({ length: crew.size * ORDERS_AHEAD }, async (_, i) => {
    const lane = i % crew.size;
    while (!failed && !options.signal?.aborted) {
      const own = owns[lane] = next(owns[lane]);
      if (own === undefined) return;
      const number = own.left.pop()!;
      try {
        const { seal, output, orders } = own.file, written = own.finished.has(number);
        const result: OrderResult = await crew.execute(lane, { ...orders[number]!, reread: options.reread ?? false, sums: seal !== undefined, written });
        if (result.pieces !== undefined) sums.add(output, result.pieces);
        total.computed += result.computed;
        total.recomputed += result.recomputed;
        doneBytes += result.bytes;
        if (!written) await journal.note(own.file.output, number);
        options.onEvent?.({ kind: 'progress', phase: 'run', doneBytes: Math.min(doneBytes, totalBytes), totalBytes, current: own.file.path });
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }));
  await journal.flush();
  const failure = results.find((result): result is PromiseRejectedResult => result.status === 'rejected');
  if (failure !== undefined) throw isTemperError(failure.reason) ? failure.reason : new Error('a lane failed', { cause: failure.reason });
}

/** Completes files whose container tells of its data: done again on every resume, for it is the same each time. */
async function sealAll(workspace: Workspace, weights: readonly ScheduledFile[], crew: Crew, sums: Sums, options: RunOptions): Promise<void> {
  let at = 0;
  await Promise.all(Array.from({ length: crew.size }, async (_, lane) => {
    for (let i = at++; i < weights.length && !options.signal?.aborted; i = at++) {
      const { output, path, seal } = weights[i]!;
      if (seal === undefined) continue;
      // What was written in an earlier process, or by others, is read for its sums.
      const checksums = sums.of(output, seal.ranges), unknown = checksums.flatMap((crc, range) => (crc === undefined ? [range] : []));
      if (unknown.length > 0) {
        const read = await crew.execute(lane, { kind: 'checksum', output, ranges: unknown.map((range) => seal.ranges[range]!) });
        unknown.forEach((range, at) => { checksums[range] = read.checksums![at]!; });
      }
      const sink = workspace.sink(path);
      try { for (const { offset, bytes } of seal.finish(checksums as number[])) await sink.write(offset, bytes); } finally { await sink.close(); }
    }
  }));
}

/** Opens every weights file again. */
async function checkAll(plan: Plan, workspace: Workspace, weights: readonly ScheduledFile[], check: NonNullable<RunOptions['checkOutput']>, signal: AbortSignal | undefined): Promise<void> {
  const files = plan.files.filter((file): file is WeightsFile => file.kind === 'weights');
  for (const [i, { path, ranges }] of weights.entries()) {
    stopIfAborted(signal, workspace);
    const source = workspace.source(path);
    try { await check(files[i]!, ranges, source); } finally { await source.close(); }
  }
}

async function digestAll(plan: Plan, weights: readonly ScheduledFile[], crew: Crew, digests: Map<string, FileDigests>, options: RunOptions, emit: (event: RunEvent) => void): Promise<void> {
  emit({ kind: 'phase', phase: 'digest' });
  const files = plan.files.filter((file): file is WeightsFile => file.kind === 'weights');
  const totalBytes = weights.reduce((sum, file) => sum + file.bytes, 0);
  let at = 0, doneBytes = 0;
  await Promise.all(Array.from({ length: crew.size }, async (_, lane) => {
    for (let i = at++; i < weights.length && !options.signal?.aborted; i = at++) {
      const { output, ranges, path, bytes } = weights[i]!, { tensors } = files[i]!;
      // Names that share their bytes have one digest.
      const own = tensors.flatMap(({ shares }, t) => (shares === undefined && files[i]!.container !== 'verbatim' ? [t] : [])), sums = new Map<string, string>();
      const result = await crew.execute(lane, { kind: 'digest', output, ranges: own.map((t) => ranges[t]!) });
      own.forEach((t, at) => sums.set(tensors[t]!.name, result.rangeSha256![at]!));
      for (const { name, shares } of tensors) if (shares !== undefined) sums.set(name, sums.get(shares.name)!);
      digests.set(path, { sha256: result.sha256!, tensors: sums });
      doneBytes += bytes;
      emit({ kind: 'progress', phase: 'digest', doneBytes, totalBytes, current: path });
    }
  }));
}

async function smallFiles(plan: Plan, workspace: Workspace, options: RunOptions): Promise<{ path: string; bytes: number }[]> {
  const written: { path: string; bytes: number }[] = [];
  for (const file of plan.files) {
    stopIfAborted(options.signal, workspace);
    if (file.kind === 'text') written.push({ path: file.path, bytes: await writeText(workspace, file.path, file.text) });
    if (file.kind === 'copy') {
      await options.copyInput(file.input, file.path);
      written.push({ path: file.path, bytes: plan.inputs[file.input]!.bytes });
    }
  }
  return written;
}

async function writeText(workspace: Workspace, path: string, text: string): Promise<number> {
  const bytes = new TextEncoder().encode(text);
  await workspace.create(path, bytes.length, [{ offset: 0, bytes }]);
  return bytes.length;
}
