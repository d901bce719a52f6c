/**
 * @module
 * LoRA on a parameter that holds all experts of a layer, onto a base that keeps them whole or one by one.
 */
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { finding, type Finding } from '../findings/index.ts';
import { add, concat, isComputeDType, matmul, reshape, sameShape, scale as scaleBy, slice } from '../tensors/index.ts';
import type { Adapter, AdapterModule } from './adapter.ts';
import { change, round, type Rounding } from './changes.ts';
import { NOT_A_FLOAT } from './codes.ts';
import type { Home, Homes } from './match.ts';
import { number } from './methods/method.ts';
import { bound, modelType, type Model, type Slot } from './model.ts';
import { expertFactors, findParameter, isStraight, unclear } from './parameters.ts';

/** An adapter being applied: where to look, and whom to tell. */
export interface Applying {
  readonly model: Model;
  readonly adapter: Adapter;
  readonly role: string;
  readonly firstInput: number;
  readonly rounding: Rounding;
  readonly homes: Homes;
  say(found: Finding): void;
  /** A tensor for which the base has no home. */
  stranger(name: string, wanted: string): void;
  /** A module that was found under another name. */
  moved(module: string, home: Home): void;
  misfit(tensor: CheckpointTensor, slot: Slot): Finding;
}

/** Merges the factors of all experts of one parameter. */
export function mergeExperts(applying: Applying, module: AdapterModule): void {
  const { model, role, firstInput, homes, say } = applying;
  const parameter = module.parameter!, part = (name: string) => module.parts.get(`lora_${name}.weight`)!;
  const A = part('A'), B = part('B'), { scale, from, r = 0 } = applying.adapter.scales.of(parameter), experts = A.shape[0]! / r;
  if (!Number.isSafeInteger(experts)) return say(unclear(parameter, `${A.shape[0]} rows of A for rank ${r}`, `A 有 ${A.shape[0]} 行，而秩为 ${r}`));
  const home = findParameter(homes, parameter, experts);
  if (home === undefined) return applying.stranger(A.name, parameter);
  const slots = ('whole' in home ? [[home.whole]] : home.experts).map((row) => row.map(({ name }) => model.slots.get(name)!));
  for (const found of 'whole' in home ? [home.whole] : home.experts.flat()) if (found.rule !== 'exact' || found.name !== parameter) applying.moved(parameter, found);
  const stiff = slots.flat().find(({ unmerged }) => !isComputeDType(unmerged.dtype));
  if (stiff !== undefined) return say(finding(NOT_A_FLOAT, { target: stiff.name, dtype: stiff.unmerged.dtype }, { tensor: stiff.name }));

  const shape = slots[0]![0]!.value.shape, stacked = !('whole' in home) || shape.length === 3;
  const [count, d1, d2] = 'whole' in home ? (stacked ? shape as [number, number, number] : [1, ...shape as [number, number]]) : [experts, slots[0]!.reduce((sum, { value }) => sum + value.shape[0]!, 0), shape[1]!];
  const even = slots.every((row) => row.every(({ value }, i) => sameShape(value.shape, slots[0]![i]!.value.shape))), columns = slots[0]!.every(({ value }) => value.shape.at(-1) === d2);
  const straight = isStraight({ a: A.shape[1]!, b: B.shape[0]!, d1, d2, stacked }, applying.adapter.config, modelType(model));
  if (count !== experts || !even || !columns || straight === undefined) return say(applying.misfit(A, slots[0]![0]!));

  const [a, b] = [bound(A, firstInput), bound(B, firstInput)], parts = [`${role}:${A.name}`, `${role}:${B.name}`], words = { scale, scaleFrom: from };
  // PEFT rounds these deltas to the dtype of the parameter even in its plain merge.
  const rounding = applying.rounding === 'peft' ? 'peft-safe' : applying.rounding;
  const factors = Array.from({ length: experts }, (_, e) => expertFactors(a, b, e, experts, straight));
  if ('whole' in home && stacked) {
    const slot = slots[0]![0]!, delta = concat(0, factors.map((own) => reshape([1, d1, d2], scaleBy(scale, matmul(own.b, own.a)))));
    change(slot, add(slot.value, round(delta, rounding, slot.unmerged.dtype)), { formula: `W + ${number(scale)}·B[e]·A[e]` }, parts, rounding);
    return void Object.assign(slot, words);
  }
  for (const [e, row] of slots.entries()) {
    let at = 0;
    for (const slot of row) {
      const own = { b: slice(0, at, at += slot.value.shape[0]!, factors[e]!.b), a: factors[e]!.a, scale };
      change(slot, add(slot.value, round(scaleBy(scale, matmul(own.b, own.a)), rounding, slot.unmerged.dtype)), { formula: `W + ${number(scale)}·B[${e}]·A[${e}]`, factors: own }, parts, rounding);
      Object.assign(slot, words);
    }
  }
}
