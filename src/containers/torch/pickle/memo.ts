/**
 * @module
 * The memo: values by index. Picklers number them 0, 1, 2 …, which an array holds best; any other index (a hostile stream
 * asks for 2^32-1) goes to a map, so that no index allocates.
 */
import { SPARSE_MEMO_MAX } from './limits.ts';
import type { Value } from './values.ts';

/** The memo of one run. */
export class Memo {
  readonly #dense: Value[] = [];
  readonly #sparse = new Map<number, Value>();

  /** Number of entries. */
  get size(): number { return this.#dense.length + this.#sparse.size; }

  /** Stores a value; false when too many lie scattered. */
  put(index: number, value: Value): boolean {
    if (index < this.#dense.length) this.#dense[index] = value;
    else if (index === this.#dense.length && !this.#sparse.has(index)) this.#dense.push(value);
    else {
      if (this.#sparse.size >= SPARSE_MEMO_MAX) return false;
      this.#sparse.set(index, value);
    }
    return true;
  }

  /** The value at an index, or undefined when nothing was stored there. */
  get(index: number): Value | undefined {
    return index < this.#dense.length ? this.#dense[index] : this.#sparse.get(index);
  }
}
