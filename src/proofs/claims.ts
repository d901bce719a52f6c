/**
 * @module
 * Claims about a tensor that is wrong: that its delta was added twice, by another factor, or the wrong way round. A claim is
 * proven by an explanation that gives every single element; it is accepted from the residuals alone only where deltas are
 * so much larger than the steps of the dtype that these cannot hide anything else.
 */
import { admits, knownRoundings, type Explanation, type Tile } from './explanation.ts';
import type { FactorFit, Fit } from './fit.ts';
import type { Subject } from './subject.ts';
import { looseTolerance } from './tolerance.ts';

/** What is claimed. */
export interface Claim {
  readonly verdict: 'twice' | 'scaled' | 'transposed';
  /** Factor of the delta. */
  readonly factor: number;
  readonly error: number;
}

/** What a look at every element says of a claim. */
export interface Judged extends Claim {
  /** One explanation gives every element. */
  readonly proven: boolean;
  /** No element is further from the claim than honest roundings allow, and they are off no more than roundings are on the whole. */
  readonly plausible: boolean;
}

/** A factor that is known less well than this is no finding. */
const FACTOR_ERROR_MAX = 0.1;
/** Mean square of the residuals against that of the roundings they may come from. */
const RESIDUAL_POWER_MAX = 1.5;
/** Mean square of the delta in steps from which on residuals alone can tell. */
export const INFORMATIVE_POWER: number = 4;
/** Factors this near to 2 are 2. */
const TWICE_MARGIN = 1e-3;

/** The claims that are worth a look, the more specific ones first. */
export function claimsAbout(subject: Subject, fit: FactorFit): Claim[] {
  const claims: Claim[] = [{ verdict: 'twice', factor: 2, error: 0 }];
  for (const candidate of [fit.stabbing(), fit.leastSquares()]) {
    if (candidate !== undefined && isScale(candidate)) {
      const twice = Math.abs(candidate.factor - 2) <= Math.max(candidate.error, TWICE_MARGIN);
      claims.push({ verdict: twice ? 'twice' : 'scaled', ...candidate });
    }
  }
  if (subject.square) claims.push({ verdict: 'transposed', factor: 1, error: 0 });
  return claims;
}

/** Neither the right delta nor none, and well enough known. */
const isScale = ({ factor, error }: Fit): boolean =>
  error <= FACTOR_ERROR_MAX * Math.abs(factor) && Math.abs(factor - 1) > error && Math.abs(factor) > error;

/** Looks at every element once for the claims about the factor, and once more for a transposed delta. */
export async function judgeClaims(subject: Subject, claims: readonly Claim[], signal?: AbortSignal): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const transposed of [false, true]) {
    const trials = claims.filter(({ verdict }) => (verdict === 'transposed') === transposed).map((claim) => new Trial(subject, claim));
    if (trials.length === 0) continue;
    for await (const tile of subject.tiles(transposed, signal)) {
      for (const trial of trials) trial.look(tile);
      if (trials.every((trial) => trial.lost)) break;
    }
    judged.push(...trials.map((trial) => trial.result()));
  }
  return judged;
}

class Trial {
  readonly #claim: Claim;
  readonly #subject: Subject;
  readonly #tolerance: (tile: Tile, i: number) => number;
  #explanations: Explanation[];
  #within = true;
  #power = 0;
  #count = 0;

  constructor(subject: Subject, claim: Claim) {
    const { dtypes, grid, roundings } = subject, { factor, error, verdict } = claim;
    this.#subject = subject;
    this.#claim = claim;
    const known = knownRoundings(dtypes).filter(({ cut }) => !cut);
    const scaled = known.map((how) => ({ ...how, factor, factorError: error }));
    // Merged by the factor two, or merged again onto the stored result.
    this.#explanations = verdict === 'twice' && error === 0 ? [...known.map((how) => ({ ...how, times: 2 })), ...scaled] : scaled;
    this.#tolerance = verdict === 'twice' ? looseTolerance(grid, roundings, factor / 2, error, 2) : looseTolerance(grid, roundings, factor, error);
  }

  /** Nothing that comes can save the claim. */
  get lost(): boolean { return !this.#within && this.#explanations.length === 0; }

  look(tile: Tile): void {
    this.#explanations = this.#explanations.filter((how) => {
      for (let i = 0; i < tile.count; i++) if (!admits(how, tile, i)) return false;
      return true;
    });
    if (!this.#within) return;
    const { step } = this.#subject.grid, { factor, error, verdict } = this.#claim, sums = (verdict === 'twice' ? 2 : 1) * tile.deltas.length;
    for (let i = 0; i < tile.count; i++) {
      const m = tile.m[i]!, start = tile.start[i]!;
      if (!(Math.abs(start) < Infinity) && Object.is(m, start)) continue;
      let d = 0, e = 0;
      for (let k = 0; k < tile.deltas.length; k++) { d += tile.deltas[k]![i]!; e += tile.errors[k]![i]!; }
      const off = Math.abs(m - (start + factor * d)), unit = step(Math.max(Math.abs(m), Math.abs(start)));
      if (!(off <= Math.max(this.#tolerance(tile, i), unit))) { this.#within = false; return; }
      const deltaStep = step(factor * d), noise = ((sums + 1) * unit * unit + deltaStep * deltaStep) / 12 + (e * e * factor * factor) / 9 + (error * d) ** 2 / 16;
      this.#power += (off * off) / noise;
      this.#count++;
    }
  }

  result(): Judged {
    return { ...this.#claim, proven: this.#explanations.length > 0, plausible: this.#within && this.#power <= RESIDUAL_POWER_MAX * this.#count };
  }
}
