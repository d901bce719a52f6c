/**
 * @module
 * What a plan will cost: bytes read and written, disk. Stated before a byte is written.
 */
import { byteCount, elementCount, visit } from '../tensors/index.ts';
import type { Plan } from './plan.ts';

/** Bytes of a run. */
export interface PlanCosts { readonly bytesToRead: number; readonly bytesToWrite: number; readonly diskBytes: number; readonly tensorBytes: number }

/** Costs of a plan. `diskBytes` includes stages, which are temporary. */
export function costsOf(plan: Plan): PlanCosts {
  let read = 0, write = 0, tensors = 0;
  for (const file of plan.files) {
    if (file.kind === 'copy') { read += plan.inputs[file.input]!.bytes; write += plan.inputs[file.input]!.bytes; continue; }
    if (file.kind === 'text') { write += new TextEncoder().encode(file.text).length; continue; }
    for (const tensor of file.tensors) {
      if (tensor.shares !== undefined) continue;
      const bytes = byteCount(tensor.dtype, tensor.shape);
      tensors += bytes;
      write += bytes;
      visit(tensor.expression, (node) => {
        if (node.op === 'stored' || node.op === 'strided' || node.op === 'partitioned') read += byteCount(node.dtype, node.shape);
      });
    }
  }
  const stages = plan.stages.reduce((sum, stage) => sum + 8 * elementCount(stage.shape), 0);
  for (const { expression } of plan.stages) visit(expression, (node) => { if (node.op === 'stored') read += byteCount(node.dtype, node.shape); });
  return { bytesToRead: read, bytesToWrite: write, diskBytes: write + stages, tensorBytes: tensors };
}

/** Inputs that hold tensors: all but those that are copied as files. */
export function tensorInputs(plan: Plan): number[] {
  const copied = new Set(plan.files.flatMap((file) => (file.kind === 'copy' ? [file.input] : [])));
  return plan.inputs.flatMap((_, i) => (copied.has(i) ? [] : [i]));
}
