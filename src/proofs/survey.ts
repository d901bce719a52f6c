/**
 * @module
 * One pass over a tensor that is not what it should be, byte for byte: how far it is off, which known roundings explain it,
 * and everything that telling apart the wrong ones will need.
 */
import { operands, type Expression } from '../tensors/index.ts';
import { admits, allowed, knownRoundings, plain, safe, type Explanation, type Tile } from './explanation.ts';
import { FactorFit } from './fit.ts';
import { isNarrower } from './grid.ts';
import { LABEL, Labels } from './labels.ts';
import { RowFactors } from './row-factors.ts';
import type { Subject } from './subject.ts';
import { SurvivalCounter } from './survival.ts';
import { looseTolerance } from './tolerance.ts';
import { StepCounter } from './ulp.ts';

/** What a pass over all elements found. */
export interface Survey {
  readonly steps: StepCounter;
  readonly survival: SurvivalCounter;
  readonly labels: Labels;
  /** Every element is the base's. */
  readonly isBase: boolean;
  /** Known roundings that explain every element. */
  readonly roundings: readonly Explanation[];
  /** Elements that are further off than any honest evaluation in float32 or the stored dtype can be. */
  readonly outside: number;
  /** Elements that a float32 evaluation rounded once cannot have given: those beyond it in the direction of the delta, and those short of it. */
  readonly beyond: number;
  readonly short: number;
  /** Elements that the delta surely changes, and how many of them have changed like that. */
  readonly decided: number;
  readonly followed: number;
  readonly fit: FactorFit;
  /** Every row is the exact one times some number: magnitudes are wrong, not roundings. */
  readonly rowFactors: boolean;
}

/** Surveys a tensor. Bounded memory: a few tiles, a number per row and column. */
export async function survey(subject: Subject, signal?: AbortSignal): Promise<Survey> {
  const { grid, columns, linear, dtypes } = subject;
  let known = knownRoundings(dtypes);
  const first = plain(grid.dtype), second = safe(first), within = new Float64Array(2);
  const steps = new StepCounter(), survival = new SurvivalCounter(), labels = new Labels(subject.rows, columns), fit = new FactorFit(grid);
  const rowFactors = linear ? undefined : new RowFactors(subject.rows, grid);
  const tolerance = looseTolerance(grid, { adapters: subject.task.adapters ?? 1, linear, narrowed: isNarrower(dtypes.merged, dtypes.start) });
  const full = subject.task.kind === 'full', rounds = !full || !movesOnly(subject.task.value);
  let isBase = true, outside = 0, beyond = 0, short = 0, decided = 0, followed = 0;
  let total = new Float64Array(0), error = new Float64Array(0);

  for await (const tile of subject.tiles(false, signal)) {
    const { m, v, base, rounded, distances, begin, count } = tile;
    known = known.filter((how) => admitsAll(how, tile));
    for (let i = 0; i < count; i++) {
      const distance = distances[i]!, same = distance === 0, untouched = m[i]! === base[i]! || (m[i]! !== m[i]! && base[i]! !== base[i]!);
      steps.add(distance);
      const from = full ? base[i]! : tile.start[i]!;
      survival.add(v[i]! - from, m[i]! - from, untouched);
      if (!untouched) isBase = false;
      const fits = same || (rounds && distance <= 1) || (rounds && Math.abs(m[i]! - v[i]!) <= tolerance(tile, i));
      if (!fits) outside++;
      allowed(first, tile, i, within);
      const low = Math.min(within[0]!, rounded[i]!), high = Math.max(within[1]!, rounded[i]!), strict = same || (m[i]! >= low && m[i]! <= high);
      if (base[i]! < low || base[i]! > high) { decided++; if (strict) followed++; }
      const direction = v[i]! - base[i]!;
      if (!strict) { if ((m[i]! - rounded[i]!) * direction > 0) beyond++; else if (direction !== 0) short++; }
      labels.add(begin + i, untouched ? (strict || (linear && admits(second, tile, i)) ? LABEL.either : LABEL.base) : fits ? LABEL.merged : LABEL.neither);
      rowFactors?.add(Math.floor((begin + i) / columns), m[i]!, v[i]!, tile.errors[0]![i]!);
    }
    if (linear) {
      if (total.length < count) { total = new Float64Array(m.length); error = new Float64Array(m.length); }
      addUp(tile, total, error);
      fit.add(tile, total, error);
    }
  }
  return { steps, survival, labels, isBase, roundings: known, outside, beyond, short, decided, followed, fit, rowFactors: rowFactors?.explain() ?? false };
}

/** Whether an expression only moves elements: then there is nothing to round. */
export function movesOnly(node: Expression): boolean {
  return !['cast', 'add', 'multiply', 'divide', 'scale', 'matmul', 'norm', 'constant', 'stage'].includes(node.op) && operands(node).every(movesOnly);
}

function admitsAll(how: Explanation, tile: Tile): boolean {
  for (let i = 0; i < tile.count; i++) {
    if (tile.distances[i] === 0 && how.delta === undefined && !how.cut && !how.roundedStart) continue;
    if (!admits(how, tile, i)) return false;
  }
  return true;
}

/** Sum of all deltas and of their bounds. */
export function addUp({ deltas, errors, count }: Tile, total: Float64Array, error: Float64Array): void {
  total.fill(0, 0, count);
  error.fill(0, 0, count);
  for (const [step, delta] of deltas.entries()) {
    for (let i = 0; i < count; i++) { total[i] = total[i]! + delta[i]!; error[i] = error[i]! + errors[step]![i]!; }
  }
}
