/**
 * @module
 * What of a run is done. One line per flush: `{"done": [[output, order, …], …]}` after a head that names the plan, or `{"reset": output}`. A line
 * is appended after the bytes it tells of were written, so a killed process loses work, never truth.
 */
import { refuse } from '../findings/index.ts';
import { JOURNAL_MISMATCH } from './codes.ts';
import type { Workspace } from './workspace.ts';

/** Orders between two appends; also appended when the run ends. Losing this much work costs a moment. */
const FLUSH_ORDERS = 8;

interface Head { readonly schema: 'temper.journal/1'; readonly plan: string; readonly files: readonly (readonly [string, number])[] }

/** Done orders by output. */
export type Done = Map<number, Set<number>>;

/** The journal of one run or one part of it. */
export class Journal {
  readonly #workspace: Workspace;
  readonly #name: string;
  #pending: [number, number][] = [];
  /** Appends one after the other: lines of two must not interleave. */
  #last: Promise<void> = Promise.resolve();

  private constructor(workspace: Workspace, name: string) {
    this.#workspace = workspace;
    this.#name = name;
  }

  /** Reads what is done of `plan`. `files` are the outputs with their number of orders. */
  static async read(workspace: Workspace, name: string, plan: string, files: Head['files']): Promise<Done> {
    const done: Done = new Map();
    const [first, ...lines] = await workspace.readJournal(name);
    if (first === undefined) return done;
    const head = JSON.parse(first) as Head;
    if (head.schema !== 'temper.journal/1' || head.plan !== plan || JSON.stringify(head.files) !== JSON.stringify(files)) {
      refuse(JOURNAL_MISMATCH, { partial: workspace.label, what: `${String(head.plan).slice(0, 12)} ≠ ${plan.slice(0, 12)}` }, { path: workspace.label });
    }
    for (const line of lines) {
      const { done: orders, reset } = JSON.parse(line) as { done?: [number, number][]; reset?: number };
      if (reset !== undefined) done.delete(reset);
      for (const [output, order] of orders ?? []) {
        if (!done.has(output)) done.set(output, new Set());
        done.get(output)!.add(order);
      }
    }
    return done;
  }

  /** Begins a journal, or goes on with the one that is there. */
  static async open(workspace: Workspace, name: string, plan: string, files: Head['files'], fresh: boolean): Promise<Journal> {
    if (fresh) await workspace.appendJournal(name, [JSON.stringify({ schema: 'temper.journal/1', plan, files } satisfies Head)]);
    return new Journal(workspace, name);
  }

  /** Notes that an output is begun anew: what earlier lines say of it no longer holds. */
  async reset(output: number): Promise<void> {
    await this.flush();
    this.#last = this.#last.then(() => this.#workspace.appendJournal(this.#name, [JSON.stringify({ reset: output })]));
    await this.#last;
  }

  /** Notes that an order's bytes are written. */
  async note(output: number, order: number): Promise<void> {
    this.#pending.push([output, order]);
    if (this.#pending.length >= FLUSH_ORDERS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#pending.length > 0) {
      const line = JSON.stringify({ done: this.#pending });
      this.#pending = [];
      this.#last = this.#last.then(() => this.#workspace.appendJournal(this.#name, [line]));
    }
    await this.#last;
  }
}
