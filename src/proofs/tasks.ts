/**
 * @module
 * From a model with its adapters applied, and the merged model to check, to one task per tensor of either.
 */
import { bound, type Model, type Slot } from '../adapters/index.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { cast, sameShape, type Expression } from '../tensors/index.ts';
import { magnitudeOf } from './magnitude.ts';
import { lowRankStep, type Step, type VerifyTask } from './task.ts';

/**
 * Tasks in the order of the model's tensors, then the extra ones of the merged model. `firstInput` is the index of the
 * merged model's first file in the table of inputs that the model's expressions refer to.
 */
export function verifyTasks(model: Model, merged: Checkpoint, firstInput: number): VerifyTask[] {
  const tasks = [...model.slots.values()].map((slot): VerifyTask => {
    const found = merged.tensors.get(slot.name);
    return { ...describe(slot), ...(found === undefined ? {} : { merged: bound(found, firstInput) }) };
  });
  for (const tensor of merged.tensors.values()) {
    if (!model.slots.has(tensor.name)) tasks.push({ name: tensor.name, kind: 'extra', merged: bound(tensor, firstInput) });
  }
  return tasks;
}

function describe(slot: Slot): VerifyTask {
  const { name, kind, original, unmerged, value } = slot;
  if (kind === 'untouched') return { name, kind, base: original };
  const tokens = slot.tokens?.flatMap(({ indices }) => indices) ?? [], steps = kind === 'delta' ? stepsOf(slot) : undefined;
  return {
    name, kind, base: original, value,
    ...(unmerged === original ? {} : { start: unmerged }),
    ...(steps === undefined ? {} : { steps }),
    ...(tokens.length === 0 ? {} : { replacedRows: tokens }),
    adapters: Math.max(1, slot.from.filter((from) => !from.startsWith('base:')).length),
  };
}

/** The deltas of a value that is a weight plus deltas, first to last; undefined for any other formula. */
function stepsOf({ value, unmerged, factors, tokens, intermediates }: Slot): Step[] | undefined {
  if (factors !== undefined && factors.length > 0) return factors.map((own) => lowRankStep(value.shape, own));
  const deltas: Expression[] = [];
  let node = tokens === undefined ? value : withoutRows(value);
  while (node !== unmerged) {
    if (node.op !== 'add' || !sameShape(node.b.shape, value.shape)) return undefined;
    deltas.unshift(cast('F64', node.b));
    node = node.a;
  }
  if (deltas.length === 0) return undefined;
  return deltas.map((delta, i) => {
    const magnitude = magnitudeOf(delta, intermediates?.length === deltas.length ? intermediates[i] : undefined);
    return { delta, ...(magnitude === undefined ? {} : { magnitude }) };
  });
}

/** Rows that tokens replaced do not matter to what was added before. */
function withoutRows(node: Expression): Expression {
  return node.op === 'rows' ? withoutRows(node.of) : node;
}
