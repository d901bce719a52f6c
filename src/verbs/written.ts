/**
 * @module
 * The answer of a verb that writes: what lies in the output, what became of the tensors, and the plan of a dry run.
 */
import type { OutputHost } from '../engine/host.ts';
import { schedule, type RunResult } from '../engine/run.ts';
import type { Text } from '../findings/index.ts';
import { costsOf } from '../plans/costs.ts';
import type { Plan, PlannedTensor } from '../plans/plan.ts';
import type { SizeBody } from './sizes.ts';
import type { SurvivalBody } from './survival.ts';
import type { Answer } from './verb.ts';

/** A file of the output. */
export interface WrittenFile { readonly path: string; readonly bytes: number; readonly sha256?: string }

/** Body of the answer (INTERFACE.md). */
export interface WriteBody {
  readonly output: string;
  readonly files: readonly WrittenFile[];
  readonly tensors: { readonly copied: number; readonly computed: number; readonly renamed: number; readonly dropped: readonly { readonly name: string; readonly why: Text }[] };
  readonly complete?: boolean;
  readonly elements?: { readonly computed: number; readonly recomputed: number };
  readonly plan?: PlanBody;
  readonly survival?: SurvivalBody;
  /** With `--verify`: what the proof said. */
  readonly verified?: { readonly verdict: string; readonly counts: object };
  /** Of a conversion: why the weights are smaller or larger than before. */
  readonly size?: SizeBody;
}

/** The plan as `--dry-run` prints it. */
export interface PlanBody {
  readonly files: readonly { readonly path: string; readonly kind: string; readonly bytes?: number; readonly why?: Text; readonly tensors?: readonly object[] }[];
  readonly bytes_to_read: number;
  readonly bytes_to_write: number;
  readonly peak_memory_bytes: number;
  readonly disk_bytes: number;
}

/** The answer of a verb that writes. */
export function answer(verb: Plan['verb'], output: string, plan: Plan, result: RunResult | undefined, host: OutputHost): Answer<WriteBody> {
  const tensors = plan.files.flatMap((file) => (file.kind === 'weights' && file.container !== 'verbatim' ? file.tensors : []));
  const count = (test: (tensor: PlannedTensor) => boolean) => tensors.filter(test).length;
  return {
    schema: `temper.${verb}/1`, exit: 0, findings: plan.findings,
    body: {
      output, files: result?.files ?? [],
      tensors: {
        copied: count((tensor) => tensor.action === 'copied'), computed: count((tensor) => tensor.action === 'computed'),
        renamed: count((tensor) => tensor.renamedFrom !== undefined),
        dropped: plan.dropped,
      },
      ...(result === undefined ? { plan: planBody(plan, host) } : { complete: result.complete, elements: { computed: result.computed, recomputed: result.recomputed } }),
    },
  };
}

function planBody(plan: Plan, host: OutputHost): PlanBody {
  const costs = costsOf(plan), sizes = new Map(schedule(plan).weights.map(({ path, bytes }) => [path, bytes]));
  return {
    files: plan.files.map((file) => (file.kind === 'weights' && file.container !== 'verbatim' ? {
      path: file.path, kind: file.kind, bytes: sizes.get(file.path)!,
      tensors: file.tensors.map(({ name, dtype, shape, formula, from, scale, scaleFrom, why }) => ({
        name, dtype, shape, formula, sources: from,
        ...(scale === undefined ? {} : { scale }), ...(scaleFrom === undefined ? {} : { scale_from: scaleFrom }), ...(why === undefined ? {} : { why }),
      })),
    } : file.kind === 'weights' ? { path: file.path, kind: 'copy', bytes: sizes.get(file.path)!, ...(file.why === undefined ? {} : { why: file.why }) }
      : { path: file.path, kind: file.kind, why: file.why, ...(file.kind === 'copy' ? { bytes: plan.inputs[file.input]!.bytes, from: plan.inputs[file.input]!.role } : {}) })),
    bytes_to_read: costs.bytesToRead, bytes_to_write: costs.bytesToWrite,
    peak_memory_bytes: host.peakMemoryBytes(costs.tensorBytes), disk_bytes: costs.diskBytes,
  };
}
