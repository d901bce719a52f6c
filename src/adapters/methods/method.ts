/**
 * @module
 * What an adapter method is: the names of its tensors, and its formula as an expression. One file per method.
 */
import type { Text } from '../../findings/index.ts';
import type { Expression } from '../../tensors/index.ts';
import type { AdapterModule } from '../adapter.ts';

/**
 * How the base stores the weight that a module adapts.
 * linear: (out, in). conv1d: (in, out), as in GPT-2. embedding: (rows, dim). conv: (out, in, …kernel).
 */
export type Layout = 'linear' | 'conv1d' | 'embedding' | 'conv';

/** Everything a formula may use. Expressions read the plan's inputs. */
export interface ModuleContext {
  readonly module: AdapterModule;
  readonly layout: Layout;
  /** The weight so far: the base's, or what adapters before this one made of it. */
  readonly weight: Expression;
  /** The weight before any adapter. */
  readonly unmerged: Expression;
  /** The bias so far, where the base has one. */
  readonly bias?: Expression;
  /** alpha / r or alpha / sqrt(r), doubled where the quirk of out_proj asks for it. */
  readonly scale: number;
  /** A tensor of the module; undefined when the file does not have it. */
  part(name: string): Expression | undefined;
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
  /** The delta on the weight as a product of factors, for error bounds; absent when the method is not a plain sum. */
  readonly factors?: { readonly b: Expression; readonly a: Expression; readonly scale: number };
}

/** A method. */
export interface Method {
  readonly type: string;
  /** Parameter names on disk. */
  readonly parts: ReadonlySet<string>;
  /** Parameters that only make sense together. */
  readonly pairs: readonly (readonly [string, string])[];
  /** Rank that the tensors have, for comparison with the config; undefined when the module has none. */
  rank(module: AdapterModule): number | undefined;
  merge(context: ModuleContext): Merged;
}
