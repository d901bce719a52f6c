/**
 * @module
 * The 68 opcodes of Python's pickle (Lib/pickletools.py, CPython 3.11).
 */

/** What is known of an opcode. */
export interface Opcode {
  readonly name: string;
  /** Protocol that introduced it. */
  readonly protocol: number;
}

const row = (name: string, protocol: number): Opcode => ({ name, protocol });

/** By byte. */
export const OPCODES: ReadonlyMap<number, Opcode> = /* @__PURE__ */ new Map([
  [0x28, row('MARK', 0)],
  [0x29, row('EMPTY_TUPLE', 1)],
  [0x2e, row('STOP', 0)],
  [0x30, row('POP', 0)],
  [0x31, row('POP_MARK', 1)],
  [0x32, row('DUP', 0)],
  [0x42, row('BINBYTES', 3)],
  [0x43, row('SHORT_BINBYTES', 3)],
  [0x46, row('FLOAT', 0)],
  [0x47, row('BINFLOAT', 1)],
  [0x49, row('INT', 0)],
  [0x4a, row('BININT', 1)],
  [0x4b, row('BININT1', 1)],
  [0x4c, row('LONG', 0)],
  [0x4d, row('BININT2', 1)],
  [0x4e, row('NONE', 0)],
  [0x50, row('PERSID', 0)],
  [0x51, row('BINPERSID', 1)],
  [0x52, row('REDUCE', 0)],
  [0x53, row('STRING', 0)],
  [0x54, row('BINSTRING', 1)],
  [0x55, row('SHORT_BINSTRING', 1)],
  [0x56, row('UNICODE', 0)],
  [0x58, row('BINUNICODE', 1)],
  [0x5d, row('EMPTY_LIST', 1)],
  [0x61, row('APPEND', 0)],
  [0x62, row('BUILD', 0)],
  [0x63, row('GLOBAL', 0)],
  [0x64, row('DICT', 0)],
  [0x65, row('APPENDS', 1)],
  [0x67, row('GET', 0)],
  [0x68, row('BINGET', 1)],
  [0x69, row('INST', 0)],
  [0x6a, row('LONG_BINGET', 1)],
  [0x6c, row('LIST', 0)],
  [0x6f, row('OBJ', 1)],
  [0x70, row('PUT', 0)],
  [0x71, row('BINPUT', 1)],
  [0x72, row('LONG_BINPUT', 1)],
  [0x73, row('SETITEM', 0)],
  [0x74, row('TUPLE', 0)],
  [0x75, row('SETITEMS', 1)],
  [0x7d, row('EMPTY_DICT', 1)],
  [0x80, row('PROTO', 2)],
  [0x81, row('NEWOBJ', 2)],
  [0x82, row('EXT1', 2)],
  [0x83, row('EXT2', 2)],
  [0x84, row('EXT4', 2)],
  [0x85, row('TUPLE1', 2)],
  [0x86, row('TUPLE2', 2)],
  [0x87, row('TUPLE3', 2)],
  [0x88, row('NEWTRUE', 2)],
  [0x89, row('NEWFALSE', 2)],
  [0x8a, row('LONG1', 2)],
  [0x8b, row('LONG4', 2)],
  [0x8c, row('SHORT_BINUNICODE', 4)],
  [0x8d, row('BINUNICODE8', 4)],
  [0x8e, row('BINBYTES8', 4)],
  [0x8f, row('EMPTY_SET', 4)],
  [0x90, row('ADDITEMS', 4)],
  [0x91, row('FROZENSET', 4)],
  [0x92, row('NEWOBJ_EX', 4)],
  [0x93, row('STACK_GLOBAL', 4)],
  [0x94, row('MEMOIZE', 4)],
  [0x95, row('FRAME', 4)],
  [0x96, row('BYTEARRAY8', 5)],
  [0x97, row('NEXT_BUFFER', 5)],
  [0x98, row('READONLY_BUFFER', 5)],
]);

/** Bytes by name, for switches: a switch over numbers compiles to a jump table. */
export const OP = {
  MARK: 0x28, EMPTY_TUPLE: 0x29, STOP: 0x2e, POP: 0x30, POP_MARK: 0x31, DUP: 0x32, BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43, FLOAT: 0x46, BINFLOAT: 0x47, INT: 0x49, BININT: 0x4a, BININT1: 0x4b, LONG: 0x4c,
  BININT2: 0x4d, NONE: 0x4e, PERSID: 0x50, BINPERSID: 0x51, REDUCE: 0x52, STRING: 0x53, BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55, UNICODE: 0x56, BINUNICODE: 0x58, EMPTY_LIST: 0x5d, APPEND: 0x61, BUILD: 0x62, GLOBAL: 0x63,
  DICT: 0x64, APPENDS: 0x65, GET: 0x67, BINGET: 0x68, INST: 0x69, LONG_BINGET: 0x6a, LIST: 0x6c, OBJ: 0x6f, PUT: 0x70,
  BINPUT: 0x71, LONG_BINPUT: 0x72, SETITEM: 0x73, TUPLE: 0x74, SETITEMS: 0x75, EMPTY_DICT: 0x7d, PROTO: 0x80,
  NEWOBJ: 0x81, EXT1: 0x82, EXT2: 0x83, EXT4: 0x84, TUPLE1: 0x85, TUPLE2: 0x86, TUPLE3: 0x87, NEWTRUE: 0x88,
  NEWFALSE: 0x89, LONG1: 0x8a, LONG4: 0x8b, SHORT_BINUNICODE: 0x8c, BINUNICODE8: 0x8d, BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f, ADDITEMS: 0x90, FROZENSET: 0x91, NEWOBJ_EX: 0x92, STACK_GLOBAL: 0x93, MEMOIZE: 0x94, FRAME: 0x95,
  BYTEARRAY8: 0x96, NEXT_BUFFER: 0x97, READONLY_BUFFER: 0x98,
} as const;

/** Newest protocol there is (CPython 3.8 to 3.14). */
export const PROTOCOL_MAX: number = 5;
