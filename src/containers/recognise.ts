/**
 * @module
 * What a file is when it is no container that can be opened: by its first bytes, for an extension is never evidence.
 */
import type { Code, Text } from '../findings/index.ts';
import { EMPTY_FILE, ERROR_REPLY, HTML_PAGE, LFS_POINTER, UNSUPPORTED_FORMAT, ZERO_FILLED } from './codes.ts';

/** A format that is recognised only. */
export interface Recognised {
  /** Word of the contract. */
  readonly format: string;
  /** What people call it. */
  readonly name: Text;
  readonly matches: (head: Uint8Array, size: number) => boolean;
  /** What to say when weights are expected. */
  readonly code: Code;
}

const ascii = (head: Uint8Array, start = 0, end = head.length): string => {
  let text = '';
  for (let i = start; i < Math.min(end, head.length); i++) text += String.fromCharCode(head[i]!);
  return text;
};
const magic = (bytes: string | readonly number[], at = 0) => {
  const wanted = typeof bytes === 'string' ? Array.from(bytes, (character) => character.charCodeAt(0)) : bytes;
  return (head: Uint8Array): boolean => wanted.every((byte, i) => head[at + i] === byte);
};
/** Start of a text in lower case, after white space and a byte order mark. */
const opening = (head: Uint8Array): string => ascii(head, 0, 256).replace(/^(?:\u00ef\u00bb\u00bf)?\s*/, '').toLowerCase();

const same = (name: string): Text => ({ en: name, zh: name });
const row = (format: string, name: Text, matches: Recognised['matches'], code: Code = UNSUPPORTED_FORMAT): Recognised =>
  ({ format, name, matches, code });

/** Rows that come before any container is asked: no container looks like them. */
export const NOT_CONTAINERS: readonly Recognised[] = [
  row('empty', { en: 'an empty file', zh: '空文件' }, (_, size) => size === 0, EMPTY_FILE),
  row('zeros', { en: 'zeros', zh: '全零文件' }, (head) => head.every((byte) => byte === 0), ZERO_FILLED),
  row('lfs-pointer', { en: 'a Git LFS pointer', zh: 'Git LFS 指针' }, magic('version https://git-lfs'), LFS_POINTER),
  row('html', { en: 'an HTML page', zh: 'HTML 网页' }, (head) => /^<(?:!doctype html|html|head|body|\?xml)\b/.test(opening(head)), HTML_PAGE),
];

const PK = magic('PK\x03\x04');

/** Rows asked after the containers. The first that matches counts. */
export const RECOGNISED: readonly Recognised[] = [
  row('json', { en: 'JSON', zh: 'JSON' }, (head) => /^[{[]/.test(opening(head)), ERROR_REPLY),
  row('keras', { en: 'a Keras model', zh: 'Keras 模型' }, (head) => PK(head) && /model\.weights\.h5|metadata\.json/.test(ascii(head))),
  row('npz', { en: 'a numpy archive (.npz)', zh: 'numpy 压缩包（.npz）' }, (head) => PK(head) && /^.{26}(?:.|\n){4}[^/]{1,200}?\.npy/s.test(ascii(head, 0, 300))),
  row('zip', { en: 'a zip archive that torch did not write', zh: '并非由 torch 写出的 zip 压缩包' }, (head) => PK(head) || magic('PK\x05\x06')(head)),
  row('torch-legacy', { en: 'a torch file of before version 1.6', zh: 'torch 1.6 之前的文件' }, magic([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e])),
  row('pickle', { en: 'a bare pickle', zh: '单独的 pickle' }, (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5),
  row('gguf', same('GGUF'), magic('GGUF')),
  row('ggml', { en: 'a GGML file older than GGUF', zh: '早于 GGUF 的 GGML 文件' }, (head) => ['lmgg', 'fmgg', 'tjgg', 'algg'].includes(ascii(head, 0, 4))),
  row('tar', { en: 'a tar archive', zh: 'tar 归档' }, magic('ustar', 257)),
  row('npy', { en: 'a numpy array (.npy)', zh: 'numpy 数组（.npy）' }, magic('\x93NUMPY')),
  row('hdf5', { en: 'HDF5 (Keras .h5)', zh: 'HDF5（Keras .h5）' }, magic('\x89HDF\r\n\x1a\n')),
  row('7z', { en: 'a 7z archive', zh: '7z 压缩包' }, magic([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])),
  row('gzip', { en: 'gzip data', zh: 'gzip 数据' }, magic([0x1f, 0x8b])),
  row('zstd', { en: 'zstd data', zh: 'zstd 数据' }, magic([0x28, 0xb5, 0x2f, 0xfd])),
  row('bzip2', { en: 'bzip2 data', zh: 'bzip2 数据' }, magic('BZh')),
  row('xz', { en: 'xz data', zh: 'xz 数据' }, magic([0xfd, 0x37, 0x7a, 0x58, 0x5a])),
  row('rar', { en: 'a RAR archive', zh: 'RAR 压缩包' }, magic('Rar!')),
  row('pytorch1', { en: 'the internal PYTORCH1 format', zh: '内部格式 PYTORCH1' }, magic('PYTORCH1')),
  row('png', { en: 'a PNG image', zh: 'PNG 图片' }, magic('\x89PNG')),
  row('tflite', { en: 'a TensorFlow Lite model', zh: 'TensorFlow Lite 模型' }, magic('TFL3', 4)),
  // A protobuf whose first field is a small ir_version and whose second is text or the graph.
  row('onnx', { en: 'an ONNX model', zh: 'ONNX 模型' }, (head) => head[0] === 0x08 && head[1]! >= 1 && head[1]! < 0x20 && (head[2] === 0x12 || head[2] === 0x3a)),
  row('msgpack', { en: 'msgpack (Flax)', zh: 'msgpack（Flax）' }, (head) => (head[0]! > 0x80 && head[0]! <= 0x8f) || head[0] === 0xde || head[0] === 0xdf),
];

/** The size that a Git LFS pointer promises, or undefined. */
export function lfsBytes(head: Uint8Array): number | undefined {
  const size = /\nsize (\d{1,15})\n/.exec(ascii(head, 0, 512))?.[1];
  return size === undefined ? undefined : Number(size);
}
