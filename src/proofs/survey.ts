/**
 * @module
 * One pass over a tensor that is not what it should be, byte for byte: how far it is off, which known roundings explain it,
 * and where it goes its own way.
 */
import { operands, type Expression } from '../tensors/index.ts';
import { admits, allowed, knownRoundings, plain, safe, type Explanation, type Tile } from './explanation.ts';
import { LABEL, Labels } from './labels.ts';
import { Leaning } from './leaning.ts';
import { LineFactors } from './line-factors.ts';
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
  /** Of the elements that a float32 evaluation rounded once cannot have given. */
  readonly leaning: Leaning;
  /** Elements that the delta surely changes, and how many of them have changed like that. */
  readonly decided: number;
  readonly followed: number;
  /** Every row, or every column, is the exact one times some number: magnitudes are wrong, not roundings. */
  readonly lineFactors: boolean;
}

/**
 * Surveys a tensor. Bounded memory: a few tiles, a number per row and column. `knownBase`: its bytes are known to be the
 * base's, so that only distances, survival and roundings are left to find out.
 */
export async function survey(subject: Subject, knownBase: boolean, signal?: AbortSignal): Promise<Survey> {
  const surveyor = new Surveyor(subject, knownBase);
  for await (const tile of subject.tiles(false, signal)) surveyor.look(tile);
  return surveyor.result();
}

/** Whether an expression only moves elements: then there is nothing to round. */
export function movesOnly(node: Expression): boolean {
  return !['cast', 'add', 'multiply', 'divide', 'maximum', 'scale', 'apply', 'lookup', 'matmul', 'norm', 'scatter', 'whole', 'constant', 'stage'].includes(node.op) && operands(node).every(movesOnly);
}

class Surveyor {
  readonly #subject: Subject;
  readonly #knownBase: boolean;
  readonly #steps = new StepCounter();
  readonly #survival = new SurvivalCounter();
  readonly #labels: Labels;
  readonly #leaning: Leaning;
  /** By row and by column; of formulas only that can have magnitudes. */
  readonly #lineFactors: readonly [LineFactors, LineFactors] | undefined;
  readonly #once: Explanation;
  readonly #twice: Explanation;
  readonly #tolerance: (tile: Tile, i: number) => number;
  /** A full tensor replaces the base's; its delta is the difference. */
  readonly #full: boolean;
  readonly #rounds: boolean;
  readonly #within = new Float64Array(2);
  #known: Explanation[];
  #isBase = true;
  #outside = 0;
  #decided = 0;
  #followed = 0;

  constructor(subject: Subject, knownBase: boolean) {
    this.#knownBase = knownBase;
    const { grid, dtypes, linear, task } = subject;
    this.#subject = subject;
    this.#labels = new Labels(subject.rows, subject.columns);
    this.#leaning = new Leaning(subject.rows, subject.columns, !linear && task.kind === 'delta');
    this.#lineFactors = linear || task.kind !== 'delta' ? undefined : [new LineFactors(subject.rows, grid), new LineFactors(subject.columns, grid)];
    this.#once = plain(grid.dtype);
    this.#twice = safe(this.#once);
    this.#tolerance = looseTolerance(grid, subject.roundings);
    this.#full = task.kind !== 'delta';
    this.#rounds = !this.#full || dtypes.merged !== task.value.dtype || !movesOnly(task.value);
    this.#known = knownRoundings(dtypes);
  }

  look(tile: Tile): void {
    const { columns } = this.#subject, { begin, count } = tile;
    this.#known = this.#known.filter((how) => admitsAll(how, tile));
    for (let i = 0, row = Math.floor(begin / columns), column = begin % columns; i < count; row++, column = 0) {
      for (const end = Math.min(count, i + columns - column); i < end; i++, column++) this.#element(tile, i, row, column);
    }
  }

  #element(tile: Tile, i: number, row: number, column: number): void {
    const m = tile.m[i]!, v = tile.v[i]!, base = tile.base[i]!, rounded = tile.rounded[i]!, distance = tile.distances[i]!;
    const same = distance === 0, unchanged = m === base || (m !== m && base !== base), from = this.#full ? base : tile.start[i]!;
    this.#steps.add(distance);
    this.#survival.add(v - from, m - from, unchanged);
    if (!unchanged) this.#isBase = false;
    if (this.#knownBase) return;
    this.#lineFactors?.[0].add(row, m, v, tile.errors[0]![i]!);
    this.#lineFactors?.[1].add(column, m, v, tile.errors[0]![i]!);
    // Nothing to find out where merged, expected and base are one.
    if (same && unchanged) return;
    if (same && this.#surelyMoved(tile, i, v - base)) {
      this.#decided++;
      this.#followed++;
      this.#labels.add(row, column, LABEL.merged);
      return;
    }
    const fits = same || (this.#rounds && (distance <= 1 || Math.abs(m - v) <= this.#tolerance(tile, i)));
    if (!fits) this.#outside++;
    allowed(this.#once, tile, i, this.#within);
    const low = Math.min(this.#within[0]!, rounded), high = Math.max(this.#within[1]!, rounded), strict = same || (m >= low && m <= high);
    if (base < low || base > high) { this.#decided++; if (strict) this.#followed++; }
    if (!strict && v !== base) this.#leaning.add(row, column, (m - rounded) * (v - base) > 0);
    if (!unchanged) this.#labels.add(row, column, fits ? LABEL.merged : LABEL.neither);
    else if (!strict && !(this.#subject.linear && admits(this.#twice, tile, i))) this.#labels.add(row, column, LABEL.base);
  }

  /** Whether a delta is so large that no evaluation of it gives the base: the usual case, told without looking closer. */
  #surelyMoved({ start, v, errors }: Tile, i: number, by: number): boolean {
    let slack = (errors.length + 2) * this.#subject.grid.step(Math.max(Math.abs(v[i]!), Math.abs(start[i]!)));
    for (let k = 0; k < errors.length; k++) slack += 2 * errors[k]![i]!;
    return Math.abs(by) > slack;
  }

  result(): Survey {
    return {
      steps: this.#steps, survival: this.#survival, labels: this.#labels, isBase: this.#isBase, roundings: this.#known, outside: this.#outside,
      leaning: this.#leaning, decided: this.#decided, followed: this.#followed, lineFactors: this.#lineFactors?.some((lines) => lines.explain()) ?? false,
    };
  }
}

function admitsAll(how: Explanation, tile: Tile): boolean {
  // The value rounded once needs no proof where nothing else is rounded on the way.
  const easy = how.delta === undefined && !how.cut && !how.roundedStart && how.store.dtype === tile.dtype && (how.each === false || tile.deltas.length === 1);
  for (let i = 0; i < tile.count; i++) {
    if (!(easy && tile.distances[i] === 0) && !admits(how, tile, i)) return false;
  }
  return true;
}
