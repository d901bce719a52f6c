/**
 * @module
 * How far an element may be off and still be an honest evaluation whose roundings we do not know: the float32 error bound and
 * half a step per intermediate rounding. Beside it one step of the stored dtype is always allowed.
 */
import type { Tile } from './explanation.ts';
import type { Grid } from './grid.ts';

/** What decides how many intermediate roundings there may be. */
export interface Roundings {
  readonly adapters: number;
  readonly linear: boolean;
  /** What the product of every delta's factors is multiplied by. */
  readonly scales: readonly number[];
  /** The weight had to be rounded to the stored dtype first. */
  readonly narrowed: boolean;
}

/** The tolerance of an element around the exact value. `factor`: of the delta, with its uncertainty; `times`: how often it was added. */
export function looseTolerance(grid: Grid, { adapters, linear, narrowed, scales }: Roundings, factor = 1, uncertainty = 0, times = 1): (tile: Tile, i: number) => number {
  const { step } = grid, size = Math.abs(factor), multiple = scales.map((scale) => Math.abs(factor * scale) || 1);
  return ({ start, deltas, errors, v }, i) => {
    let slack = narrowed ? step(start[i]!) / 2 : 0;
    if (!linear) {
      // Norm and quotient rounded to half a step each, which can be a whole step of their product; sum and product half a step.
      const most = Math.max(Math.abs(v[i]!), Math.abs(start[i]!));
      return slack + errors[0]![i]! + adapters * 3 * step(most);
    }
    let sum = start[i]!;
    for (let time = 0; time < times; time++) {
      for (let k = 0; k < deltas.length; k++) {
        const d = deltas[k]![i]!;
        sum += factor * d;
        // Half a step each for the product, for its multiple, and for the sum.
        slack += size * errors[k]![i]! + uncertainty * Math.abs(d) + (multiple[k]! * step((factor * d) / multiple[k]!) + step(factor * d) + step(sum)) / 2;
      }
    }
    return slack;
  };
}
