/** @module Constructors of Python's own types and standard library. */
import { PyBytes, PyFloat, PyGlobal, type PyCall, type Value } from '../pickle/index.ts';
import { itemsOf, pairsOf } from '../dict.ts';
import type { Constructor, Known } from './known.ts';

/** Text of Latin-1 characters as bytes; undefined when there are others. */
function latin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

const LATIN1 = /^(?:latin|iso)[-_]?(?:8859)?[-_]?1$/i;

/** Bytes of a value that is bytes, or a call that makes some. */
export function bytesOf(value: Value | undefined, known: (value: Value | undefined) => Known | undefined): Uint8Array | undefined {
  if (value instanceof PyBytes) return value.data;
  const object = known(value);
  return object?.is === 'bytes' ? object.data : undefined;
}

/** `_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes. */
function encoded([text, codec]: readonly (Value | undefined)[]): Uint8Array | undefined {
  return typeof text === 'string' && typeof codec === 'string' && LATIN1.test(codec) ? latin1(text) : undefined;
}

const encode: Constructor = (call) => {
  const data = encoded(call.arguments);
  return data && { is: 'bytes', data };
};

const bytes = (is: 'bytes' | 'bytearray'): Constructor => (call, known) => {
  const [content, ...rest] = call.arguments;
  const data = content === undefined ? new Uint8Array(0)
    : typeof content === 'string' ? encoded(call.arguments) : rest.length === 0 ? bytesOf(content, known) : undefined;
  return data && { is, data };
};

const set = (is: 'set' | 'frozenset' | 'list'): Constructor => ({ arguments: args, more }) => {
  const items = args.length === 0 ? [] : args.length === 1 ? itemsOf(args[0]) : undefined;
  return items && { is, items: more?.items === undefined ? items : [...items, ...more.items] };
};

const complex: Constructor = ({ arguments: [re, im = new PyFloat(0)] }) => {
  const isNumber = (value: Value | undefined): value is PyFloat | number => value instanceof PyFloat || typeof value === 'number';
  return isNumber(re) && isNumber(im) ? { is: 'complex', re, im } : undefined;
};

const integers = (is: 'range' | 'slice'): Constructor => ({ arguments: args }) =>
  (args.length > 0 && args.length <= 3 && args.every((value) => value === null || typeof value === 'number' || typeof value === 'bigint') ? { is, args } : undefined);

const mapping = (is: 'odict' | 'counter'): Constructor => (call) => (pairsOf(call) === undefined ? undefined : { is });

const defaultdict: Constructor = (call) => {
  const [factory = null] = call.arguments;
  // The factory is only named; calling it happens later, in the program.
  return (factory === null || factory instanceof PyGlobal) && pairsOf(call) !== undefined ? { is: 'defaultdict', factory } : undefined;
};

const deque: Constructor = ({ arguments: [first, maxlen = null], more }) => {
  const items = first === undefined ? [] : itemsOf(first);
  return items && (maxlen === null || typeof maxlen === 'number') ? { is: 'deque', items: [...items, ...more?.items ?? []], maxlen } : undefined;
};

const two = (value: number, width = 2) => String(value).padStart(width, '0');

const datetime: Constructor = (call, known) => {
  const [packed, tz] = call.arguments, b = bytesOf(packed, known);
  if (b?.length !== 10) return undefined;
  const date = `${two(b[0]! * 256 + b[1]!, 4)}-${two(b[2]! & 0x7f)}-${two(b[3]!)}`;
  const value = `${date}T${two(b[4]!)}:${two(b[5]!)}:${two(b[6]!)}.${two(b[7]! * 65536 + b[8]! * 256 + b[9]!, 6)}`;
  return { is: 'datetime', value, ...(tz === undefined ? {} : { tz }) };
};

const date: Constructor = (call, known) => {
  const b = bytesOf(call.arguments[0], known);
  return b?.length === 4 ? { is: 'date', value: `${two(b[0]! * 256 + b[1]!, 4)}-${two(b[2]!)}-${two(b[3]!)}` } : undefined;
};

const timedelta: Constructor = ({ arguments: parts }) =>
  (parts.length === 3 && parts.every((part) => typeof part === 'number') ? { is: 'timedelta', parts } : undefined);

const path = (name: string): Constructor => ({ arguments: parts }: PyCall) =>
  (parts.every((part) => typeof part === 'string') ? { is: 'path', class: name, parts } : undefined);

/** By path. */
export const BUILTIN_OBJECTS: readonly (readonly [string, Constructor])[] = [
  ['_codecs.encode', encode],
  ['builtins.bytes', bytes('bytes')], ['builtins.bytearray', bytes('bytearray')],
  ['builtins.set', set('set')], ['builtins.frozenset', set('frozenset')], ['builtins.list', set('list')],
  ['builtins.complex', complex], ['builtins.range', integers('range')], ['builtins.slice', integers('slice')],
  ['collections.OrderedDict', mapping('odict')], ['collections.Counter', mapping('counter')],
  ['collections.defaultdict', defaultdict], ['collections.deque', deque],
  ['datetime.datetime', datetime], ['datetime.date', date], ['datetime.timedelta', timedelta],
  ...['PosixPath', 'PurePosixPath', 'WindowsPath', 'PureWindowsPath', 'Path', 'PurePath'].flatMap((name): [string, Constructor][] =>
    [[`pathlib.${name}`, path(name)], [`pathlib._local.${name}`, path(name)]]), // 3.13 moved them
];
