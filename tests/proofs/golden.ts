/** Golden cases as proof tasks. */
import { openAdapter } from '../../src/adapters/index.ts';
import { memorySource, type ByteSource } from '../../src/bytes/index.ts';
import { openCheckpoint } from '../../src/checkpoints/index.ts';
import { openInput } from '../../src/node/folder.ts';
import { applyAll, readConfig } from '../../src/plans/index.ts';
import { elementCount, stored, type DType } from '../../src/tensors/index.ts';
import { proofCompiler, verifyTasks, type Compile, type VerifyTask } from '../../src/proofs/index.ts';
import { encoded } from './world.ts';

/** An opened case. */
export interface Golden {
  readonly tasks: readonly VerifyTask[];
  readonly compile: Compile;
  /** A task about other values of the merged tensor. */
  withValues(task: VerifyTask, values: Float64Array, dtype?: DType): VerifyTask;
  /** Values of any expression of the task's world. */
  values(expression: NonNullable<VerifyTask['value']>): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Opens base, adapters and merged model. */
export async function openGolden(base: string, adapters: readonly string[], merged: string): Promise<Golden> {
  const own = await openCheckpoint(openInput(base).folder), opened = [];
  for (const adapter of adapters) opened.push(await openAdapter(openInput(adapter).folder));
  const { model, table } = await applyAll(own, opened, { config: (await readConfig(own))?.fields }), result = await openCheckpoint(openInput(merged).folder);
  const first = await table.addCheckpoint('merged', result);
  const sources: ByteSource[] = [...own.files, ...opened.flatMap(({ checkpoint }) => checkpoint.files), ...result.files].map(({ source }) => source);
  const compile = proofCompiler({ source: (index) => sources[index]!, stages: model.stages, memoryBytes: 64 << 20 });
  return {
    tasks: verifyTasks(model, result, first), compile,
    withValues(task, values, dtype = task.merged!.dtype) {
      sources.push(memorySource('changed', encoded(dtype, values)));
      return { ...task, merged: stored(sources.length - 1, 0, dtype, task.merged!.shape) };
    },
    async values(expression) {
      const { openValues } = await import('../../src/proofs/index.ts'), stream = await openValues(compile, expression);
      return (await stream.values(0, elementCount(expression.shape))).slice();
    },
    async close() { for (const source of sources) await source.close(); },
  };
}
