/**
 * @module
 * Reads one pickle out of a source, wherever it starts and however long it is.
 */
import type { ByteSource } from '../../../bytes/index.ts';
import type { Notes } from '../../notes.ts';
import { Machine, type Observer } from './machine.ts';
import type { PyCall, PyGlobal, PyPersistent, Value } from './values.ts';
import { Window } from './window.ts';

/** What a pickle describes. */
export interface PickleResult {
  /** The value that STOP took; undefined when the stream could not be followed to its end (a finding says why). */
  readonly value: Value | undefined;
  readonly start: number;
  /** Offset behind STOP, or behind the last opcode that was understood. */
  readonly end: number;
  readonly protocol: number;
  /** Every class and function that is named, in order of appearance, also when the stream broke off. */
  readonly globals: readonly PyGlobal[];
  /** Every persistent id, in order of appearance. */
  readonly persistent: readonly PyPersistent[];
  /** Every call, in order of appearance, also those whose result is not in the value. */
  readonly calls: readonly PyCall[];
}

/** Reads the pickle at `start`. Problems go to `notes`; only a source that cannot be read makes it throw. */
export async function readPickle(source: ByteSource, start: number, notes: Notes, options: { end?: number; observe?: Observer } = {}): Promise<PickleResult> {
  const window = new Window(source, start, options.end ?? source.size);
  await window.move(start, 0);
  const machine = new Machine(window, notes, options.observe);
  let state = machine.run();
  while (state === 'refill') {
    await window.move(machine.offset, machine.wanted);
    state = machine.run();
  }
  const { protocol, globals, persistent, calls, offset: end } = machine;
  return { value: state === 'stop' ? machine.value : undefined, start, end, protocol, globals, persistent, calls };
}
