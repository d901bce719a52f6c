/**
 * @module
 * What a pickle describes, as inert data. Nothing here stands for a live Python object: a class or function is a name,
 * a call is a record of what would have been called. The graph stays shared and may have cycles; walk it with a visited
 * set and without recursion.
 */

/** None, bool, int (a bigint beyond 2^53), str, and the classes below. */
export type Value = null | boolean | number | bigint | string
  | PyFloat | PyBytes | PyList | PyTuple | PyDict | PySet | PyGlobal | PyCall | PyPersistent;

/** Shared by every container that nothing was put into yet: a million empty lists cost no arrays. */
const NOTHING: Value[] = [];

/** A Python float. Ints are JavaScript numbers, so floats need a class of their own: `1` and `1.0` are told apart. */
export class PyFloat {
  readonly value: number;
  constructor(value: number) { this.value = value; }
}

/** bytes or bytearray. Long ones are only located, never read. */
export class PyBytes {
  /** Where the content lies in the source that was read. */
  readonly offset: number;
  readonly length: number;
  /** The content, or undefined when it is longer than BYTES_KEPT_MAX. */
  readonly data: Uint8Array | undefined;
  readonly mutable: boolean;
  constructor(offset: number, length: number, data: Uint8Array | undefined, mutable: boolean) {
    this.offset = offset;
    this.length = length;
    this.data = data;
    this.mutable = mutable;
  }
}

/** A list. */
export class PyList {
  items: Value[] = NOTHING;
  append(value: Value): void {
    if (this.items === NOTHING) this.items = [value];
    else this.items.push(value);
  }
}

/** A tuple. */
export class PyTuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) { this.items = items; }
}

/** A dict as it was written: pairs in order, keys not yet compared. `dictEntries` applies Python's equality. */
export class PyDict {
  keys: Value[] = NOTHING;
  values: Value[] = NOTHING;
  set(key: Value, value: Value): void {
    if (this.keys === NOTHING) {
      this.keys = [key];
      this.values = [value];
    } else {
      this.keys.push(key);
      this.values.push(value);
    }
  }
}

/** A set or frozenset as it was written. */
export class PySet {
  items: Value[];
  readonly frozen: boolean;
  constructor(items: Value[], frozen: boolean) {
    this.items = items;
    this.frozen = frozen;
  }
  add(value: Value): void { this.items.push(value); }
}

/** A class or function that is named. One object for each name of a pickle, as in Python. */
export class PyGlobal {
  /** Python 3 spelling. */
  readonly module: string;
  /** May be dotted from protocol 4 on. */
  readonly name: string;
  /** Byte offset of the opcode that named it first. */
  readonly offset: number;
  constructor(module: string, name: string, offset: number) {
    this.module = module;
    this.name = name;
    this.offset = offset;
  }
  /** `module.name`. */
  get path(): string { return `${this.module}.${this.name}`; }
}

/** How a call was asked for: REDUCE; NEWOBJ and NEWOBJ_EX; INST and OBJ. */
export type CallKind = 'call' | 'new' | 'instance';

/** What was done to the result of a call afterwards. */
export interface Additions {
  /** APPEND, APPENDS, ADDITEMS. */
  items?: Value[];
  /** SETITEM, SETITEMS, pairs in order. */
  pairs?: PyDict;
  /** BUILD; several in order. */
  states?: Value[];
}

/** A call that an unpickler would make. It is never made. */
export class PyCall {
  readonly kind: CallKind;
  readonly fn: Value;
  readonly args: Value;
  /** Byte offset of the opcode. */
  readonly offset: number;
  /** Keyword arguments of NEWOBJ_EX. */
  kwargs: Value | undefined = undefined;
  more: Additions | undefined = undefined;
  constructor(kind: CallKind, fn: Value, args: Value, offset: number) {
    this.kind = kind;
    this.fn = fn;
    this.args = args;
    this.offset = offset;
  }
  /** The path of a named function, or undefined. */
  get path(): string | undefined { return this.fn instanceof PyGlobal ? this.fn.path : undefined; }
  /** Positional arguments; empty when they are no tuple. */
  get arguments(): readonly Value[] { return this.args instanceof PyTuple ? this.args.items : NOTHING; }
  append(value: Value): void { ((this.more ??= {}).items ??= []).push(value); }
  set(key: Value, value: Value): void { ((this.more ??= {}).pairs ??= new PyDict()).set(key, value); }
  build(state: Value): void { ((this.more ??= {}).states ??= []).push(state); }
  /** The state of the last BUILD. */
  get state(): Value | undefined { return this.more?.states?.at(-1); }
}

/** Something that lies outside of the pickle; the loader resolves the id. */
export class PyPersistent {
  readonly id: Value;
  readonly offset: number;
  constructor(id: Value, offset: number) {
    this.id = id;
    this.offset = offset;
  }
}

/** Whether a value is the named class or function. */
export const isGlobal = (value: Value | undefined, path: string): value is PyGlobal => value instanceof PyGlobal && value.path === path;
