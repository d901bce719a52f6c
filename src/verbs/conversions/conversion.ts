/**
 * @module
 * What a conversion is that does more than write the same tensors in another container: it opens what it needs and
 * gives a plan. One file per kind beside this one.
 */
import { closeCheckpoint, type Checkpoint } from '../../checkpoints/index.ts';
import type { BoundPlan } from '../../plans/index.ts';
import type { ConvertRequest } from '../convert.ts';

/** A plan, and what has to stay open until it has run. */
export interface Conversion {
  readonly bound: BoundPlan;
  readonly opened: readonly Checkpoint[];
}

/** A kind of conversion. */
export interface Converter {
  /** Whether it is meant, by what was asked for and what lies there. Headers only. */
  takes(request: ConvertRequest): Promise<boolean>;
  /** Opens and plans. What it opened is closed by the caller, or by `opening` when planning is refused. */
  plan(request: ConvertRequest): Promise<Conversion>;
}

/** Plans with checkpoints that are closed again when planning is refused. */
export async function opening(plan: (keep: <C extends Checkpoint>(checkpoint: C) => C) => Promise<BoundPlan>): Promise<Conversion> {
  const opened: Checkpoint[] = [];
  try {
    return { bound: await plan((checkpoint) => { opened.push(checkpoint); return checkpoint; }), opened };
  } catch (error) {
    for (const checkpoint of opened) await closeCheckpoint(checkpoint);
    throw error;
  }
}
