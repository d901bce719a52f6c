/**
 * @module
 * Where output goes and who does the work: what a verb that writes needs from the platform.
 */
import type { BoundPlan } from '../plans/index.ts';
import type { Crew } from './orders.ts';
import type { Workspace, WorkspaceMode } from './workspace.ts';

/** The platform's side of a run. */
export interface OutputHost {
  /** Enters the output directory under construction. `part` keeps the temporary files of processes that share it apart. */
  enter(mode: WorkspaceMode, part?: number): Promise<Workspace>;
  /** About `bytes` bytes of such work are coming: a host may start its lanes while the plan is made. */
  prepare(bytes: number, work: 'copy' | 'compute'): void;
  /** Gives back what `prepare` started, when there was no run. May be called after a run too. */
  release(): Promise<void>;
  /** Lanes for a plan in that workspace. `bytes` is the work to come. */
  crew(bound: BoundPlan, workspace: Workspace, bytes: number): Promise<Crew>;
  /** What a run may hold in memory at most, and with how many lanes: for the plan's statement. */
  peakMemoryBytes(bytes: number): number;
}
