/**
 * @module
 * Thousands of tensors are a handful of kinds repeated per layer. Names that differ only in numbers are shown as one:
 * `model.layers.[0-31].mlp.up_proj.weight`.
 */

import { group } from './group.ts';

/** Entries whose names differ only in numbers. */
export interface Fold<Entry> {
  /** The common name with the numbers as sets; the name itself for one entry. */
  readonly name: string;
  readonly entries: readonly Entry[];
}

const NUMBERS = /(?<=^|[._])\d+(?=[._]|$)/g;

/** Groups entries whose name without numbers, and whose `same`, are equal; in order of first appearance. */
export function foldByName<Entry>(entries: Iterable<Entry>, nameOf: (entry: Entry) => string, same: (entry: Entry) => string = () => ''): Fold<Entry>[] {
  const groups = group(entries, (entry) => `${nameOf(entry).replace(NUMBERS, '#')}\u0000${same(entry)}`);
  return [...groups.values()].map((own) => ({ name: commonName(own.map(nameOf)), entries: own }));
}

/** One name for several that differ only in numbers. */
function commonName(names: readonly string[]): string {
  const columns: Set<number>[] = [];
  for (const name of names) for (const [i, digits] of (name.match(NUMBERS) ?? []).entries()) (columns[i] ??= new Set()).add(Number(digits));
  let i = 0;
  return names[0]!.replace(NUMBERS, (digits) => {
    const values = columns[i++]!;
    return values.size === 1 ? digits : `[${ranges(values)}]`;
  });
}

/** `0-3,7` */
export function ranges(values: ReadonlySet<number>): string {
  const parts: string[] = [];
  const sorted = [...values].sort((a, b) => a - b);
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1] === sorted[j]! + 1) j++;
    parts.push(j === i ? `${sorted[i]}` : `${sorted[i]}-${sorted[j]}`);
    i = j + 1;
  }
  return parts.join(',');
}
