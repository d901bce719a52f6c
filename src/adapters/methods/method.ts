/**
 * @module
 * What an adapter method is: the names and sides of its tensors, its fields, and its formula as an expression. One file
 * per method.
 */
import type { Text } from '../../findings/index.ts';
import { add, reshape, transpose, type Expression } from '../../tensors/index.ts';
import type { AdapterModule } from '../adapter.ts';
import type { AdapterConfig } from '../config.ts';
import type { FieldRule } from '../fields.ts';
import type { Form, Side } from '../forms.ts';
import type { ScaleRule } from '../patterns.ts';

/**
 * How the base stores the weight that a module adapts.
 * linear: (out, in). conv1d: (in, out), as in GPT-2. embedding: (rows, dim). conv: (out, in, …kernel).
 */
export type Layout = 'linear' | 'conv1d' | 'embedding' | 'conv';

/** Everything a formula may use. Expressions read the plan's inputs. */
export interface ModuleContext {
  readonly module: AdapterModule;
  readonly config: AdapterConfig;
  readonly layout: Layout;
  /** A side that the module's form names, and `out` and `in` of the weight (kernels flattened into `in`). */
  readonly side: Side;
  /** The weight so far: the base's, or what adapters before this one made of it. */
  readonly weight: Expression;
  /** The weight before any adapter. */
  readonly unmerged: Expression;
  /** The bias so far, and before any adapter, where the base has one. */
  readonly bias?: Expression;
  readonly unmergedBias?: Expression;
  /** alpha / r or alpha / sqrt(r), doubled where the quirk of out_proj asks for it; 1 where the method does not scale. */
  readonly scale: number;
  /** A tensor of the module; undefined when the file does not have it. */
  part(name: string): Expression | undefined;
  /** A tensor that all modules share. */
  shared(name: string): Expression;
  /** The delta as the chosen rounding wants it: itself, or rounded first as PEFT does. */
  rounded(delta: Expression): Expression;
  /** Something that has to exist before the first tile: a column norm, a rotation. */
  stage(expression: Expression, why: Text): Expression;
}

/** What a method makes of a module. */
export interface Merged {
  readonly weight?: Expression;
  readonly bias?: Expression;
  /** For people: `W + 2·B·A`. */
  readonly formula: string;
  /** The same for the bias: `b + 2·lora_B.bias`. */
  readonly biasFormula?: string;
  /**
   * How large the values on the way to an element of the delta get, where the formula does not show it: an FFT mixes a
   * whole kernel. For error bounds.
   */
  readonly intermediate?: Expression;
  /** The delta on the weight as a product of factors, for error bounds; absent when the method is not a plain sum. */
  readonly factors?: { readonly b: Expression; readonly a: Expression; readonly scale: number };
}

/** A method. */
export interface Method {
  readonly type: string;
  /** What the fields of its config mean. */
  readonly fields: ReadonlyMap<string, FieldRule>;
  /** Parameter names on disk. */
  readonly parts: ReadonlySet<string>;
  /** Parameters that only training uses, and why they may be left out. */
  readonly leftOut?: ReadonlyMap<string, Text>;
  /** Tensors that all modules share, with their sides; names without the prefix. */
  readonly shared?: Readonly<Record<string, string>>;
  /** Parameters that change the bias: without a bias in the base they have no home. */
  readonly onBias?: readonly string[];
  /** Parameters that are zero until they are trained. */
  readonly zeroAtStart?: readonly string[];
  /** A module may have come down to rank 0 in training: its factors then have no elements. */
  readonly mayShrinkToNothing?: boolean;
  /** The sets of parameters that a module may have. A side called `r` is compared with the config's rank. */
  forms(config: AdapterConfig, module: string): readonly Form[];
  /** Scales and ranks by module. */
  scales(config: AdapterConfig, alphaOverride?: number): ScaleRule;
  merge(context: ModuleContext): Merged;
}

/** A weight as (out, in · kernel), however it is stored. */
export function matrix({ layout, side }: ModuleContext, weight: Expression): Expression {
  return layout === 'conv1d' ? transpose(weight) : reshape([side('out'), side('in')], weight);
}

/** An (out, in · kernel) matrix as the base stores the weight. */
export function asStored({ layout, weight }: ModuleContext, of: Expression): Expression {
  return layout === 'conv1d' ? transpose(of) : reshape(weight.shape, of);
}

/** W + Δ, with Δ as (out, in · kernel). */
export function plus(context: ModuleContext, delta: Expression, formula: string): Merged {
  return { weight: add(context.weight, context.rounded(asStored(context, delta))), formula };
}

/** A scale as people read it. */
export const number = (s: number): string => String(Number(s.toPrecision(6)));
