/**
 * @module
 * Is this a pickle? From protocol 2 on it begins with PROTO; before that only following it tells.
 */
import type { ByteSource } from '../../../bytes/index.ts';
import { Notes } from '../../notes.ts';
import { PROTOCOL_MAX } from './opcodes.ts';
import { readPickle } from './read.ts';
import type { PyGlobal } from './values.ts';

/** Whether bytes begin with PROTO and a protocol that exists. */
export const beginsWithProto = (head: Uint8Array): boolean => head[0] === 0x80 && head.length > 1 && head[1]! <= PROTOCOL_MAX;

const NAME = /^[A-Za-z_][\w.]*$/;

/** Names that could be ones: noise hardly ever has two in a row. */
export const areNames = (globals: readonly PyGlobal[]): boolean =>
  globals.length > 0 && globals.every(({ module, name }) => NAME.test(module) && NAME.test(name));

/** First bytes of pickles of protocols 0 and 1: MARK, GLOBAL, INST, containers, text values. */
const TEXT_OPENINGS: ReadonlySet<number> = /* @__PURE__ */ new Set(Array.from('(ci]})lIFLSVNUX', (letter) => letter.charCodeAt(0)));
/** Bytes of such a file that are tried. */
const TRIED_BYTES = 1024 * 1024;

/** Whether a source without any mark is a pickle: it can be followed to a STOP, or names something before it breaks off. */
export async function isTextPickle(source: ByteSource, head: Uint8Array): Promise<boolean> {
  if (!TEXT_OPENINGS.has(head[0]!)) return false;
  const tried = await readPickle(source, 0, new Notes(''), { end: Math.min(source.size, TRIED_BYTES) });
  return tried.value !== undefined || areNames(tried.globals);
}
