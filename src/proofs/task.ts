/**
 * @module
 * What is asked about one tensor, and what the answer looks like. Tasks are plain data: expressions over a table of
 * inputs, so that any thread that has the inputs can answer.
 */
import type { Text } from '../findings/index.ts';
import { matmul, reshape, scale, type DType, type Expression, type Shape } from '../tensors/index.ts';
import type { Magnitude } from './magnitude.ts';
import type { Survival } from './survival.ts';
import type { Histogram } from './ulp.ts';

/** A low-rank delta `scale · b·a`, b of shape (rows, r), a of shape (r, columns). */
export interface Factors { readonly b: Expression; readonly a: Expression; readonly scale: number }

/** One addition to a weight. A merge of several adapters is several steps. */
export interface Step {
  /** The delta, F64, of the tensor's shape. */
  readonly delta: Expression;
  /**
   * What it is a product of, for the error bound of a float32 evaluation; several for blocks of rows one below the other
   * (experts). Absent, and no magnitude either: the delta is taken to be a product of single numbers.
   */
  readonly factors?: readonly Factors[];
  /** The error bound of any other delta: a share of these elements. */
  readonly magnitude?: Magnitude;
}

/** The step of a plain LoRA. `shape` is the tensor's; a kernel's is flattened by the factors. */
export function lowRankStep(shape: Shape, factors: Factors): Step {
  return { delta: reshape(shape, scale(factors.scale, matmul(factors.b, factors.a))), factors: [factors] };
}

/** One tensor to judge. */
export interface VerifyTask {
  readonly name: string;
  /**
   * delta: an adapter changes it by a formula. full: an adapter replaces it (or some rows). untouched: no adapter has it.
   * extra: only the merged model has it.
   */
  readonly kind: 'delta' | 'full' | 'untouched' | 'extra';
  /** The base's tensor; absent when the base has none. */
  readonly base?: Expression;
  /** The value before it is rounded to the stored dtype; absent for untouched and extra tensors. */
  readonly value?: Expression;
  /** The tensor of the merged model; absent when it is missing there. */
  readonly merged?: Expression;
  /** What the deltas are added to, where that is not the base's tensor (a full tensor replaced it first). */
  readonly start?: Expression;
  /** The deltas in the order of the adapters, when the value is `start` plus their sum. Absent for other formulas (DoRA). */
  readonly steps?: readonly Step[];
  /** Rows (along the first axis) that are replaced after everything, so they take no part in the delta. */
  readonly replacedRows?: readonly number[];
  /** How many adapters change it; every one may round. */
  readonly adapters?: number;
  /** The first axis counts experts. */
  readonly experts?: boolean;
}

/** Verdicts of one tensor. */
export type TensorVerdict = 'exact' | 'rounding' | 'untouched' | 'replaced' | 'no-effect' | 'base' | 'twice' | 'scaled' | 'transposed'
  | 'partial' | 'changed' | 'other' | 'missing' | 'extra';

/** What was found out about one tensor. */
export interface TensorResult {
  readonly name: string;
  readonly kind: VerifyTask['kind'];
  readonly verdict: TensorVerdict;
  readonly elements: number;
  /** Elements that are not the expected ones (the value rounded once; the base's for untouched tensors). */
  readonly differing: number;
  /** Largest distance from the expected element in steps of the merged tensor's dtype, NaN against number left out. */
  readonly maxUlp: number;
  /** For `scaled` and `twice`: the factor of the delta. */
  readonly scale?: number;
  readonly note?: Text;
  readonly histogram?: Histogram;
  /** What is left of the delta in the merged tensor. */
  readonly survival?: Survival;
}

/** The dtype that a tensor is compared in: the merged model's own. */
export const storedDType = (task: VerifyTask): DType => (task.merged ?? task.value ?? task.base)!.dtype;
