/**
 * @module
 * What the content of a file of a tree is, in the words of docs/roles.md: from a small head, the end of an archive, and of
 * JSON all of it while it is small. An ending only decides between kinds of text, which have no mark of their own.
 */
import { readBytes, type ByteSource } from '../bytes/index.ts';
import { JsonCursor, readHead, sniffFormat } from '../containers/index.ts';
import { LENGTH_BYTES } from '../containers/safetensors/read.ts';
import { classify } from '../containers/torch/zip.ts';
import { END_SEARCH_BYTES, readZip } from '../containers/zip/index.ts';
import { isTemperError } from '../findings/index.ts';

/** JSON is parsed to the end up to this size, larger files are looked at on both ends: a tokenizer has 10 MB and more. */
export const JSON_CHECKED_BYTES: number = 2 * 1024 * 1024;
/** Of a longer safetensors header only so much of the end is read: tensors stand in the order of their data. */
export const HEADER_TAIL_BYTES: number = 256 * 1024;

/** Kinds of text by ending; any other text is `text`. */
const TEXTS: readonly (readonly [RegExp, string])[] = [[/\.jsonl$/, 'jsonl'], [/\.py$/, 'python'], [/\.(?:md|markdown)$/i, 'markdown'], [/\.(?:jinja|jinja2|j2)$/, 'jinja']];

/** Formats that are recognised, but that nobody who looks at a tree has to tell from other binary data. */
const MERELY_BINARY: ReadonlySet<string> = new Set(['png', 'zeros', 'msgpack']);

/** The word for the content of `source`, whose base name is `name`. Never refuses for what the content is. */
export async function treeFormat(source: ByteSource, name: string): Promise<string> {
  const { size } = source, head = await readHead(source), sniffed = sniffFormat(head, size);
  if (sniffed === 'safetensors') return await isSafetensorsWhole(source) ? sniffed : 'safetensors-truncated';
  // A part of a distributed checkpoint is one saved tensor after the other.
  if (name.endsWith('.distcp')) return sniffed === 'torch-zip' || sniffed === 'pickle' ? sniffed : 'dcp-shard';
  if (sniffed === 'torch-zip') return zipKind(source, head);
  if (sniffed === 'json') return jsonOrText(source, head, name);
  if (MERELY_BINARY.has(sniffed)) return 'binary';
  if (sniffed !== 'unknown') return sniffed;
  if (isSentencePiece(head)) return 'sentencepiece';
  if (!isText(head, size)) return 'binary';
  return name.endsWith('.json') ? 'json-invalid' : textKind(name);
}

const textKind = (name: string): string => TEXTS.find(([ending]) => ending.test(name))?.[1] ?? 'text';

/** Text that begins like JSON. Lines of JSON are a format of their own; templates begin with a brace as well. */
async function jsonOrText(source: ByteSource, head: Uint8Array, name: string): Promise<string> {
  const kind = textKind(name);
  if (kind !== 'text') return kind;
  if (await isJson(source, head)) return 'json';
  return name.endsWith('.json') ? 'json-invalid' : 'text';
}

/** Whether the whole is one JSON document, with what Python's json module reads (NaN, Infinity). */
async function isJson(source: ByteSource, head: Uint8Array): Promise<boolean> {
  const { size } = source;
  if (size > JSON_CHECKED_BYTES) {
    const first = new TextDecoder().decode(head).trimStart()[0], last = new TextDecoder().decode(await readBytes(source, size - 64, 64)).trimEnd().at(-1);
    return (first === '{' && last === '}') || (first === '[' && last === ']');
  }
  try {
    const cursor = new JsonCursor(await readBytes(source, 0, size), source.label, { python: true });
    cursor.skip();
    cursor.end();
    return true;
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return false;
  }
}

/** Whether the data reaches as far as the header says. A header that cannot be read is for its own reader to judge. */
async function isSafetensorsWhole(source: ByteSource): Promise<boolean> {
  const length = Number(new DataView((await readBytes(source, 0, LENGTH_BYTES)).buffer).getBigUint64(0, true)), start = LENGTH_BYTES + length;
  if (start > source.size) return false;
  const tail = Math.min(length, HEADER_TAIL_BYTES), text = new TextDecoder().decode(await readBytes(source, start - tail, tail));
  let end = 0;
  for (const [, , to] of text.matchAll(/"data_offsets"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*\]/g)) end = Math.max(end, Number(to));
  return start + end <= source.size;
}

/** torch writes its pickle first. Any other zip is looked into; one without an end is what it began as. */
async function zipKind(source: ByteSource, head: Uint8Array): Promise<string> {
  if (!await hasEnd(source)) return 'torch-zip-truncated';
  if (new TextDecoder('latin1').decode(head.subarray(0, FIRST_NAME_BYTES)).includes('/data.pkl')) return 'torch-zip';
  try {
    const { kind } = classify(await readZip(source));
    return kind;
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return 'torch-zip';
  }
}

/** The first record's header and name. */
const FIRST_NAME_BYTES = 1024;

/** Whether a zip has its end record, which is written last. */
async function hasEnd(source: ByteSource): Promise<boolean> {
  const length = Math.min(source.size, END_SEARCH_BYTES), tail = await readBytes(source, source.size - length, length);
  for (let at = tail.length - 22; at >= 0; at--) if (tail[at] === 0x50 && tail[at + 1] === 0x4b && tail[at + 2] === 5 && tail[at + 3] === 6) return true;
  return false;
}

/** A sentencepiece ModelProto begins with its first piece: field 1, a length, and in it field 1 (text) and field 2 (a float). */
function isSentencePiece(head: Uint8Array): boolean {
  const length = head[1] ?? 0, text = head[3] ?? 0;
  return head[0] === 0x0a && length < 0x80 && head[2] === 0x0a && text + 2 <= length && (text + 2 === length || head[4 + text] === 0x15);
}

/** Whether bytes are UTF-8 without control characters that no text has. */
function isText(head: Uint8Array, size: number): boolean {
  for (const byte of head) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b) return false;
  try {
    // The head may end within a character.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length < size });
    return true;
  } catch {
    return false;
  }
}
