/** @module Open files, as few as needed: a training state of 512 ranks has more files than a process may open. */

/** Files a lane keeps open at a time; the usual limit of a process is 1024 on Linux and 256 on macOS. */
export const OPEN_FILES_MAX = 48;

/** Opens on demand, closes what was not used for longest. */
export class Handles<T extends { close(): unknown }> {
  readonly #open: (index: number) => T;
  readonly #held = new Map<number, T>();

  constructor(open: (index: number) => T) {
    this.#open = open;
  }

  get(index: number): T {
    const known = this.#held.get(index);
    const handle = known ?? this.#open(index);
    if (known !== undefined) this.#held.delete(index);
    this.#held.set(index, handle);
    if (this.#held.size > OPEN_FILES_MAX) {
      const [oldest, stale] = this.#held.entries().next().value!;
      this.#held.delete(oldest);
      stale.close();
    }
    return handle;
  }

  close(): void {
    for (const handle of this.#held.values()) handle.close();
    this.#held.clear();
  }
}
