/**
 * @module
 * A model in the making: every tensor of the base as an expression, which adapters then change one after the other.
 */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import type { Finding, Text } from '../findings/index.ts';
import { cast, rebind, stage, type Expression, type Shape } from '../tensors/index.ts';
import type { Merged } from './methods/index.ts';

/** One tensor of the merged model. Expressions read the plan's inputs. */
export interface Slot {
  readonly name: string;
  /** The base's tensor; absent when the merge adds one. */
  readonly base?: CheckpointTensor;
  /** The base's own bytes; of the embedding, for a head that the base ties to it. */
  readonly original: Expression;
  /** What deltas are relative to: the original, or the full tensor that replaced it. */
  unmerged: Expression;
  /** After the adapters so far; not yet rounded to the output dtype. */
  value: Expression;
  /** full: replaced by a tensor of an adapter, with nothing added since. */
  kind: 'untouched' | 'delta' | 'full';
  formula: string;
  from: string[];
  scale?: number;
  scaleFrom?: string;
  why?: Text;
  /** Factors of every delta so far; undefined once something is not a plain sum. */
  factors?: NonNullable<Merged['factors']>[];
  /** What methods said of the values on the way to their deltas, one entry per delta. */
  intermediates?: Pick<Merged, 'intermediate' | 'roundings'>[];
  /** The full tensor that replaced the base's: which adapter's, and where it lies. */
  replacement?: { readonly role: string; readonly checkpoint: Checkpoint; readonly tensor: CheckpointTensor; readonly saved: boolean };
  /** Rows that were replaced by trained tokens, with the values. */
  tokens?: { readonly indices: readonly number[]; readonly from: Expression }[];
}

/** What has to be computed before the tiles, as the plan will list it. */
export interface ModelStage { readonly shape: Shape; readonly expression: Expression; readonly why: Text }

/** The merged model and everything that is to be said about it. */
export interface Model {
  readonly base: Checkpoint;
  /** Parsed config.json of the base, where it has one. */
  readonly config: ReadonlyMap<string, unknown> | undefined;
  readonly slots: Map<string, Slot>;
  readonly stages: ModelStage[];
  readonly dropped: { name: string; why: Text }[];
  readonly findings: Finding[];
  /** Set when tied embeddings part. */
  untied?: { readonly embedding: string; readonly head: string };
  /** Set when layers were replicated: the adapter's words, and the old index of every new layer. */
  replication?: { readonly words: string; readonly stack: readonly number[] };
}

/** The base as a model that nothing has changed yet. Its files are the plan's first inputs. */
export function startModel(base: Checkpoint, config: ReadonlyMap<string, unknown> | undefined): Model {
  const slots = new Map<string, Slot>();
  for (const tensor of base.tensors.values()) {
    const own = tensor.expression;
    slots.set(tensor.name, { name: tensor.name, base: tensor, original: own, unmerged: own, value: own, kind: 'untouched', formula: 'W', from: [`base:${tensor.name}`], factors: [] });
  }
  return { base, config, slots, stages: [], dropped: [], findings: [] };
}

/** A tensor of another checkpoint whose files begin at input `first`. */
export function bound(tensor: CheckpointTensor, first: number): Expression {
  return rebind(tensor.expression, (file) => first + file);
}

/** Puts an expression among the stages and returns the node that stands for it. */
export function addStage(model: Model, expression: Expression, why: Text): Expression {
  model.stages.push({ shape: expression.shape, expression: cast('F64', expression), why });
  return stage(model.stages.length - 1, 'F64', expression.shape);
}

/** model_type of config.json. */
export function modelType(model: Model): string | undefined {
  const word = model.config?.get('model_type');
  return typeof word === 'string' ? word : undefined;
}
