/** @module Survival of a delta, as the contract words it. */
import { joinSurvival, type Survival } from '../proofs/index.ts';

/** Survival as the contract words it. */
export interface SurvivalBody {
  readonly changed_elements: number;
  readonly lost_elements: number;
  readonly cosine: number;
  readonly norm_ratio: number;
  readonly sampled: boolean;
  readonly per_module: readonly { readonly name: string; readonly changed_elements: number; readonly lost_elements: number; readonly cosine: number; readonly norm_ratio: number }[];
}

/** The whole and its parts. */
export function survivalBody(parts: readonly { readonly name: string; readonly survival: Survival }[]): SurvivalBody {
  const row = ({ changedElements, lostElements, cosine, normRatio }: Survival) => ({ changed_elements: changedElements, lost_elements: lostElements, cosine, norm_ratio: normRatio });
  const all = joinSurvival(parts.map(({ survival }) => survival));
  return { ...row(all), sampled: all.sampled, per_module: parts.map(({ name, survival }) => ({ name, ...row(survival) })) };
}
