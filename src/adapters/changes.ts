/**
 * @module
 * Changes of one tensor of the model: a new value, with the words, factors and names that go with it.
 */
import { cast, rows, type Expression } from '../tensors/index.ts';
import type { Merged } from './methods/index.ts';
import type { Slot } from './model.ts';

/** How deltas are rounded before they are added: not at all, or as PEFT's plain or safe merge does. */
export type Rounding = 'exact' | 'peft' | 'peft-safe';

/** Gives a slot the value that a method made of it. */
export function change(slot: Slot, value: Expression, merged: Merged, from: readonly string[], rounding: Rounding): void {
  slot.value = value;
  slot.formula = merged.formula.replace(/\bW\b/g, slot.kind === 'untouched' ? 'W' : slot.formula);
  slot.kind = 'delta';
  slot.intermediates = [...slot.intermediates ?? [], merged];
  if (slot.factors !== undefined && merged.factors !== undefined && rounding === 'exact') slot.factors = [...slot.factors, merged.factors];
  else delete slot.factors;
  slot.from.push(...from);
}

/** Replaces rows of a slot. */
export function setTokens(slot: Slot, indices: readonly number[], from: Expression, name: string): void {
  slot.value = rows(slot.value, indices, cast(slot.value.dtype, from));
  slot.tokens = [...slot.tokens ?? [], { indices, from }];
  slot.formula = `${slot.formula}, ${indices.length} rows ← T`;
  slot.kind = slot.kind === 'untouched' ? 'full' : slot.kind;
  slot.from.push(name);
}

/** `peft`: product and scaling in float32, sum in float32, one rounding to the dtype. `peft-safe`: the delta rounded to the dtype first. */
export function round(delta: Expression, rounding: Rounding, dtype: Expression['dtype']): Expression {
  switch (rounding) {
    case 'exact': return delta;
    case 'peft': return cast('F32', delta);
    case 'peft-safe': return cast(dtype, cast('F32', delta));
  }
}
