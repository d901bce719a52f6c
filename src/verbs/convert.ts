/**
 * @module
 * convert: the same tensors in another layout: shards, dtype.
 */
import type { Folder } from '../bytes/index.ts';
import { closeCheckpoint, openCheckpoint } from '../checkpoints/index.ts';
import type { OutputHost } from '../engine/index.ts';
import { planConvert, type BoundPlan, type Written } from '../plans/index.ts';
import type { ComputeDType } from '../tensors/index.ts';
import { VERSION } from '../version.ts';
import { findConverter, type Converter } from './conversions/index.ts';
import { execute, type ExecuteOptions } from './execute.ts';
import { answer, type WriteBody } from './merge.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to convert, and how. */
export interface ConvertRequest {
  readonly input: Folder;
  /** A single file inside `input`, when the user named one. */
  readonly file?: string;
  readonly output: string;
  readonly dtype?: ComputeDType;
  readonly maxShardBytes?: number;
  /** Write one file of this name and nothing beside it. */
  readonly single?: string;
  /** safetensors unless something else is asked for. */
  readonly container?: Written;
  /** What to write, beyond another container; see conversions.ts. */
  readonly to?: string;
  readonly saveFormat?: string;
  readonly shards?: number;
  readonly asAdapter?: boolean;
  readonly loraAlpha?: number;
  readonly pooling?: string;
  readonly dryRun?: boolean;
}

/** Converts. */
export async function convert(request: ConvertRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext = {}): Promise<Answer<WriteBody> & { bound: BoundPlan }> {
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const converter = await findConverter(request);
  if (converter !== undefined) return convertBy(converter, request, host, options, context);
  const base = await openCheckpoint(request.input, request.file === undefined ? {} : { file: request.file });
  try {
    if (!request.dryRun) host.prepare(base.files.reduce((sum, file) => sum + file.bytes, 0), request.dtype === undefined ? 'copy' : 'compute');
    context.onEvent?.({ kind: 'phase', phase: 'plan' });
    const bound = await planConvert(base, {
      version: VERSION,
      ...(request.dtype === undefined ? {} : { dtype: request.dtype }),
      ...(request.maxShardBytes === undefined ? {} : { maxShardBytes: request.maxShardBytes }), ...(request.container === undefined ? {} : { container: request.container }),
      ...(request.single === undefined ? {} : { single: request.single }),
    });
    const result = request.dryRun ? undefined : await execute(bound, host, options, context);
    return { ...answer('convert', request.output, bound.plan, result, host), bound };
  } finally {
    await host.release();
    await closeCheckpoint(base);
  }
}

/** Runs a conversion that does more than write the same tensors in another container. */
async function convertBy(converter: Converter, request: ConvertRequest, host: OutputHost, options: ExecuteOptions, context: VerbContext): Promise<Answer<WriteBody> & { bound: BoundPlan }> {
  try {
    const { bound, opened } = await converter.plan(request);
    try {
      const result = request.dryRun ? undefined : await execute(bound, host, options, context);
      return { ...answer('convert', request.output, bound.plan, result, host), bound };
    } finally {
      for (const checkpoint of opened) await closeCheckpoint(checkpoint);
    }
  } finally {
    await host.release();
  }
}
