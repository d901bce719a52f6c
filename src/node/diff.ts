/** @module `diff` over paths of this machine. */
import type { DiffBody } from '../verbs/diff.ts';
import type { Answer, VerbContext } from '../verbs/verb.ts';
import { openInput } from './folder.ts';
import { MEMORY_BYTES_DEFAULT } from './host.ts';
import { resolveModel } from './verbs.ts';

/** Of the memory a run may use, what one program may hold: two run side by side, and the process itself takes the rest. */
const PROGRAM_SHARE = 1 / 4;

/** `diff A B`. */
export async function diffPaths(a: string, b: string, options: { readonly rank?: boolean; readonly memoryBytes?: number } = {}, context: VerbContext = {}): Promise<Answer<DiffBody>> {
  const left = openInput(resolveModel(a)), right = openInput(resolveModel(b)), { diff } = await import('../verbs/diff.ts');
  return diff({
    a: left.folder, b: right.folder, ...(left.file === undefined ? {} : { aFile: left.file }), ...(right.file === undefined ? {} : { bFile: right.file }),
    ...(options.rank === undefined ? {} : { rank: options.rank }), memoryBytes: (options.memoryBytes ?? MEMORY_BYTES_DEFAULT) * PROGRAM_SHARE,
  }, context);
}
