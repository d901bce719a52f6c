/**
 * @module
 * Chooses how a tensor is produced: a straight copy, the fused kernel, or the general evaluator.
 */
import type { Expression } from '../../tensors/index.ts';
import type { Program, ProgramInputs } from '../program.ts';
import { copyProgram } from './copy.ts';
import { fusedProgram } from './fused.ts';
import { generalProgram } from './general.ts';
import type { KernelChoice } from './kernels.ts';
import { LANE_BYTES_MAX } from './lane.ts';

/** How to compile. */
export interface CompileOptions {
  /** Bytes that the program may hold while it runs. */
  readonly memoryBytes: number;
  /** `wasm` (the default) falls back to `plain` by itself where the host has no SIMD. The bytes are the same. */
  readonly kernels?: KernelChoice;
}

/** Turns an expression into a program. Reads small factors, never a weight. */
export async function compile(expression: Expression, inputs: ProgramInputs, options: CompileOptions): Promise<Program> {
  const { kernels = 'wasm' } = options, memoryBytes = Math.min(options.memoryBytes, LANE_BYTES_MAX);
  return copyProgram(expression, inputs)
    ?? await fusedProgram(expression, inputs, memoryBytes, kernels)
    ?? generalProgram(expression, inputs, memoryBytes, kernels);
}
