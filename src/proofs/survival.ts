/**
 * @module
 * Survival: how much of the delta is still there after rounding to the stored dtype. A delta below half a step of the weight
 * it is added to vanishes, and a merged model can be the base without anybody having made a mistake.
 */
import { elementCount, type Expression } from '../tensors/index.ts';
import { gridOf, hasGrid } from './grid.ts';
import { openValues, type Compile } from './streams.ts';

/** What is left of a delta. Sums are kept so that tensors can be put together. */
export interface Survival {
  /** Elements that were looked at; all of them unless `sampled`. */
  readonly elements: number;
  readonly sampled: boolean;
  /** Stored elements that are not the base's. */
  readonly changedElements: number;
  /** Elements with a delta whose stored value is the base's all the same. */
  readonly lostElements: number;
  /** Cosine between the realised and the intended delta; 1 when there is no delta at all. */
  readonly cosine: number;
  /** Euclidean norm of the realised delta over that of the intended one; 1 when there is no delta at all. */
  readonly normRatio: number;
  /** Σ intended², Σ intended·realised, Σ realised². */
  readonly sums: readonly [number, number, number];
}

/** Adds elements up. */
export class SurvivalCounter {
  #elements = 0;
  #changed = 0;
  #lost = 0;
  #intended = 0;
  #both = 0;
  #realised = 0;

  /** An element: the delta as it should be, and as it is; `unchanged` when the stored element is the base's. */
  add(intended: number, realised: number, unchanged: boolean): void {
    this.#elements++;
    if (!unchanged) this.#changed++;
    else if (intended !== 0 && intended === intended) this.#lost++;
    // Weights that are not finite have no delta.
    if (!(Math.abs(intended) < Infinity) || !(Math.abs(realised) < Infinity)) return;
    this.#intended += intended * intended;
    this.#both += intended * realised;
    this.#realised += realised * realised;
  }

  result(sampled = false): Survival {
    return put(this.#elements, sampled, this.#changed, this.#lost, [this.#intended, this.#both, this.#realised]);
  }
}

function put(elements: number, sampled: boolean, changedElements: number, lostElements: number, sums: readonly [number, number, number]): Survival {
  const [intended, both, realised] = sums;
  return {
    elements, sampled, changedElements, lostElements, sums,
    cosine: intended === 0 && realised === 0 ? 1 : intended === 0 || realised === 0 ? 0 : both / Math.sqrt(intended * realised),
    normRatio: intended === 0 ? (realised === 0 ? 1 : Infinity) : Math.sqrt(realised / intended),
  };
}

/** Several tensors as one. */
export function joinSurvival(parts: readonly Survival[]): Survival {
  const sum = (pick: (part: Survival) => number) => parts.reduce((all, part) => all + pick(part), 0);
  return put(sum((part) => part.elements), parts.some((part) => part.sampled), sum((part) => part.changedElements), sum((part) => part.lostElements),
    [sum((part) => part.sums[0]), sum((part) => part.sums[1]), sum((part) => part.sums[2])]);
}

/** A tensor whose delta is measured. `stored`: the merged tensor, or the value cast to the dtype it is written in. */
export interface SurvivalTask { readonly base: Expression; readonly value: Expression; readonly stored: Expression }

/** How many elements of a tensor a sample has, about: enough for three digits of a share. */
export const SURVIVAL_SAMPLE: number = 64 << 10;

/**
 * Measures a tensor, all of it or `sample` elements: blocks of whole rows, evenly spread, the same for the same shapes.
 * Reads nothing else.
 */
export async function measureSurvival(task: SurvivalTask, compile: Compile, options: { sample?: number; signal?: AbortSignal } = {}): Promise<Survival> {
  const { sample = Infinity, signal } = options, total = elementCount(task.value.shape), counter = new SurvivalCounter();
  const streams = [await openValues(compile, task.base), await openValues(compile, task.value), await openValues(compile, task.stored)] as const;
  const { dtype } = task.stored, round = hasGrid(dtype) ? gridOf(dtype).round : (value: number) => value;
  const row = task.value.shape.length < 2 ? 1 : total / task.value.shape[0]!;
  const block = Math.max(...streams.map((stream) => stream.granule), Math.min(row, SURVIVAL_SAMPLE), 4096), blocks = Math.ceil(total / block);
  const wanted = Math.min(blocks, Math.max(1, Math.ceil(sample / block)));
  for (let i = 0; i < wanted; i++) {
    signal?.throwIfAborted();
    const begin = Math.floor(((i + 0.5) * blocks) / wanted) * block, end = Math.min(total, begin + block);
    const [w, v, m] = [await streams[0].values(begin, end), await streams[1].values(begin, end), await streams[2].values(begin, end)];
    for (let k = 0; k < end - begin; k++) counter.add(v[k]! - w[k]!, m[k]! - w[k]!, Object.is(m[k]! + 0, round(w[k]!) + 0));
  }
  return counter.result(wanted < blocks);
}
