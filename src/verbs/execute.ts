/**
 * @module
 * The common end of every verb that writes: check the inputs, enter the workspace, run the plan, check the inputs again.
 */
import { readInto, type ByteSource } from '../bytes/index.ts';
import { headerDigest, sampledDigest } from '../checkpoints/index.ts';
import { openContainer } from '../containers/index.ts';
import { run, type OutputHost, type RunResult, type Workspace, type WorkspaceMode } from '../engine/index.ts';
import { refuse, type Text } from '../findings/index.ts';
import { INPUT_CHANGED } from '../plans/codes.ts';
import { costsOf, type BoundInput, type BoundPlan } from '../plans/index.ts';
import { roleOf } from '../producers/index.ts';
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
 * digest too and no times, for a plan that comes from a file.
 */
export async function checkInputs(inputs: readonly BoundInput[], how: 'quick' | 'whole', headers?: (input: BoundInput, source: ByteSource) => Promise<readonly (readonly [number, number])[]>): Promise<void> {
  for (const input of inputs) {
    const changed = (what: Text): never => refuse(INPUT_CHANGED, { file: input.path, role: input.role, what }, { path: input.path });
    const source = await input.folder.open(input.path);
    try {
      if (source.size !== input.bytes) changed(SIZE);
      if (how === 'quick' && input.modifiedMs !== undefined && 'modifiedMs' in source && source.modifiedMs !== input.modifiedMs) changed(TIME);
      if (await sampledDigest(source) !== input.sampledSha256) changed(CONTENT);
      if (how === 'whole' && headers !== undefined && await headerDigest({ source, headerRanges: await headers(input, source) }) !== input.headerSha256) changed(HEADER);
    } finally {
      await source.close();
    }
  }
}

/** What a header digest covers: the container's own description of its tensors, or the first MiB of any other file. */
export async function headerRangesOf(input: BoundInput, source: ByteSource): Promise<readonly (readonly [number, number])[]> {
  const weights = ['weights', 'adapter-weights'].includes(roleOf(input.path).role);
  return weights ? (await openContainer(source)).headerRanges : [[0, Math.min(source.size, 1 << 20)]];
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
