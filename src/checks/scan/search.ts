/**
 * @module
 * Searches bytes that belong to nothing for pickles and for the headers of zip records. A container that is broken must
 * not hide what it holds: programs differ in what they still read.
 */
import { readBytes, type ByteSource } from '../../bytes/index.ts';
import { Notes } from '../../containers/notes.ts';
import { areNames, readPickle } from '../../containers/torch/index.ts';
import { SCAN_HIDDEN, SCAN_PARTIAL } from './codes.ts';
import { HIDDEN_MAX, SEARCH_BYTES_MAX, type ScanContext } from './context.ts';
import { look } from './look.ts';

/** Bytes searched at a time, and how far two steps overlap: the length of what is searched for, less one. */
const STEP_BYTES = 1024 * 1024, OVERLAP_BYTES = 3;

/** Calls `found` with the offset of every place where `matches` holds. Says when it had to stop early. */
export async function searchBytes(context: ScanContext, source: ByteSource, start: number, end: number, matches: (bytes: Uint8Array, at: number) => boolean, found: (offset: number) => Promise<number | void>): Promise<void> {
  const limit = context.all ? end : Math.min(end, start + SEARCH_BYTES_MAX);
  let hidden = 0, resume = start;
  for (let at = start; at < limit; at += STEP_BYTES) {
    const bytes = await readBytes(source, at, Math.min(STEP_BYTES + OVERLAP_BYTES, end - at));
    for (let i = 0; i < Math.min(STEP_BYTES, bytes.length); i++) {
      if (at + i < resume || !matches(bytes, i)) continue;
      if (++hidden > HIDDEN_MAX) return partial(context, at + i - start, end - start);
      resume = await found(at + i) ?? resume;
    }
  }
  if (limit < end) partial(context, limit - start, end - start);
}

function partial(context: ScanContext, searched: number, bytes: number): void {
  context.report.notes.add(SCAN_PARTIAL, { searched, bytes });
}

/** Pickles that begin with PROTO, anywhere in a range. Noise is told apart by what it names. */
export async function searchPickles(context: ScanContext, source: ByteSource, start: number, end: number): Promise<void> {
  await searchBytes(context, source, start, end, (bytes, at) => bytes[at] === 0x80 && bytes[at + 1]! <= 5, async (offset) => {
    const pickle = await readPickle(source, offset, new Notes(''), { end });
    if (!areNames(pickle.globals)) return undefined;
    context.report.notes.add(SCAN_HIDDEN, { what: { en: 'something', zh: '内容' }, kind: { en: 'pickle', zh: ' pickle' }, offset }, { offset });
    await look(context, source, pickle);
    return pickle.value === undefined ? undefined : pickle.end;
  });
}
