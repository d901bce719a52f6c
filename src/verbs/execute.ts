/**
 * @module
 * The common end of every verb that writes: check the inputs, enter the workspace, run the plan, check the inputs again.
 */
import { readInto, type ByteSource } from '../bytes/index.ts';
import { headerDigest, sampledDigest } from '../checkpoints/digests.ts';
import { isDataFile } from '../checkpoints/states/dcp.ts';
import { openContainer } from '../containers/index.ts';
import type { OutputHost } from '../engine/host.ts';
import { run, type RunResult } from '../engine/run.ts';
import type { Workspace, WorkspaceMode } from '../engine/workspace.ts';
import { refuse, type Text } from '../findings/index.ts';
import { INPUT_CHANGED } from '../plans/codes.ts';
import { costsOf, tensorInputs } from '../plans/costs.ts';
import type { BoundInput } from '../plans/inputs.ts';
import type { BoundPlan } from '../plans/merge.ts';
import { proveWritten } from '../proofs/written.ts';
import type { VerbContext } from './verb.ts';

/** How a plan is run. */
export interface ExecuteOptions {
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly part?: { readonly index: number; readonly count: number };
  readonly finish?: boolean;
  readonly digest?: boolean;
  readonly sync?: boolean;
  readonly manifest?: boolean;
  /** Further members of temper.json. */
  readonly facts?: () => Promise<Readonly<Record<string, string>>>;
  /** Read the output again: every byte as it is written, every file when it is whole. */
  readonly reread?: boolean;
}

/** Runs a bound plan to its end. Whatever fails, the workspace is closed and stays for `--resume`. */
export async function execute(bound: BoundPlan, host: OutputHost, options: ExecuteOptions, context: VerbContext): Promise<RunResult> {
  const mode: WorkspaceMode = options.part !== undefined || options.finish ? 'join' : options.force ? 'force' : options.resume ? 'resume' : 'new';
  const workspace = await host.enter(mode, options.part?.index);
  try {
    const crew = await host.crew(bound, workspace, costsOf(bound.plan).tensorBytes);
    try {
      return await run(bound.plan, workspace, crew, {
        ...(options.part === undefined ? {} : { part: options.part }),
        ...(options.finish === undefined ? {} : { finish: options.finish }),
        ...(options.digest === undefined ? {} : { digest: options.digest }),
        ...(options.sync === undefined ? {} : { sync: options.sync }),
        ...(options.manifest === undefined ? {} : { manifest: options.manifest }),
        ...(options.facts === undefined ? {} : { facts: options.facts }),
        ...(options.reread ? { reread: true, checkOutput: proveWritten } : {}),
        ...(context.signal === undefined ? {} : { signal: context.signal }),
        ...(context.onEvent === undefined ? {} : { onEvent: context.onEvent }),
        checkInputs: () => checkInputs(bound.inputs, 'quick'),
        copyInput: (input, path) => copyInput(bound.inputs[input]!, path, workspace),
      });
    } finally {
      await crew.close();
    }
  } finally {
    await workspace.close();
  }
}

const SIZE: Text = { en: 'its size differs', zh: '大小不同' }, HEADER: Text = { en: 'its header differs', zh: '文件头不同' };
const CONTENT: Text = { en: 'its content differs', zh: '内容不同' }, TIME: Text = { en: 'it was modified meanwhile', zh: '期间被修改过' };

/**
 * Refuses when an input is not what the plan says. `quick`: size, time and sampled content, after a run. `whole`: header
 * digest too and no times, for a plan that comes from a file; `headers` says what it covers.
 */
export async function checkInputs(inputs: readonly BoundInput[], how: 'quick' | 'whole', headers?: ReadonlyMap<number, Ranges>): Promise<void> {
  for (const [i, input] of inputs.entries()) {
    const changed = (what: Text): never => refuse(INPUT_CHANGED, { file: input.path, role: input.role, what }, { path: input.path });
    const source = await input.folder.open(input.path);
    try {
      if (source.size !== input.bytes) changed(SIZE);
      if (how === 'quick' && input.modifiedMs !== undefined && 'modifiedMs' in source && source.modifiedMs !== input.modifiedMs) changed(TIME);
      if (await sampledDigest(source) !== input.sampledSha256) changed(CONTENT);
      const headerRanges = headers?.get(i) ?? [[0, Math.min(source.size, 1 << 20)]];
      if (how === 'whole' && await headerDigest({ source, headerRanges }) !== input.headerSha256) changed(HEADER);
    } finally {
      await source.close();
    }
  }
}

/** Byte ranges of a file, `[offset, length]`. */
type Ranges = readonly (readonly [number, number])[];

/** The inputs of a plan from a file, opened as far as a run needs it. */
export interface OpenedInputs {
  readonly bound: BoundPlan;
  /** What describes the tensors of an input that has any. */
  readonly headers: ReadonlyMap<number, Ranges>;
  close(): Promise<void>;
}

/** Opens the weights among the inputs: for what describes their tensors, and for views where the file itself is not what is read. */
export async function openInputs(bound: BoundPlan): Promise<OpenedInputs> {
  const headers = new Map<number, Ranges>(), inputs = [...bound.inputs], views: ByteSource[] = [];
  const close = async () => { for (const view of views) await view.close(); };
  try {
    for (const i of tensorInputs(bound.plan)) {
      const input = inputs[i]!;
      // Not one container but many; known by its beginning.
      if (isDataFile(input.path)) continue;
      const source = await input.folder.open(input.path);
      let view: ByteSource | undefined;
      try {
        const opened = await openContainer(source);
        headers.set(i, opened.headerRanges);
        view = opened.source;
      } finally {
        if (view === undefined) await source.close();
      }
      if (view === undefined) continue;
      views.push(view);
      inputs[i] = { ...input, view };
    }
    return { bound: { ...bound, inputs }, headers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Bytes copied at a time. */
const BLOCK_BYTES = 1 << 20;

async function copyInput(input: BoundInput, path: string, workspace: Workspace): Promise<void> {
  const source = await input.folder.open(input.path);
  try {
    await workspace.create(path, source.size, []);
    const sink = workspace.sink(path);
    try {
      const block = new Uint8Array(Math.min(BLOCK_BYTES, source.size));
      for (let at = 0; at < source.size; at += block.length) {
        const part = block.subarray(0, Math.min(block.length, source.size - at));
        await readInto(source, at, part);
        await sink.write(at, part);
      }
    } finally {
      await sink.close();
    }
  } finally {
    await source.close();
  }
}
