/**
 * @module
 * Where in a tensor the delta is and where it is not: every row, column and expert collects what its elements say.
 */
import type { Text } from '../findings/index.ts';
import type { Subject } from './subject.ts';

/** What one element says. `either`: merged and base are the same there. */
export const LABEL = { either: 0, merged: 1, base: 2, neither: 4 } as const;

/** Labels of all elements, gathered by row and by column. */
export class Labels {
  readonly rows: Uint8Array;
  readonly columns: Uint8Array;

  constructor(rows: number, columns: number) {
    this.rows = new Uint8Array(rows);
    this.columns = new Uint8Array(columns);
  }

  /** What one element says. */
  add(row: number, column: number, label: number): void {
    this.rows[row]! |= label;
    this.columns[column]! |= label;
  }
}

/** Parts of a tensor: some have the delta, all others are the base's. */
export interface Parts { readonly what: 'experts' | 'rows' | 'columns'; readonly merged: readonly (readonly [number, number])[]; readonly count: number; readonly of: number }

/** The parts that have the delta, where the tensor falls into merged and unmerged ones along an axis. Whole experts first. */
export function partsOf(labels: Labels, { rows, task }: Subject): Parts | undefined {
  const experts = task.experts ? task.merged.shape[0]! : 0;
  const perExpert = new Uint8Array(experts);
  if (experts > 0) labels.rows.forEach((label, row) => { perExpert[Math.floor(row / (rows / experts))]! |= label; });
  const vector = labels.columns.length === 1;
  return (experts > 1 ? split('experts', perExpert) : undefined)
    ?? split('rows', labels.rows)
    ?? (vector ? undefined : split('columns', labels.columns));
}

function split(what: Parts['what'], labels: Uint8Array): Parts | undefined {
  const { merged, base } = LABEL;
  if (!labels.every((label) => label === LABEL.either || label === merged || label === base)) return undefined;
  if (!labels.includes(merged) || !labels.includes(base)) return undefined;
  const runs: [number, number][] = [];
  let count = 0;
  labels.forEach((label, i) => {
    if (label !== merged) return;
    count++;
    const last = runs.at(-1);
    // Parts in between that say nothing belong to the run.
    if (last !== undefined && labels.subarray(last[1] + 1, i).every((between) => between === LABEL.either)) last[1] = i;
    else runs.push([i, i]);
  });
  return { what, merged: runs, count, of: labels.length };
}

/** Runs that a note lists; more are counted. */
const RUNS_MAX = 4;
const WORDS: Readonly<Record<Parts['what'], Text>> = {
  experts: { en: 'experts', zh: '专家' }, rows: { en: 'rows', zh: '行' }, columns: { en: 'columns', zh: '列' },
};

/** `rows 0–31 of 64`. */
export function partsText({ what, merged, count, of }: Parts): Text {
  const { en, zh } = WORDS[what];
  if (merged.length > RUNS_MAX) return { en: `${count} of ${of} ${en}`, zh: `${of} ${zh}中的 ${count} ${zh}` };
  const list = merged.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  return { en: `${en} ${list.join(', ')} of ${of}`, zh: `${of} ${zh}中的第 ${list.join('、')} ${zh}` };
}
