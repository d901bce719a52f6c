/** @module Inputs in memory, the reference's bytes, and running a program piece by piece. */
import { allowFusedMultiplyAdd } from '../../src/node/simd.ts';
import { memorySource } from '../../src/bytes/index.ts';
import { compile, type CompileOptions } from '../../src/engine/compute/index.ts';
import type { Program, ProgramInputs } from '../../src/engine/program.ts';
import { byteCount, bitsOf, elementCount, evaluateReference, type DType, type Expression } from '../../src/tensors/index.ts';

// What the command does as well.
allowFusedMultiplyAdd();

export const MIB: number = 2 ** 20;

/** Files by index, and the expressions of stages. */
export interface Files {
  readonly files: readonly Uint8Array[];
  readonly stages?: readonly Expression[];
}

/** The definition. */
export function expectedBytes(expression: Expression, { files, stages = [] }: Files): Uint8Array {
  return evaluateReference(expression, {
    read: (source, offset, length) => files[source]!.subarray(offset, offset + length),
    stage: (index) => stages[index]!,
  });
}

export function programInputs({ files, stages = [] }: Files): ProgramInputs {
  const sources = files.map((bytes, i) => memorySource(`file-${i}`, bytes));
  const finished = stages.map((stage, i) => memorySource(`stage-${i}`, expectedBytes(stage, { files, stages })));
  return { source: (i) => sources[i]!, stage: (i) => finished[i]! };
}

/** Runs a program over `pieces` ranges of whole granules; checks that the bytes come in order and without gaps. */
export async function bytesOf(program: Program, dtype: DType, shape: readonly number[], pieces = 1): Promise<Uint8Array> {
  const out = new Uint8Array(byteCount(dtype, shape)), elements = elementCount(shape), granules = Math.ceil(elements / program.granule);
  for (let piece = 0; piece < pieces; piece++) {
    const begin = Math.floor(granules * piece / pieces) * program.granule, end = Math.min(Math.floor(granules * (piece + 1) / pieces) * program.granule, elements);
    if (begin >= end) continue;
    let at = begin * bitsOf(dtype) / 8;
    await program.run(begin, end, (offset, bytes) => {
      if (offset !== at) throw new Error(`emitted at ${offset}, not at ${at}`);
      out.set(bytes, offset);
      at += bytes.length;
    });
    if (at !== end * bitsOf(dtype) / 8) throw new Error(`ended at ${at}, not at ${end * bitsOf(dtype) / 8}`);
  }
  return out;
}

/** Compiles and runs. */
export async function computed(expression: Expression, files: Files, options: Partial<CompileOptions> = {}, pieces = 1): Promise<{ program: Program; bytes: Uint8Array }> {
  const program = await compile(expression, programInputs(files), { memoryBytes: 64 * MIB, ...options });
  return { program, bytes: await bytesOf(program, expression.dtype, expression.shape, pieces) };
}

/** Small reproducible random numbers. */
export interface Random { next(): number; int(n: number): number; normal(): number }

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, int: (n) => Math.floor(next() * n), normal: () => Math.sqrt(-2 * Math.log(next() + 1e-300)) * Math.cos(2 * Math.PI * next()) };
}
