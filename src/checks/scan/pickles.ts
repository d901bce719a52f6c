/**
 * @module
 * Scans pickle streams: every pickle of a run, and what lies behind a place where it cannot be followed.
 */
import type { ByteSource } from '../../bytes/index.ts';
import { Notes } from '../../containers/notes.ts';
import { readPickle, type PickleResult } from '../../containers/torch/index.ts';
import { SCAN_TRAILING } from './codes.ts';
import type { ScanContext } from './context.ts';
import { look } from './look.ts';
import { searchPickles } from './search.ts';

/** Pickles read one after another from one stream. */
const PICKLES_MAX = 1000;

/** Scans everything between two offsets as pickles. Returns those that were read to their end. */
export async function scanPickles(context: ScanContext, source: ByteSource, start: number, end: number): Promise<PickleResult[]> {
  const { report } = context, done: PickleResult[] = [];
  let at = start;
  while (at < end && done.length < PICKLES_MAX) {
    // Only the first is what loaders read; a later one that is none at all is no more than trailing bytes.
    const notes = done.length === 0 ? report.notes : new Notes(report.notes.file);
    const observe = done.length === 0 ? context.weightsOnly?.observe : undefined;
    const one = await readPickle(source, at, notes, { end, ...(observe === undefined ? {} : { observe }) });
    await look(context, source, one);
    if (one.value === undefined) break;
    done.push(one);
    at = one.end;
    if (done.length === 1 && at < end) report.notes.add(SCAN_TRAILING, { bytes: end - at, offset: at }, { offset: at });
  }
  if (start >= end) await readPickle(source, start, report.notes, { end }); // Says that there is nothing.
  if (at < end) await searchPickles(context, source, at + (done.length === 0 ? 1 : 0), end);
  return done;
}
