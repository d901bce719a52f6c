/**
 * @module
 * Parameters that hold all experts of a layer, as PEFT adapts them (`target_parameters`, peft.md §1.10): factors per expert in
 * two tensors, A with expert after expert, B with the experts innermost; keys that count how often the module was wrapped.
 */
import { EXPERT_PARAMETERS, EXPERTS_STORED_TURNED } from '../../families/index.ts';
import { concat, isComputeDType, reshape, sameShape, slice, type Expression } from '../../tensors/index.ts';
import type { DiffStatus, Pair } from '../../proofs/diff/index.ts';
import { differenceOf } from './factors.ts';

/** All experts of one parameter of one layer. */
export interface ExpertTarget {
  /** `model.layers.0.mlp.experts` */
  readonly module: string;
  readonly parameter: string;
  readonly pair: Pair;
  /** Stored (experts, in, out). */
  readonly turned: boolean;
  /** Parameters of the module that are wrapped outside this one. */
  readonly depth: number;
}

/** What is adapted, by the parameter's name in the base, and the items of `target_parameters`. */
export interface ExpertTargets { readonly targets: readonly ExpertTarget[]; readonly items: readonly string[] }

/** Experts that changed, and with them those of the same parameters in other layers: PEFT wraps the same ones everywhere. */
export function expertTargets(pairs: ReadonlyMap<string, Pair>, statusOf: (name: string) => DiffStatus, modelType: string | undefined): ExpertTargets {
  const all = [...pairs.values()].flatMap((pair) => {
    const match = /^(.+\.experts)\.([^.]+)$/.exec(pair.name), { a, b } = pair;
    const fits = match !== null && EXPERT_PARAMETERS.includes(match[2]!) && a?.shape.length === 3 && b !== undefined && sameShape(a.shape, b.shape) && isComputeDType(a.dtype) && isComputeDType(b.dtype);
    return fits ? [{ module: match[1]!, parameter: match[2]!, pair }] : [];
  });
  const changed = new Set(all.filter(({ pair }) => statusOf(pair.name) === 'changed').map(({ parameter }) => parameter)), order = EXPERT_PARAMETERS.filter((name) => changed.has(name));
  const modules = new Set(all.map(({ module }) => module)), complete = [...modules].every((module) => order.every((name) => all.some((one) => one.module === module && one.parameter === name)));
  if (order.length === 0 || !complete) return { targets: [], items: [] };
  const targets = all.filter(({ parameter }) => changed.has(parameter)).map((one): ExpertTarget => ({ ...one, turned: EXPERTS_STORED_TURNED.has(modelType ?? ''), depth: order.length - 1 - order.indexOf(one.parameter) }));
  return { targets, items: [...new Set(targets.map(({ module, parameter }) => `${module.split('.').slice(-2).join('.')}.${parameter}`))] };
}

/** The difference of one expert as a matrix (out, in). */
export function expertDifference({ pair: { a, b }, turned }: ExpertTarget, expert: number): Expression {
  const own = (of: Expression) => reshape(of.shape.slice(1), slice(0, expert, expert + 1, of));
  return differenceOf(own(a!), own(b!), turned);
}

/** The two tensors of all experts, from the factors of each: (experts · r, in) and (out, r · experts). */
export function packExperts(factors: readonly { readonly a: Expression; readonly b: Expression }[]): { readonly A: Expression; readonly B: Expression } {
  const [out, rank] = factors[0]!.b.shape as [number, number];
  return {
    A: concat(0, factors.map(({ a }) => a)),
    B: reshape([out, rank * factors.length], concat(2, factors.map(({ b }) => reshape([out, rank, 1], b)))),
  };
}
