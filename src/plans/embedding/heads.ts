/**
 * @module
 * The retrieval heads of an M3 model: matrices beside the encoder, in files of their own that FlagEmbedding looks for by name.
 */
import type { Checkpoint } from '../../checkpoints/checkpoint.ts';
import { plannedTensor } from '../fresh.ts';
import type { BoundPlan } from '../merge.ts';
import type { PlannedFile, PlannedTensor } from '../plan.ts';

/** Modules, and at once the stems of their files. */
const HEADS: readonly string[] = ['colbert_linear', 'sparse_linear'];

/** A plan with the heads that its names left out, each as `torch.save` of its state dict. The checkpoint is its first input. */
export function withHeads(bound: BoundPlan, checkpoint: Checkpoint): BoundPlan {
  const left = new Set(bound.plan.dropped.map(({ name }) => name)), taken = new Set<string>(), files: PlannedFile[] = [];
  for (const head of HEADS) {
    const tensors = [...checkpoint.tensors.values()].flatMap((tensor): PlannedTensor[] => {
      const [, part] = new RegExp(`(?:^|\\.)${head}\\.(weight|bias)$`).exec(tensor.name) ?? [];
      if (part === undefined || !left.has(tensor.name)) return [];
      taken.add(tensor.name);
      return [plannedTensor(part, tensor.expression, 'W', [`base:${tensor.name}`])];
    });
    if (tensors.length > 0) files.push({ kind: 'weights', container: 'torch-zip', path: `${head}.pt`, metadata: {}, tensors });
  }
  if (files.length === 0) return bound;
  const own = new Set(files.map(({ path }) => path));
  return { ...bound, plan: { ...bound.plan, files: [...bound.plan.files.filter(({ path }) => !own.has(path)), ...files], dropped: bound.plan.dropped.filter(({ name }) => !taken.has(name)) } };
}
