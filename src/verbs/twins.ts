/**
 * @module
 * Weights in another format that lie beside those a loader takes: whether they hold the same tensors.
 */
import { closeCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { openCheckpoint } from '../checkpoints/open.ts';
import { chooseWeights } from '../checkpoints/precedence.ts';
import { finding, isTemperError, type Finding } from '../findings/index.ts';
import type { VerbContext } from './verb.ts';

/** Opens the other weights of a folder: what a loader would take if those of `base` were not there. Undefined when there are none. */
export async function openTwin(base: Checkpoint): Promise<Checkpoint | undefined> {
  const choice = chooseWeights(base.unused);
  return choice.kind === 'file' || choice.kind === 'index' ? openCheckpoint(base.folder, { file: choice.path }) : undefined;
}

/** Compares the weights beside those of `base` with them. Twins that do not open are no twins. */
export async function twinFindings(base: Checkpoint, context: VerbContext): Promise<Finding[]> {
  let twin: Checkpoint | undefined;
  try {
    twin = await openTwin(base);
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return error.findings.map((one) => ({ ...one, severity: 'warning' }));
  }
  if (twin === undefined) return [];
  try {
    // Few folders have any; what compares them is loaded for those.
    const { TWINS_DIFFER, TWINS_EQUAL } = await import('../checks/rules/twins.ts'), { compareTwins, describeTwin } = await import('../proofs/twins.ts');
    context.onEvent?.({ kind: 'phase', phase: 'verify' });
    const used = base.index ?? base.files[0]!.path, other = twin.index ?? twin.files[0]!.path;
    const { equal, tensors } = await compareTwins(base, twin, {
      brief: true, ...(context.signal === undefined ? {} : { signal: context.signal }),
      onBytes: (doneBytes, totalBytes, current) => context.onEvent?.({ kind: 'progress', phase: 'verify', doneBytes, totalBytes, current }),
    });
    const last = tensors.at(-1)!;
    // A conversion is as right as what it was made from; `check` is where a folder is judged.
    return equal ? [finding(TWINS_EQUAL, { used, twin: other }, { path: other, severity: 'info' })]
      : [finding(TWINS_DIFFER, { used, twin: other, difference: describeTwin(last, used, other) }, { path: other, tensor: last.name, severity: 'warning' })];
  } finally {
    await closeCheckpoint(twin);
  }
}
