/**
 * @module
 * A plan as orders. The orders of a file are the same for every number of lanes, so a journal can name them by number.
 */
import { byteCount, type Expression } from '../tensors/index.ts';
import { LAYOUTS, type FileLayout } from './layouts.ts';
import type { Plan, PlannedTensor, WeightsFile } from '../plans/plan.ts';
import type { ComputeOrder, CopyOrder } from './orders.ts';

/** Bytes of one order. Small enough that lanes share the work evenly, large enough that messages cost nothing. */
export const ORDER_BYTES: number = 8 * 1024 * 1024;

/** What a lane writes. */
type WriteOrder = CopyOrder | ComputeOrder;

/** An output file that lanes write, and everything they have to do for it. */
export interface ScheduledFile extends FileLayout {
  /** Index of the output: weight files in plan order, then stages. */
  readonly output: number;
  readonly path: string;
  readonly orders: readonly WriteOrder[];
}

/** Orders of a weights file. */
export function scheduleWeights(file: WeightsFile, output: number): ScheduledFile {
  const layout = LAYOUTS[file.container](file), { ranges } = layout;
  const orders: WriteOrder[] = [];
  let segments: [number, number, number, number][] = [], held = 0;
  const flush = () => {
    if (segments.length > 0) orders.push({ kind: 'copy', output, segments });
    [segments, held] = [[], 0];
  };
  file.tensors.forEach((tensor, i) => {
    const [at, bytes] = ranges[i]!;
    if (bytes === 0 || tensor.shares !== undefined) return;
    const pieces = piecesOf(tensor.expression);
    if (pieces === undefined) {
      flush();
      orders.push(...computeOrders(tensor, output, at, bytes, `${output}:${i}`));
      return;
    }
    let to = at;
    for (const [source, offset, size] of pieces) {
      for (let done = 0; done < size;) {
        const length = Math.min(size - done, ORDER_BYTES - held), last = segments.at(-1);
        // Neighbours in both files are one run.
        if (last !== undefined && last[0] === source && last[1] + last[2] === offset + done && last[3] + last[2] === to) last[2] += length;
        else segments.push([source, offset + done, length, to]);
        held += length;
        done += length;
        to += length;
        if (held >= ORDER_BYTES) flush();
      }
    }
  });
  flush();
  return { output, path: file.path, orders, ...layout };
}

/** Bytes of inputs that a tensor is, laid end to end, `[source, offset, bytes]` each; undefined when it is more than that. */
function piecesOf(node: Expression): readonly (readonly [number, number, number])[] | undefined {
  switch (node.op) {
    case 'stored': return [[node.source, node.offset, byteCount(node.dtype, node.shape)]];
    case 'partitioned': return node.pieces;
    case 'reshape': return piecesOf(node.of);
    case 'concat': {
      // Along the first axis (shards of FSDP) parts follow each other in memory too.
      const parts = node.axis === 0 ? node.parts.map(piecesOf) : [undefined];
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
    default: return undefined;
  }
}

function computeOrders(tensor: PlannedTensor, output: number, at: number, bytes: number, key: string): ComputeOrder[] {
  const parts = Math.max(1, Math.ceil(bytes / ORDER_BYTES));
  return Array.from({ length: parts }, (_, part) => ({ kind: 'compute', output, key, expression: tensor.expression, at, part, parts }));
}

/** Orders of the stages, one each: sums over whole columns have a fixed order. */
export function scheduleStages(plan: Plan, firstOutput: number): ScheduledFile[] {
  return plan.stages.map((stage, i) => {
    const output = firstOutput + i, bytes = byteCount('F64', stage.shape);
    return {
      output, path: `stage-${i}`, bytes, known: [], ranges: [[0, bytes]],
      orders: [{ kind: 'compute', output, key: `stage:${i}`, expression: stage.expression, at: 0, part: 0, parts: 1 }],
    };
  });
}
