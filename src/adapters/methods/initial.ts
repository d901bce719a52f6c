/**
 * @module
 * What the creation of a LoRA took out of the base, worked out again (peft.md §1.11, §2.4). PiSSA trains the r largest singular
 * terms of the weight, OLoRA the part of it that its first r columns span, so both take it out of the base; KaSA drops the r
 * smallest terms for good. Signs cancel in the product, and so does the scale, but for OLoRA, whose factors are Q and R themselves.
 */
import { scale, slice, transpose, whole, type Expression } from '../../tensors/index.ts';
import { isOff, textOf, type AdapterConfig } from '../config.ts';
import { matrix, number, type ModuleContext } from './method.ts';
import { DECOMPOSITION_ROUNDINGS, singularTerms, sizeOfProduct, thinTimes } from './singular.ts';

/** A part of the base as (out, in). */
export interface Removed {
  readonly b: Expression;
  readonly a: Expression;
  /** How far float32 may be off, in units of its roundoff, and how many of them. */
  readonly size: Expression;
  readonly roundings: number;
  /** For people: `W_r`. */
  readonly formula: string;
}

/** Whether this is KaSA. */
export const isKasa = (config: AdapterConfig): boolean => !isOff(config.fields.get('kasa_config'));

/** Initialisations whose part of the base can be worked out again. */
export const REPEATABLE: ReadonlySet<string> = new Set(['pissa', 'olora']);

/** What was taken out of the weight when the adapter was created; undefined where nothing was. */
export function removedFromBase(context: ModuleContext): Removed | undefined {
  const { config, side, hasInitial, scale: s } = context, r = side('r'), rank = Math.min(side('out'), side('in'));
  if (isKasa(config)) return terms(context, rank - r, rank, 'the r smallest singular terms of W');
  if (hasInitial) return undefined;
  switch (textOf(config, 'init_lora_weights')) {
    case 'pissa': return terms(context, 0, r, 'the r largest singular terms of W');
    case 'olora': {
      const W = matrix(context, context.unmerged);
      const Q = context.stage(whole('orthogonal', [slice(1, 0, r, W)]), { en: `Q of the first ${r} columns of ${context.module.path}`, zh: `${context.module.path} 前 ${r} 列的 Q` }), R = thinTimes(context, transpose(Q), W);
      return { b: Q, a: scale(s, R), size: scale(Math.abs(s), sizeOfProduct(Q, R)), roundings: DECOMPOSITION_ROUNDINGS + side('out') + r, formula: `${number(s)}·Q_r·R_r of W` };
    }
    default: return undefined;
  }
}

function terms(context: ModuleContext, from: number, to: number, formula: string): Removed {
  const { left, right, bound } = singularTerms(context, from, to);
  return { b: left, a: right, size: bound, roundings: DECOMPOSITION_ROUNDINGS, formula };
}
