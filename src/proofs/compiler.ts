/**
 * @module
 * Programs for proofs. What a plan would compute beforehand and keep in a temporary file (norms of columns, …) is computed
 * when it is first needed and kept in memory: a proof writes nothing.
 */
import { memorySource, type ByteSource } from '../bytes/index.ts';
import { compile, MEMORY_TOO_SMALL, type KernelChoice } from '../engine/compute/index.ts';
import type { ProgramInputs } from '../engine/program.ts';
import { refuse } from '../findings/index.ts';
import { byteCount, visit, type Expression } from '../tensors/index.ts';
import type { Compile } from './streams.ts';

/** What a proof reads and may use. */
export interface ProofResources {
  /** Input `index` of the expressions. */
  source(index: number): ByteSource;
  /** Expressions that `stage` nodes refer to. */
  readonly stages: readonly { readonly expression: Expression }[];
  /** Bytes that one program, and the stages together, may hold. */
  readonly memoryBytes: number;
  readonly kernels?: KernelChoice;
}

/** Compiles for one lane. */
export function proofCompiler({ source, stages, memoryBytes, kernels }: ProofResources): Compile {
  const done = new Map<number, ByteSource>();
  let held = 0;
  const inputs: ProgramInputs = { source, stage: (index) => done.get(index)! };
  const options = { memoryBytes, ...(kernels === undefined ? {} : { kernels }) };
  const need = async (expression: Expression): Promise<void> => {
    const wanted = new Set<number>();
    visit(expression, (node) => { if (node.op === 'stage' && !done.has(node.stage)) wanted.add(node.stage); });
    for (const index of wanted) {
      const stage = stages[index]!.expression, bytes = byteCount('F64', stage.shape);
      held += bytes;
      if (held > memoryBytes) refuse(MEMORY_TOO_SMALL, { needed: held, available: memoryBytes });
      await need(stage);
      const program = await compile(stage, inputs, options), into = new Uint8Array(bytes);
      await program.run(0, bytes / 8, (offset, part) => { into.set(part, offset); });
      done.set(index, memorySource(`stage ${index}`, into));
    }
  };
  return async (expression) => {
    await need(expression);
    return compile(expression, inputs, options);
  };
}
