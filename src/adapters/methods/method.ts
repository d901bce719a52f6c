/**
 * @module
 * What an adapter method is: the names and sides of its tensors, its fields, and its formula as an expression. One file
 * per method.
 */
import type { Finding, Text } from '../../findings/index.ts';
import { add, cast, reshape, transpose, type DType, type Expression } from '../../tensors/index.ts';
import type { AdaptedModule } from '../adapted.ts';
import type { AdapterModule } from '../adapter.ts';
import type { AdapterConfig } from '../config.ts';
import type { FieldRule } from '../fields.ts';
import type { Form, Side } from '../forms.ts';
import type { ScaleRule } from '../patterns.ts';
import type { Facts } from './facts.ts';

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
  /** A tensor that modules share: of the file, or drawn again. */
  shared(name: string): Expression;
  /** All modules of the adapter, in the order in which the model that was trained has them where that is known. */
  readonly adapted: readonly AdaptedModule[];
  /** The adapter as it was before training is at hand: what it added to the base at the start is undone elsewhere. */
  readonly hasInitial: boolean;
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
  /** How many roundings in a row lead to the delta, where the formula does not show it: before a stage, inside a function. */
  readonly roundings?: number;
  /** The delta on the weight as a product of factors, for error bounds; absent when the method is not a plain sum. */
  readonly factors?: { readonly b: Expression; readonly a: Expression; readonly scale: number };
}

/** A method. */
export interface Method {
  readonly type: string;
  /** For docs/methods.md, a line for every variant. */
  readonly facts: readonly Facts[];
  /** What the fields of its config mean. */
  readonly fields: ReadonlyMap<string, FieldRule>;
  /** Parameter names on disk. */
  readonly parts: ReadonlySet<string>;
  /** Parameters that only training uses, and why they may be left out. */
  readonly leftOut?: ReadonlyMap<string, Text>;
  /** Tensors that all modules share, with their sides; names without the prefix. */
  readonly shared?: Readonly<Record<string, string>>;
  /** First components of tensors that groups of modules share, `tinylora_v` of `base_model.tinylora_v.3`. */
  readonly families?: readonly string[];
  /** Those that a module shares with its group, as `family.member` with their sides. */
  sharedBy?(module: AdaptedModule, adapted: readonly AdaptedModule[], config: AdapterConfig): Readonly<Record<string, string>>;
  /** Shared tensors that a file without them (save_projection false) leaves to its seed; or why they cannot be drawn again. */
  redraw?(adapted: readonly AdaptedModule[], config: AdapterConfig): ReadonlyMap<string, Expression> | Finding;
  /** Why shared tensors that a file leaves out (save_projection false) cannot be made again. */
  readonly undrawable?: Text;
  /** The order of the modules matters: a model whose order is not known is refused. */
  ordered?(config: AdapterConfig, modules: number): boolean;
  /** The file need not name its modules: they are those of the base that `target_modules` names, each with this shared tensor as its part. */
  readonly untold?: string;
  /** Parameters and shared tensors that hold whole numbers: positions. */
  readonly integers?: readonly string[];
  /** Of those, the ones that must stay below the size of something: a limit for all, or one for every row. */
  readonly positions?: Readonly<Record<string, (side: Side) => readonly number[]>>;
  /** What is to be said of an adapter as a whole, by the names of its parameters: an old format. */
  remarks?(config: AdapterConfig, parts: ReadonlySet<string>): readonly Finding[];
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

/** What PEFT draws in float32 and keeps in the dtype of the base. */
export const keptAs = (dtype: DType, drawn: Expression): Expression => (dtype === 'BF16' || dtype === 'F16' ? cast(dtype, drawn) : drawn);

/** A scale as people read it. */
export const number = (s: number): string => String(Number(s.toPrecision(6)));
