/**
 * @module
 * Long work on one thread lets the rest of the program in now and then: without it an interruption, or a page, would wait for
 * the end. What is computed does not depend on it.
 */

/** Between two turns of the event loop: a person does not notice it, and the work does not either. */
const TURN_MS = 50;

let last = 0;

/** Waits for one turn of the event loop, if the last one is `every` milliseconds ago; throws the signal's reason when it was aborted. */
export async function turn(signal?: AbortSignal, every: number = TURN_MS): Promise<void> {
  const now = Date.now();
  if (now - last >= every) {
    await new Promise((done) => { setTimeout(done); });
    last = Date.now();
  }
  signal?.throwIfAborted();
}
