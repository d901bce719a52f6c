/**
 * @module
 * By what factor was the delta added? Two estimates, because neither is always good.
 *
 * Least squares is right where deltas are much larger than a step of the stored dtype, whatever the noise. Where they are
 * smaller it is biased: rounding removes most of them. There every element says between which bounds the factor must lie
 * for its value to have been rounded to what is stored, and the factor is where most of these intervals meet.
 */
import type { Tile } from './explanation.ts';
import type { Grid } from './grid.ts';
import type { Subject } from './subject.ts';

/** A factor and what is known about its error. */
export interface Fit { readonly factor: number; readonly error: number }

/** Intervals kept of the elements that did, and of those that did not, change. */
const KEPT = 8192;

/** Keeps every n-th item, n doubling whenever it is full: deterministic, spread over the whole stream, bounded. */
class Sample {
  readonly low = new Float64Array(KEPT);
  readonly high = new Float64Array(KEPT);
  size = 0;
  #stride = 1;
  #seen = 0;

  add(low: number, high: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.size === KEPT) {
      for (let i = 0; i < KEPT / 2; i++) { this.low[i] = this.low[2 * i]!; this.high[i] = this.high[2 * i]!; }
      this.size = KEPT / 2;
      this.#stride *= 2;
      if ((this.#seen - 1) % this.#stride !== 0) return;
    }
    this.low[this.size] = low;
    this.high[this.size++] = high;
  }
}

/** Collects what both estimates need. */
export class FactorFit {
  readonly #grid: Grid;
  readonly #moved = new Sample();
  readonly #still = new Sample();
  // Weighted by the square of the step: Σ d², Σ d·(m - w), Σ (m - w)².
  #dd = 0;
  #dr = 0;
  #rr = 0;
  #count = 0;

  constructor(grid: Grid) { this.#grid = grid; }

  /** Elements of a tile. */
  add({ m, start, base, count, deltas, errors }: Tile): void {
    const { step } = this.#grid;
    for (let i = 0; i < count; i++) {
      let d = 0, e = 0;
      for (let k = 0; k < deltas.length; k++) { d += deltas[k]![i]!; e += errors[k]![i]!; }
      const r = m[i]! - start[i]!;
      if (d === 0 || !(Math.abs(d) < Infinity) || !(Math.abs(r) < Infinity)) continue;
      const unit = step(Math.max(Math.abs(m[i]!), Math.abs(start[i]!))), x = d / unit, y = r / unit;
      this.#dd += x * x;
      this.#dr += x * y;
      this.#rr += y * y;
      this.#count++;
      const slack = step(m[i]!) / 2 + e, one = (r - slack) / d, other = (r + slack) / d;
      (m[i]! === base[i]! ? this.#still : this.#moved).add(Math.min(one, other), Math.max(one, other));
    }
  }

  /** Size of the delta in steps, as a mean of squares. Below about 4 rounding hides much of it. */
  get power(): number { return this.#count === 0 ? 0 : this.#dd / this.#count; }

  /** Least squares. The error is four standard deviations. */
  leastSquares(): Fit | undefined {
    if (this.#dd === 0 || this.#count < 2) return undefined;
    const factor = this.#dr / this.#dd, left = Math.max(0, this.#rr - factor * this.#dr) / (this.#count - 1);
    return { factor, error: 4 * Math.sqrt(left / this.#dd) };
  }

  /** Where most intervals meet; the error is half the width of that place. */
  stabbing(): Fit | undefined {
    const samples = [this.#moved, this.#still], events: [number, number][] = [];
    for (const sample of samples) {
      for (let i = 0; i < sample.size; i++) events.push([sample.low[i]!, 1], [sample.high[i]!, -1]);
    }
    if (this.#moved.size === 0) return undefined;
    // Openings before closings at the same place: intervals are closed.
    events.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    let depth = 0, most = 0, from = 0, to = 0;
    for (let i = 0; i < events.length; i++) {
      depth += events[i]![1];
      if (depth > most) { most = depth; from = events[i]![0]; to = events[i + 1]?.[0] ?? from; }
    }
    if (!(Math.abs(from) < Infinity) || !(Math.abs(to) < Infinity)) return undefined;
    const factor = (from + to) / 2;
    return { factor, error: (to - from) / 2 + 2 ** -40 * Math.abs(factor) };
  }
}

/** One pass over a tensor for both estimates. */
export async function fitFactor(subject: Subject, signal?: AbortSignal): Promise<FactorFit> {
  const fit = new FactorFit(subject.grid);
  for await (const tile of subject.tiles(false, signal)) fit.add(tile);
  return fit;
}
