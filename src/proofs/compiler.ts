/**
 * @module
 * Programs for proofs. What a plan would compute beforehand and keep in a temporary file (norms of columns, …) is computed
 * when it is first needed and kept in memory, as long as there is room: a proof writes nothing. Tensors are judged one after the
 * other, so the stages that were needed last are those of the tensor at hand.
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
  /** Finished stages, those needed last at the end. */
  const done = new Map<number, ByteSource>();
  const inputs: ProgramInputs = {
    source,
    // One that had to make room for another stage of the same tensor: they do not fit together.
    stage: (index) => done.get(index) ?? refuse(MEMORY_TOO_SMALL, { needed: memoryBytes + byteCount('F64', stages[index]!.expression.shape), available: memoryBytes }),
  };
  const options = { memoryBytes, ...(kernels === undefined ? {} : { kernels }) };
  const need = async (expression: Expression): Promise<void> => {
    const wanted = new Set<number>();
    visit(expression, (node) => { if (node.op === 'stage') wanted.add(node.stage); });
    for (const index of wanted) {
      const known = done.get(index), stage = stages[index]!.expression, bytes = byteCount('F64', stage.shape);
      if (known !== undefined) { done.delete(index); done.set(index, known); continue; }
      await need(stage);
      makeRoom(bytes, wanted);
      const program = await compile(stage, inputs, options), into = new Uint8Array(bytes);
      await program.run(0, bytes / 8, (offset, part) => { into.set(part, offset); });
      done.set(index, memorySource(`stage ${index}`, into));
    }
  };
  /** Forgets stages that are not wanted now, the longest unused first, until so many bytes are free. */
  const makeRoom = (bytes: number, wanted: ReadonlySet<number>): void => {
    let held = [...done.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [index, { size }] of done) {
      if (held + bytes <= memoryBytes) break;
      if (!wanted.has(index)) { done.delete(index); held -= size; }
    }
    if (held + bytes > memoryBytes) refuse(MEMORY_TOO_SMALL, { needed: held + bytes, available: memoryBytes });
  };
  return async (expression) => {
    await need(expression);
    return compile(expression, inputs, options);
  };
}
