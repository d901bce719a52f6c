/** The pickle machine: every opcode, the memo, frames, windows; and that it takes back what our pickler writes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { Notes } from '../../src/containers/notes.ts';
import { OP, OPCODES, PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyList, PyPersistent, PySet, PyTuple, readPickle, type Value } from '../../src/containers/torch/index.ts';
import { Pickler } from '../../src/containers/torch/write/pickler.ts';
import { keyOf, resolvePairs } from '../../src/containers/torch/dict.ts';
import { python3Name } from '../../src/containers/torch/pickle/names.ts';

type Piece = number | string | readonly Piece[];
const raw = (piece: Piece): number[] => (typeof piece === 'number' ? [piece] : typeof piece === 'string' ? [...new TextEncoder().encode(piece)] : piece.flatMap(raw));
const stream = (...pieces: Piece[]) => Uint8Array.from(raw(pieces));
const u32 = (value: number): Piece => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
const u64 = (value: number): Piece => [u32(value), u32(0)];
const text = (value: string): Piece => [OP.SHORT_BINUNICODE, new TextEncoder().encode(value).length, value];

async function read(bytes: Uint8Array) {
  const notes = new Notes('f.pkl'), result = await readPickle(memorySource('f.pkl', bytes), 0, notes);
  return { ...result, codes: notes.findings.map(({ code }) => code) };
}

/** A value in a form that compares. */
function show(value: Value | undefined): unknown {
  if (value instanceof PyFloat) return { float: value.value };
  if (value instanceof PyBytes) return { bytes: value.data === undefined ? value.length : [...value.data], mutable: value.mutable };
  if (value instanceof PyList) return value.items.map(show);
  if (value instanceof PyTuple) return { tuple: value.items.map(show) };
  if (value instanceof PySet) return { [value.frozen ? 'frozenset' : 'set']: value.items.map(show) };
  if (value instanceof PyDict) return { dict: value.keys.map((key, i) => [show(key), show(value.values[i])]) };
  if (value instanceof PyGlobal) return { global: value.path };
  if (value instanceof PyPersistent) return { persistent: show(value.id) };
  if (value instanceof PyCall) {
    const { items, pairs, states } = value.more ?? {};
    return { [value.kind]: show(value.fn), args: show(value.args), ...(value.kwargs === undefined ? {} : { kwargs: show(value.kwargs) }),
      ...(items && { items: items.map(show) }), ...(pairs && { pairs: show(pairs) }), ...(states && { states: states.map(show) }) };
  }
  return value;
}

const CASES: readonly (readonly [string, Piece[], unknown])[] = [
  ['constants', [OP.MARK, OP.NONE, OP.NEWTRUE, OP.NEWFALSE, OP.LIST], [null, true, false]],
  ['ints', [OP.MARK, OP.BININT, u32(0xffffffff), OP.BININT1, 255, OP.BININT2, 1, 2, OP.INT, '-7\n', OP.INT, '01\n', OP.LONG, '12345678901234567890L\n', OP.LIST], [-1, 255, 513, -7, true, 12345678901234567890n]],
  ['long ints', [OP.MARK, OP.LONG1, 0, OP.LONG1, 1, 0x80, OP.LONG1, 2, 0xff, 0, OP.LONG1, 8, 0, 0, 0, 0, 0, 0, 0, 0x80, OP.LONG4, u32(1), 5, OP.LIST], [0, -128, 255, -(2n ** 63n), 5]],
  ['floats', [OP.MARK, OP.BINFLOAT, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, OP.FLOAT, '-1e3\n', OP.FLOAT, 'inf\n', OP.LIST], [{ float: 1.5 }, { float: -1000 }, { float: Infinity }]],
  ['Python 2 strings', [OP.MARK, OP.STRING, "'a\\n\\x41\\101'\n", OP.BINSTRING, u32(2), 'hi', OP.SHORT_BINSTRING, 1, 'x', OP.SHORT_BINSTRING, 1, 0xff, OP.LIST], ['a\nAA', 'hi', 'x', { bytes: [255], mutable: false }]],
  ['unicode', [OP.MARK, OP.UNICODE, 'a\\u00e9\n', OP.BINUNICODE, u32(2), 'é', text('z'), OP.BINUNICODE8, u64(1), 'y', OP.BINUNICODE, u32(3), 0xed, 0xa0, 0x80, OP.LIST], ['aé', 'é', 'z', 'y', '\ud800']],
  ['bytes', [OP.MARK, OP.BINBYTES, u32(1), 1, OP.SHORT_BINBYTES, 2, 1, 2, OP.BINBYTES8, u64(0), OP.BYTEARRAY8, u64(1), 9, OP.LIST],
    [{ bytes: [1], mutable: false }, { bytes: [1, 2], mutable: false }, { bytes: [], mutable: false }, { bytes: [9], mutable: true }]],
  ['tuples', [OP.MARK, OP.EMPTY_TUPLE, OP.NONE, OP.TUPLE1, OP.NONE, OP.NEWTRUE, OP.TUPLE2, OP.NONE, OP.NONE, OP.NONE, OP.TUPLE3, OP.TUPLE], { tuple: [{ tuple: [] }, { tuple: [null] }, { tuple: [null, true] }, { tuple: [null, null, null] }] }],
  ['lists', [OP.EMPTY_LIST, OP.BININT1, 1, OP.APPEND, OP.MARK, OP.BININT1, 2, OP.BININT1, 3, OP.APPENDS], [1, 2, 3]],
  ['dicts', [OP.MARK, text('a'), OP.BININT1, 1, OP.DICT, text('b'), OP.BININT1, 2, OP.SETITEM, OP.MARK, text('c'), OP.EMPTY_DICT, OP.SETITEMS], { dict: [['a', 1], ['b', 2], ['c', { dict: [] }]] }],
  ['sets', [OP.MARK, OP.EMPTY_SET, OP.MARK, OP.BININT1, 1, OP.ADDITEMS, OP.MARK, OP.BININT1, 2, OP.FROZENSET, OP.LIST], [{ set: [1] }, { frozenset: [2] }]],
  ['the stack', [OP.BININT1, 9, OP.MARK, OP.NONE, OP.POP_MARK, OP.DUP, OP.MARK, OP.POP, OP.TUPLE2], { tuple: [9, 9] }],
  ['a memo in every form', [text('v'), OP.PUT, '7\n', OP.BINPUT, 8, OP.LONG_BINPUT, u32(0xffffffff), OP.MEMOIZE, OP.POP, OP.MARK, OP.GET, '7\n', OP.BINGET, 8, OP.LONG_BINGET, u32(0xffffffff), OP.BINGET, 3, OP.LIST], ['v', 'v', 'v', 'v']],
  ['names', [OP.PROTO, 2, OP.MARK, OP.GLOBAL, '__builtin__\nxrange\n', text('os'), text('getcwd'), OP.STACK_GLOBAL, OP.GLOBAL, 'exceptions\nKeyError\n', OP.LIST], [{ global: 'builtins.range' }, { global: 'os.getcwd' }, { global: 'builtins.KeyError' }]],
  ['names of protocol 4 stay', [OP.PROTO, 4, OP.GLOBAL, '__builtin__\nxrange\n'], { global: '__builtin__.xrange' }],
  ['calls', [OP.MARK, OP.GLOBAL, 'a\nb\n', OP.EMPTY_TUPLE, OP.REDUCE, OP.GLOBAL, 'a\nC\n', OP.EMPTY_TUPLE, OP.NEWOBJ, OP.EMPTY_DICT, OP.BUILD, OP.MARK, OP.NONE, OP.INST, 'a\nD\n', OP.MARK, OP.GLOBAL, 'a\nE\n', OP.BININT1, 1, OP.OBJ, OP.GLOBAL, 'a\nF\n', OP.EMPTY_TUPLE, OP.EMPTY_DICT, OP.NEWOBJ_EX, OP.LIST],
    [{ call: { global: 'a.b' }, args: { tuple: [] } }, { new: { global: 'a.C' }, args: { tuple: [] }, states: [{ dict: [] }] }, { instance: { global: 'a.D' }, args: { tuple: [null] } }, { instance: { global: 'a.E' }, args: { tuple: [1] } }, { new: { global: 'a.F' }, args: { tuple: [] }, kwargs: { dict: [] } }]],
  ['what is put into the result of a call', [OP.GLOBAL, 'a\nb\n', OP.EMPTY_TUPLE, OP.REDUCE, OP.NONE, OP.APPEND, text('k'), OP.NONE, OP.SETITEM], { call: { global: 'a.b' }, args: { tuple: [] }, items: [null], pairs: { dict: [['k', null]] } }],
  ['persistent ids', [OP.MARK, text('id'), OP.BINPERSID, OP.LIST], [{ persistent: 'id' }]],
  ['a frame', [OP.PROTO, 4, OP.FRAME, u64(3), OP.NONE, OP.TUPLE1], { tuple: [null] }],
];
/** Opcodes that point outside of the stream: noted, and the stream goes on. */
const OUTSIDE: readonly (readonly [string, Piece[]])[] = [
  ['a text persistent id', [OP.PERSID, 'x\n']], ['extension codes', [OP.EXT1, 1, OP.POP, OP.EXT2, 1, 0, OP.POP, OP.EXT4, u32(1)]], ['buffers', [OP.NEXT_BUFFER, OP.READONLY_BUFFER]],
];

describe('opcodes', () => {
  it.each(CASES)('%s', async (_, pieces, expected) => {
    const { value, codes } = await read(stream(pieces, OP.STOP));
    expect(show(value)).toEqual(expected);
    expect(codes.filter((code) => code !== 'pickle-odd')).toEqual([]);
  });
  it.each(OUTSIDE)('%s', async (_, pieces) => {
    const { value, codes } = await read(stream(pieces, OP.STOP));
    expect(value).toBeDefined();
    expect(codes).toContain('pickle-unsupported');
  });
  it('are all tried', async () => {
    const used = new Set<number>([OP.PERSID]); // The observer sees what an opcode works on; a text id works on nothing.
    for (const [, pieces] of [...CASES, ...OUTSIDE]) {
      await readPickle(memorySource('f', stream(pieces, OP.STOP)), 0, new Notes('f'), { observe: (op) => { used.add(op); } });
    }
    expect([...OPCODES.keys()].filter((op) => !used.has(op)).map((op) => OPCODES.get(op)!.name)).toEqual([]);
    expect(OPCODES.size).toBe(68);
  });
});

describe('what cannot be followed', () => {
  it.each([
    ['an empty stream', [], 'pickle-truncated'], ['no STOP', [OP.NONE], 'pickle-truncated'], ['an unknown opcode', [0xff], 'pickle-malformed'],
    ['an empty stack', [OP.STOP], 'pickle-malformed'], ['below a MARK', [OP.NONE, OP.MARK, OP.TUPLE1, OP.STOP], 'pickle-malformed'],
    ['a length of 2^63', [OP.BINBYTES8, u32(0), u32(0x80000000)], 'pickle-truncated'], ['a negative length', [OP.BINSTRING, u32(0xffffffff)], 'pickle-malformed'],
    ['a missing memo entry', [OP.BINGET, 1, OP.STOP], 'pickle-malformed'], ['a computed name', [OP.NONE, OP.NONE, OP.STACK_GLOBAL, OP.STOP], 'pickle-name-computed'],
    ['an unhashable key', [OP.EMPTY_DICT, OP.EMPTY_LIST, OP.NONE, OP.SETITEM, OP.STOP], 'pickle-malformed'], ['BUILD on a class', [OP.GLOBAL, 'a\nB\n', OP.NONE, OP.BUILD, OP.STOP], 'pickle-patches-global'],
    ['a protocol to come', [OP.PROTO, 6, OP.NONE, OP.STOP], 'pickle-protocol'], ['a frame beyond the end', [OP.PROTO, 4, OP.FRAME, u64(99), OP.NONE, OP.STOP], 'pickle-frame'],
    ['an opcode across a frame', [OP.PROTO, 4, OP.FRAME, u64(1), OP.BININT1, 1, OP.STOP], 'pickle-frame'],
  ] satisfies [string, Piece[], string][])('%s', async (_, pieces, code) => { expect((await read(stream(pieces))).codes).toContain(code); });

  it('names are kept from before the break', async () => {
    const { value, globals } = await read(stream(OP.GLOBAL, 'os\ngetcwd\n', 0xff));
    expect([value, globals.map(({ path }) => path)]).toEqual([undefined, ['os.getcwd']]);
  });
  it('objects that outgrow their stream', async () => {
    // Two bytes each for a list that the memo keeps: nothing is ever expanded, but memory is counted.
    const bytes = new Uint8Array(4_000_000).map((_, i) => (i % 2 === 0 ? OP.EMPTY_LIST : OP.MEMOIZE));
    const { codes } = await read(bytes);
    expect(codes).toContain('pickle-limit');
  });
});

describe('windows', () => {
  it('long streams, strings across their edges, and bytes that are only located', async () => {
    const long = 'x'.repeat(300_000), blob = 3 * 1024 * 1024;
    const bytes = stream(OP.EMPTY_LIST, OP.MARK, ...Array.from({ length: 40 }, (_, i) => [OP.BINUNICODE, u32(long.length + String(i).length), long, String(i)]), OP.BINBYTES, u32(blob), Array.from({ length: blob }, () => 7), text('end'), OP.APPENDS, OP.STOP);
    const { value, codes, end } = await read(bytes), items = (value as PyList).items;
    expect(codes).toEqual([]);
    expect(end).toBe(bytes.length);
    expect(items.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, i) => long + String(i)));
    const located = items[40] as PyBytes;
    expect([located.data, located.length, bytes[located.offset], items[41]]).toEqual([undefined, blob, 7, 'end']);
  });
  it('a pickle in the middle of a file ends where it ends', async () => {
    const result = await readPickle(memorySource('f', stream(1, 2, 3, OP.NONE, OP.STOP, 0xff)), 3, new Notes('f'));
    expect([result.value, result.start, result.end]).toEqual([null, 3, 5]);
  });
});

describe('our pickler', () => {
  it('writes what the machine reads', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -70000, max: 70000 }))), { maxLength: 40 }), async (pairs) => {
      const pickler = new Pickler();
      pickler.dict(pairs.length, (i) => {
        pickler.string(pairs[i]![0]);
        pickler.tuple([() => pickler.int(pairs[i]![1]), () => pickler.string(pairs[0]![0], 'shared'), () => pickler.bool(i % 2 === 0)]);
      });
      const { value, codes } = await read(pickler.finish());
      expect(codes).toEqual([]);
      expect(show(value)).toEqual({ dict: pairs.map(([key, number], i) => [key, { tuple: [number, pairs[0]![0], i % 2 === 0] }]) });
    }));
  });
  it.each([0, 1, 2, 999, 1000, 1001, 2000, 2001])('batches %i items as CPython does', async (count) => {
    for (const ordered of [false, true]) {
      const pickler = new Pickler(), item = (i: number) => { pickler.int(i); pickler.bool(true); };
      if (ordered) pickler.orderedDict(count, item); else pickler.dict(count, item);
      const ops: number[] = [], notes = new Notes('f');
      await readPickle(memorySource('f', pickler.finish()), 0, notes, { observe: (op) => { if ([OP.MARK, OP.SETITEM, OP.SETITEMS].includes(op as never)) ops.push(op); } });
      const batches = Math.floor(count / 1000), left = count % 1000, full = Array.from({ length: batches }, () => [OP.MARK, OP.SETITEMS]).flat();
      // A plain dict of more than one item closes even an empty batch; a subclass writes a single last item by itself.
      const rest = ordered ? (left === 1 ? [OP.SETITEM] : left === 0 ? [] : [OP.MARK, OP.SETITEMS]) : count === 1 ? [OP.SETITEM] : count === 0 ? [] : [OP.MARK, OP.SETITEMS];
      expect(ops).toEqual([...full, ...rest]);
    }
  });
});

describe('keys', () => {
  it('collide as in Python: last value, first position', () => {
    const nan = new PyFloat(NaN);
    const { entries, collisions } = resolvePairs([1, 'a', true, new PyFloat(1), nan, new PyFloat(NaN), nan, '1', null], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(entries.map(([key, value]) => [show(key), value])).toEqual([[1, 4], ['a', 2], [{ float: NaN }, 7], [{ float: NaN }, 6], ['1', 8], [null, 9]]);
    expect(collisions).toBe(3);
  });
  it('tuples by value, objects by identity', () => {
    expect(keyOf(new PyTuple([1, 'x']))).toBe(keyOf(new PyTuple([new PyFloat(1), 'x'])));
    expect(keyOf(new PyTuple(['a', 'b']))).not.toBe(keyOf(new PyTuple(['a,b'])));
    expect(keyOf(new PyList())).not.toBe(keyOf(new PyList()));
  });
});

it('Python 2 names are translated, names before modules', () => {
  expect(python3Name('__builtin__', 'reduce')).toEqual(['functools', 'reduce']);
  expect(python3Name('commands', 'getoutput')).toEqual(['subprocess', 'getoutput']);
  expect(python3Name('torch', 'Size')).toEqual(['torch', 'Size']);
});
