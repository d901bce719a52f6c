/**
 * @module
 * The tensor that is judged, opened: tiles with everything about their elements side by side.
 */
import { cast, decodeElements, elementCount, sameShape, transpose, type Expression } from '../tensors/index.ts';
import { errorBound, fillErrors, fillGenerousErrors, fillTransposedErrors, type ErrorBound } from './bounds.ts';
import type { Dtypes, Tile } from './explanation.ts';
import { gridOf, isNarrower, type Grid, type GridDType } from './grid.ts';
import { openStream, openValues, TILE_ELEMENTS, type Compile } from './streams.ts';
import type { Step, VerifyTask } from './task.ts';
import type { Roundings } from './tolerance.ts';

/** A task whose merged tensor is there, has the right shape and can be computed with. */
export type JudgedTask = VerifyTask & { readonly value: Expression; readonly merged: Expression };

/** A tensor and the streams that tell about it. */
export class Subject {
  readonly task: JudgedTask;
  readonly grid: Grid;
  readonly elements: number;
  /** As a matrix: what rows and columns of deltas, notes and bounds refer to. */
  readonly rows: number;
  readonly columns: number;
  readonly linear: boolean;
  readonly dtypes: Dtypes;
  readonly #compile: Compile;
  readonly #dtype: GridDType;
  readonly #replaced: ReadonlySet<number>;
  #bounds: ErrorBound[] | undefined;

  constructor(task: JudgedTask, dtype: GridDType, compile: Compile) {
    this.task = task;
    this.#compile = compile;
    this.#dtype = dtype;
    this.grid = gridOf(dtype);
    this.elements = elementCount(task.merged.shape);
    const factors = task.steps?.[0]?.factors, { shape } = task.merged;
    this.columns = Math.max(1, factors?.[0]?.a.shape[1] ?? (task.experts ? shape.at(-1)! : elementCount(shape.slice(1))));
    this.rows = this.elements / this.columns;
    this.linear = task.kind === 'delta' && task.steps !== undefined;
    this.#replaced = new Set(task.replacedRows);
    const start = task.start ?? task.base, own = (task.steps ?? []).flatMap((step) => (step.factors ?? []).flatMap(({ a, b }) => [a.dtype, b.dtype]));
    this.dtypes = { merged: dtype, start: start?.dtype ?? dtype, factors: [...new Set(own)], steps: task.steps?.length ?? 1, linear: this.linear };
  }

  /** Roundings that there may be on the way. */
  get roundings(): Roundings {
    const { task, linear, dtypes } = this;
    return { adapters: task.adapters ?? 1, linear, narrowed: isNarrower(dtypes.merged, dtypes.start), scales: (task.steps ?? []).map(({ factors }) => factors?.[0]?.scale ?? 1) };
  }

  /** Whether the delta can be added the wrong way round: one square matrix. */
  get square(): boolean {
    return this.task.merged.shape.length === 2 && this.rows === this.columns;
  }

  /**
   * All tiles, in order. `transposed` tells the story of a delta with its axes exchanged: then `v` and `rounded` are what
   * that would give.
   */
  async *tiles(transposed = false, signal?: AbortSignal): AsyncGenerator<Tile> {
    const { task, columns, grid } = this, steps = this.#steps();
    const base_ = fitting(task.base, task.merged), startNode = task.start ?? base_, apart = task.start !== undefined && base_ !== undefined;
    const merged = await openStream(this.#compile, task.merged), value = await openValues(this.#compile, task.value);
    const start = startNode && await openValues(this.#compile, startNode);
    // In the merged model's dtype, as a comparison with the base needs it.
    const base = apart ? await openValues(this.#compile, cast(this.#dtype, base_)) : undefined;
    const deltas = steps.length > 1 || transposed ? await Promise.all(steps.map((step) => openValues(this.#compile, transposed ? transpose(step.delta) : step.delta))) : [];
    const sizes = await Promise.all(steps.map(async ({ magnitude }) => (magnitude === undefined ? undefined : openValues(this.#compile, transposed ? transpose(magnitude.of) : magnitude.of))));
    const bounds = this.linear ? this.#bounds ??= await this.#readBounds(steps) : [];

    // Whole rows where they are short.
    const size = columns > TILE_ELEMENTS ? TILE_ELEMENTS : Math.floor(TILE_ELEMENTS / columns) * columns;
    const numbers = () => new Float64Array(Math.min(size, this.elements)), count = Math.max(1, steps.length);
    const buffers = { m: numbers(), v: numbers(), rounded: numbers(), base: numbers(), start: numbers(), distances: numbers() };
    const d = Array.from({ length: count }, numbers), e = Array.from({ length: count }, numbers);
    for (let begin = 0; begin < this.elements; begin += size) {
      signal?.throwIfAborted();
      const end = Math.min(this.elements, begin + size), length = end - begin;
      const { m, v, rounded, distances } = buffers;
      decodeElements(this.#dtype, await merged.read(begin, end), m, length);
      v.set(await value.values(begin, end));
      if (start === undefined) buffers.start.set(v.subarray(0, length));
      else buffers.start.set(await start.values(begin, end));
      if (base !== undefined) buffers.base.set(await base.values(begin, end));
      else if (task.base === undefined || base_ === undefined) buffers.base.fill(NaN);
      else for (let i = 0; i < length; i++) buffers.base[i] = grid.round(buffers.start[i]!);
      for (const [step, stream] of deltas.entries()) d[step]!.set(await stream.values(begin, end));
      // Nothing is added to a tensor that replaces another, or that nothing touches.
      if (task.kind !== 'delta') buffers.start.set(v.subarray(0, length));
      if (deltas.length === 0) for (let i = 0; i < length; i++) d[0]![i] = v[i]! - buffers.start[i]!;
      if (this.#replaced.size > 0) this.#replaceRows(begin, length, v, buffers.start, d);
      if (transposed) for (let i = 0; i < length; i++) v[i] = d.reduce((sum, delta) => sum + delta[i]!, buffers.start[i]!);
      if (task.kind !== 'delta') e[0]!.fill(0);
      else if (!this.linear) fillGenerousErrors(v, buffers.start, begin, length, columns, Math.max(this.rows, columns), e[0]!);
      for (const [step, bound] of bounds.entries()) (transposed ? fillTransposedErrors : fillErrors)(bound, d[step]!, begin, length, columns, e[step]!);
      for (const [step, size] of sizes.entries()) {
        if (size === undefined) continue;
        const values = await size.values(begin, end), { share } = steps[step]!.magnitude!;
        for (let i = 0; i < length; i++) e[step]![i] = share * values[i]!;
      }
      for (let i = 0; i < length; i++) {
        const near = rounded[i] = grid.round(v[i]!);
        distances[i] = m[i] === near ? 0 : grid.distance(m[i]!, near);
      }
      yield { dtype: this.#dtype, begin, count: length, ...buffers, deltas: d, errors: e };
    }
  }

  #steps(): readonly Step[] {
    return this.linear ? this.task.steps! : [];
  }

  async #readBounds(steps: readonly Step[]): Promise<ErrorBound[]> {
    const bounds: ErrorBound[] = [];
    for (const step of steps) bounds.push(await errorBound(step, this.#compile));
    return bounds;
  }

  /** Replaced rows count as weights that are there already: no delta, no error. */
  #replaceRows(begin: number, count: number, v: Float64Array, start: Float64Array, deltas: readonly Float64Array[]): void {
    for (let row = Math.floor(begin / this.columns); row * this.columns < begin + count; row++) {
      if (!this.#replaced.has(row)) continue;
      const from = Math.max(0, row * this.columns - begin), to = Math.min(count, (row + 1) * this.columns - begin);
      start.set(v.subarray(from, to), from);
      for (const delta of deltas) delta.fill(0, from, to);
    }
  }
}

/** A base of another shape (a vocabulary that grew) has nothing to say about single elements. */
function fitting(base: Expression | undefined, merged: Expression): Expression | undefined {
  return base !== undefined && sameShape(base.shape, merged.shape) ? base : undefined;
}
