/**
 * @module
 * What a file is, looked at more closely than its first bytes allow: which of the archives that torch writes a zip is,
 * whether an array holds objects, whether a text is a pickle.
 */
import type { ByteSource } from '../bytes/index.ts';
import { readHead, sniffFormat } from './index.ts';
import { readNpyHeader } from './npy.ts';
import { isTorchTar, tarMembers } from './tar.ts';
import { isTextPickle } from './torch/pickle/index.ts';
import { classify } from './torch/zip.ts';
import { readZip } from './zip/index.ts';

/** The word of the contract for the content of a file; `unknown` when nobody knows it. */
export async function contentFormat(source: ByteSource): Promise<string> {
  const head = await readHead(source), format = sniffFormat(head, source.size);
  switch (format) {
    case 'torch-zip': case 'zip': {
      const { kind } = classify(await readZip(source));
      // A broken archive is still what it began as: its own reader says what is wrong.
      return kind === 'zip' ? format : kind;
    }
    case 'npy': return (await readNpyHeader(source))?.holdsObjects ? 'npy-object' : 'npy';
    case 'tar': {
      const names: string[] = [];
      for await (const { name } of tarMembers(source)) names.push(name);
      return isTorchTar(names) ? 'torch-tar' : 'tar';
    }
    case 'unknown': return await isTextPickle(source, head) ? 'pickle' : format;
    default: return format;
  }
}
