/**
 * @module
 * scan: what loading a file would do, without doing it. A directory gets the verdict of its worst file.
 */
import type { Folder } from '../bytes/index.ts';
import { scanFolder, scanOne, type ScannedFile, type Verdict } from '../checks/scan/index.ts';
import type { Text } from '../findings/index.ts';
import type { Answer, VerbContext } from './verb.ts';

/** What to scan. */
export interface ScanRequest {
  readonly folder: Folder;
  /** A single file inside `folder`. */
  readonly file?: string;
  /** What the user typed, for the commands that are suggested. */
  readonly path: string;
  /** Search and check everything, however large. */
  readonly all?: boolean;
  /** CRC-32, continuing from an earlier one, where the host has a faster one than ours. */
  readonly crc32?: (bytes: Uint8Array, crc: number) => number;
}

/** Whether `torch.load(weights_only=True)` takes a file, and what it would say when it does not. */
export interface WeightsOnlyAnswer { readonly loads: boolean; readonly reason?: string; readonly offset?: number }

/** One file. */
export interface ScannedEntry {
  readonly path: string;
  readonly verdict: Verdict;
  readonly format: string;
  readonly globals: readonly string[];
  /** Absent for files that torch.load does not read. */
  readonly weights_only?: WeightsOnlyAnswer;
}

/** Body of the answer (INTERFACE.md). */
export interface ScanBody {
  readonly path: string;
  readonly verdict: Verdict;
  /** Every class and function that any file names, Python 3 spelling. */
  readonly globals: readonly string[];
  readonly files: readonly ScannedEntry[];
  readonly next: readonly { readonly command: string; readonly reason: Text }[];
}

/** Verdicts that make `temper scan` exit with 1. */
const BAD: ReadonlySet<Verdict> = /* @__PURE__ */ new Set(['unknown', 'dangerous', 'refuse'] as const);

/** Scans a file or a directory. */
export async function scan(request: ScanRequest, context: VerbContext = {}): Promise<Answer<ScanBody>> {
  const { folder, file, path } = request;
  let totalBytes = 0;
  const options = {
    all: request.all ?? false, ...(request.crc32 === undefined ? {} : { crc32: request.crc32 }),
    onFile: (current: string, bytes: number) => {
      context.signal?.throwIfAborted();
      context.onEvent?.({ kind: 'progress', phase: 'open', doneBytes: totalBytes, totalBytes: totalBytes += bytes, current });
    },
  };
  context.onEvent?.({ kind: 'phase', phase: 'open' });
  const { verdict, files, findings } = file === undefined ? await scanFolder(folder, options) : await scanOne(folder, file, options);
  return {
    schema: 'temper.scan/1', exit: BAD.has(verdict) ? 1 : 0, findings,
    body: { path, verdict, globals: [...new Set(files.flatMap(({ globals }) => globals))].sort(), files: files.map(entryOf), next: nextFor(path, verdict, files) },
  };
}

function entryOf({ path, verdict, format, globals, weightsOnly }: ScannedFile): ScannedEntry {
  return { path, verdict, format, globals, ...(weightsOnly === undefined ? {} : { weights_only: weightsOnly }) };
}

/** Where a pickle is in the way, its tensors can still be had. */
function nextFor(path: string, verdict: Verdict, files: readonly ScannedFile[]): ScanBody['next'] {
  const inTheWay = files.some(({ format, verdict: of }) => (format === 'torch-zip' || format === 'torch-legacy') && (of === 'unknown' || of === 'dangerous'));
  if (!inTheWay || verdict === 'refuse') return [];
  return [{ command: `temper convert ${path} -o OUT`, reason: { en: 'take the tensors out, without running anything', zh: '取出其中的张量，不执行任何代码' } }];
}
