/**
 * @module
 * The pickle machine: all 68 opcodes, nothing imported, nothing called. It mirrors what CPython's unpickler does to the
 * stack and the memo, and builds a graph of inert values (`values.ts`). One pass, no recursion, bounded by the stream.
 */
import type { Code, Placeholders, ParameterValue, Place, Text } from '../../../findings/index.ts';
import type { Notes } from '../../notes.ts';
import { PICKLE_FRAME, PICKLE_LIMIT, PICKLE_MALFORMED, PICKLE_NAME_COMPUTED, PICKLE_ODD, PICKLE_PATCHES_GLOBAL, PICKLE_PROTOCOL, PICKLE_TRUNCATED, PICKLE_UNSUPPORTED } from './codes.ts';
import { BYTES_KEPT_MAX, GLOBALS_MAX, HEAP_BASE_BYTES, HEAP_PER_STREAM_BYTE, LINE_BYTES_MAX, LONG_BYTES_MAX, MARKS_MAX, SPARSE_MEMO_MAX, STACK_MAX, STREAM_BYTES_MAX, STRING_BYTES_MAX } from './limits.ts';
import { python3Name } from './names.ts';
import { OP, OPCODES, PROTOCOL_MAX } from './opcodes.ts';
import { decodeLong, decodeUtf8, parseFloat, parseInt, parseString, parseUnicode, decodeLatin1 } from './text.ts';
import { PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyList, PyPersistent, PySet, PyTuple, type CallKind, type Value } from './values.ts';
import type { Window } from './window.ts';

/**
 * Sees every opcode before it takes effect. `target` is the value it works on (below the mark for the plural ones; the
 * name for GLOBAL and INST; the persistent id), `argument` what it applies.
 */
export type Observer = (op: number, offset: number, target: Value | undefined, argument: Value | undefined) => void;

/** The stream cannot be followed any further; the finding was added. */
const BROKEN = Symbol('broken');
/** More of the stream is needed: `Machine.wanted` bytes from the start of the opcode. */
const REFILL = Symbol('refill');

/** Estimated bytes of one value of each kind on the heap (V8, 64 bit). */
const COST = { small: 48, tuple: 56, call: 72, item: 8, text: 32 } as const;

/** One run over one pickle. */
export class Machine {
  readonly #window: Window;
  readonly #start: number;
  readonly #notes: Notes;
  readonly #observe: Observer | undefined;
  /** Position in the window. */
  #at = 0;
  #opStart = 0;
  #op = 0;
  wanted = 0;
  #stack: Value[] = [];
  #marks: number[] = [];
  /** Stack height that the last MARK protects. */
  #fence = 0;
  #memo: Value[] = [];
  #sparse = new Map<number, Value>();
  #protocol = 0;
  #protoSeen = false;
  #frameEnd = 0;
  #heap = 0;
  /** Bytes that were located but not read. */
  #skipped = 0;
  readonly #globals = new Map<string, PyGlobal>();
  /** Every persistent id, in order, also those that the value does not hold. */
  readonly persistent: PyPersistent[] = [];
  /** Value that STOP took. */
  value: Value | undefined = undefined;

  constructor(window: Window, notes: Notes, observe?: Observer) {
    this.#window = window;
    this.#start = window.base;
    this.#notes = notes;
    this.#observe = observe;
  }

  /** Highest protocol announced. */
  get protocol(): number { return this.#protocol; }
  /** Every name met, in order. */
  get globals(): readonly PyGlobal[] { return [...this.#globals.values()]; }
  /** Offset in the source behind the last opcode that took effect. */
  get offset(): number { return this.#window.base + this.#at; }

  /** Runs on; `refill` asks for a larger window, then to be called again. */
  run(): 'stop' | 'broken' | 'refill' {
    this.#at = 0;
    try {
      for (;;) {
        this.#opStart = this.#at;
        if (this.#step()) {
          this.#straddles();
          return 'stop';
        }
        if (this.#frameEnd > 0) this.#straddles();
      }
    } catch (signal) {
      if (signal === REFILL) {
        this.#at = this.#opStart;
        return 'refill';
      }
      if (signal === BROKEN) return 'broken';
      throw signal;
    }
  }

  /** An opcode that begins inside a frame must end inside it. */
  #straddles(): void {
    const end = this.#frameEnd, { base } = this.#window;
    if (base + this.#at > end && base + this.#opStart < end) {
      this.#note(PICKLE_FRAME, { problem: { en: `ends inside ${this.#name}`, zh: `在 ${this.#name} 中间结束` } });
      this.#frameEnd = 0;
    }
  }

  get #name(): string { return OPCODES.get(this.#op)?.name ?? `opcode 0x${this.#op.toString(16).padStart(2, '0')}`; }

  #note<M extends string>(code: Code<M>, parameters: Readonly<Record<Exclude<Placeholders<M>, 'file' | 'offset'>, ParameterValue>>, place: Place = {}): void {
    const offset = this.#window.base + this.#opStart;
    this.#notes.add(code as Code, { offset, ...parameters } as Record<string, ParameterValue> as never, { offset, ...place });
  }
  #malformed(en: string, zh: string): never {
    this.#note(PICKLE_MALFORMED, { opcode: this.#name, problem: { en, zh } });
    throw BROKEN;
  }
  #limit(en: string, zh: string): never {
    this.#note(PICKLE_LIMIT, { problem: { en, zh } });
    throw BROKEN;
  }
  #odd(en: string, zh: string): void {
    this.#note(PICKLE_ODD, { opcode: this.#name, problem: { en, zh } });
  }

  /** Makes sure that `count` more bytes can be read. */
  #need(count: number): void {
    const { bytes, base, end } = this.#window;
    if (this.#at + count <= bytes.length) return;
    if (!(base + this.#at + count <= end)) {
      this.#note(PICKLE_TRUNCATED, { opcode: this.#name });
      throw BROKEN;
    }
    this.wanted = this.#at + count - this.#opStart;
    throw REFILL;
  }
  #u8(): number { this.#need(1); return this.#window.bytes[this.#at++]!; }
  #u16(): number { this.#need(2); this.#at += 2; return this.#window.view.getUint16(this.#at - 2, true); }
  #u32(): number { this.#need(4); this.#at += 4; return this.#window.view.getUint32(this.#at - 4, true); }
  #i32(): number { this.#need(4); this.#at += 4; return this.#window.view.getInt32(this.#at - 4, true); }
  #u64(): number { this.#need(8); this.#at += 8; return Number(this.#window.view.getBigUint64(this.#at - 8, true)); }

  /** A signed length; negative ones are malformed. */
  #length(): number {
    const length = this.#i32();
    return length < 0 ? this.#malformed('has a negative length', '的长度为负') : length;
  }
  #slice(length: number): Uint8Array {
    if (length > STRING_BYTES_MAX && this.offset + length <= this.#window.end) this.#limit(`has a string of ${length} bytes`, `含有 ${length} 字节的字符串`);
    this.#need(length);
    this.#at += length;
    return this.#window.bytes.subarray(this.#at - length, this.#at);
  }
  #line(): Uint8Array {
    const { bytes, base, end } = this.#window;
    const newline = bytes.indexOf(0x0a, this.#at);
    if (newline >= 0) {
      const line = bytes.subarray(this.#at, newline);
      this.#at = newline + 1;
      if (line.length > LINE_BYTES_MAX) this.#limit('has a line of text without end', '含有没有尽头的文本行');
      return line;
    }
    if (bytes.length - this.#at > LINE_BYTES_MAX) this.#limit('has a line of text without end', '含有没有尽头的文本行');
    if (base + bytes.length >= end) {
      this.#note(PICKLE_TRUNCATED, { opcode: this.#name });
      throw BROKEN;
    }
    this.wanted = bytes.length - this.#opStart + LINE_BYTES_MAX;
    throw REFILL;
  }
  #utf8(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes) ?? this.#malformed('is not UTF-8', '不是 UTF-8');
    if (text.odd) this.#odd('has half a surrogate pair', '含有不成对的代理项');
    return text.value;
  }
  /** A Python 2 string: torch reads them as UTF-8; what is none stays bytes. */
  #python2(bytes: Uint8Array, offset: number): Value {
    return decodeUtf8(bytes)?.value ?? new PyBytes(offset, bytes.length, bytes, false);
  }
  /** Content of bytes, which a long one keeps in the file. */
  #bytes(length: number, mutable = false): PyBytes {
    const offset = this.offset;
    if (length <= BYTES_KEPT_MAX) return new PyBytes(offset, length, this.#slice(length), mutable);
    if (!(offset + length <= this.#window.end)) this.#need(length);
    this.#skipped += length;
    this.#at += length; // May lie behind the window; the next #need moves it.
    return new PyBytes(offset, length, undefined, mutable);
  }

  #push(value: Value, cost: number): void {
    this.#stack.push(value);
    this.#heap += cost + COST.item;
  }
  #pop(): Value {
    if (this.#stack.length <= this.#fence) this.#malformed('finds nothing on the stack', '在栈上找不到操作数');
    return this.#stack.pop()!;
  }
  #top(): Value {
    if (this.#stack.length <= this.#fence) this.#malformed('finds nothing on the stack', '在栈上找不到操作数');
    return this.#stack[this.#stack.length - 1]!;
  }
  /** Takes everything above the last MARK, and the MARK. */
  #toMark(): Value[] {
    if (this.#marks.length === 0) this.#malformed('finds no MARK', '找不到 MARK');
    const taken = this.#stack.splice(this.#marks.pop()!);
    this.#fence = this.#marks.at(-1) ?? 0;
    return taken;
  }

  #name3(module: string, name: string): PyGlobal {
    // The C unpickler translates for every protocol below 3, also after a late PROTO.
    if (this.#protocol < 3) [module, name] = python3Name(module, name);
    const key = `${module}\n${name}`;
    let known = this.#globals.get(key);
    if (known === undefined) {
      if (this.#globals.size >= GLOBALS_MAX) this.#limit('names too many classes and functions', '提到的类和函数过多');
      known = new PyGlobal(module, name, this.#window.base + this.#opStart);
      this.#globals.set(key, known);
      this.#heap += 2 * (module.length + name.length) + COST.call;
    }
    return known;
  }
  #put(index: number): void {
    const value = this.#top(), memo = this.#memo;
    if (index < memo.length) memo[index] = value;
    else if (index === memo.length && !this.#sparse.has(index)) memo.push(value);
    else {
      if (this.#sparse.size >= SPARSE_MEMO_MAX) this.#limit('scatters its memo', '的备忘录过于分散');
      this.#sparse.set(index, value);
      this.#heap += COST.small;
    }
    this.#heap += COST.item;
  }
  #get(index: number): void {
    const value = index < this.#memo.length ? this.#memo[index] : this.#sparse.get(index);
    if (value === undefined) this.#malformed(`asks for memo entry ${index}, which was never stored`, `读取从未存入的备忘录条目 ${index}`);
    this.#push(value, 0);
  }
  #index(): number {
    const index = parseInt(decodeLatin1(this.#line()), false);
    return typeof index?.value === 'number' && index.value >= 0 ? index.value : this.#malformed('has no valid index', '的索引无效');
  }
  #persistent(id: Value): void {
    const made = new PyPersistent(id, this.#window.base + this.#opStart);
    this.persistent.push(made);
    this.#push(made, COST.small + COST.item);
  }
  #call(kind: CallKind, fn: Value, args: Value): PyCall {
    if (!(fn instanceof PyGlobal || fn instanceof PyCall || fn instanceof PyPersistent)) this.#malformed('calls something that is no class or function', '调用了既不是类也不是函数的东西');
    if (!(args instanceof PyTuple)) this.#note(PICKLE_MALFORMED, { opcode: this.#name, problem: { en: 'has arguments that are no tuple', zh: '的参数不是元组' } });
    return new PyCall(kind, fn, args, this.#window.base + this.#opStart);
  }
  #key(key: Value): Value {
    return key instanceof PyList || key instanceof PyDict || (key instanceof PySet && !key.frozen) || (key instanceof PyBytes && key.mutable)
      ? this.#malformed('uses a key that cannot be hashed', '使用了不可哈希的键') : key;
  }
  #setAll(target: Value, items: readonly Value[]): void {
    if (!(target instanceof PyDict || target instanceof PyCall)) this.#malformed('sets items of something that is no dict', '为不是 dict 的对象设置条目');
    if (items.length % 2 !== 0) this.#malformed('has a key without a value', '有键无值');
    for (let i = 0; i < items.length; i += 2) target.set(this.#key(items[i]!), items[i + 1]!);
    this.#heap += items.length * COST.item;
  }
  #appendAll(target: Value, items: readonly Value[]): void {
    if (!(target instanceof PyList || target instanceof PyCall)) this.#malformed('appends to something that is no list', '向不是 list 的对象追加');
    for (const item of items) target.append(item);
    this.#heap += items.length * COST.item;
  }
  /** What the last MARK lies on: the list or dict that the items above it go to. */
  #belowMark(): Value | undefined {
    const mark = this.#marks.at(-1);
    return mark === undefined ? undefined : this.#stack[mark - 1];
  }

  /** One opcode; true after STOP. Arguments are read before the stack is touched, so that an opcode can be tried again. */
  #step(): boolean {
    const window = this.#window, stack = this.#stack;
    if (this.#at >= window.bytes.length) {
      this.#op = OP.STOP;
      this.#need(1);
    }
    const op = window.bytes[this.#at++]!;
    this.#op = op;
    if (this.#heap > HEAP_BASE_BYTES + HEAP_PER_STREAM_BYTE * (this.offset - this.#start)) this.#limit('grows far beyond its own size', '展开后远大于自身');
    if (this.#observe !== undefined && op !== OP.GLOBAL && op !== OP.INST && op !== OP.PERSID) this.#tell(op);
    switch (op) {
      case OP.PROTO: this.#proto(this.#u8()); break;
      case OP.FRAME: this.#frame(this.#u64()); break;
      case OP.STOP: {
        this.value = this.#pop();
        if (stack.length > 0 || this.#marks.length > 0) this.#odd('leaves other values on the stack', '在栈上留下了其他值');
        return true;
      }
      case OP.NONE: this.#push(null, 0); break;
      case OP.NEWTRUE: this.#push(true, 0); break;
      case OP.NEWFALSE: this.#push(false, 0); break;
      case OP.BININT: this.#push(this.#i32(), COST.item); break;
      case OP.BININT1: this.#push(this.#u8(), 0); break;
      case OP.BININT2: this.#push(this.#u16(), 0); break;
      case OP.INT: case OP.LONG: {
        const line = this.#line(), text = decodeLatin1(line);
        const number = parseInt(op === OP.LONG ? text.replace(/L$/, '') : text, op === OP.INT) ?? this.#malformed('has no valid number', '的数字无效');
        if (number.odd) this.#odd('has a number in an unusual notation', '的数字写法不寻常');
        this.#push(number.value, COST.small);
        break;
      }
      case OP.LONG1: case OP.LONG4: {
        const length = op === OP.LONG1 ? this.#u8() : this.#length();
        if (length > LONG_BYTES_MAX) this.#limit(`has an integer of ${length} bytes`, `含有 ${length} 字节的整数`);
        this.#push(decodeLong(this.#slice(length)), COST.small + length);
        break;
      }
      case OP.FLOAT: {
        const number = parseFloat(decodeLatin1(this.#line())) ?? this.#malformed('has no valid number', '的数字无效');
        if (number.odd) this.#odd('has a number in an unusual notation', '的数字写法不寻常');
        this.#push(new PyFloat(number.value), COST.small);
        break;
      }
      case OP.BINFLOAT: this.#need(8); this.#at += 8; this.#push(new PyFloat(window.view.getFloat64(this.#at - 8, false)), COST.small); break;

      case OP.STRING: {
        const at = this.offset, text = parseString(this.#line()) ?? this.#malformed('is no quoted string', '不是带引号的字符串');
        this.#push(this.#python2(text, at), COST.text + text.length);
        break;
      }
      case OP.BINSTRING: case OP.SHORT_BINSTRING: {
        const length = op === OP.BINSTRING ? this.#length() : this.#u8();
        this.#push(this.#python2(this.#slice(length), this.offset - length), COST.text + length);
        break;
      }
      case OP.UNICODE: {
        const line = this.#line();
        this.#push(parseUnicode(line) ?? this.#malformed('has a broken escape', '的转义已损坏'), COST.text + line.length);
        break;
      }
      case OP.SHORT_BINUNICODE: case OP.BINUNICODE: case OP.BINUNICODE8: {
        const length = op === OP.BINUNICODE ? this.#u32() : op === OP.SHORT_BINUNICODE ? this.#u8() : this.#u64();
        this.#push(this.#utf8(this.#slice(length)), COST.text + length);
        break;
      }
      case OP.SHORT_BINBYTES: this.#push(this.#bytes(this.#u8()), COST.call); break;
      case OP.BINBYTES: this.#push(this.#bytes(this.#u32()), COST.call); break;
      case OP.BINBYTES8: this.#push(this.#bytes(this.#u64()), COST.call); break;
      case OP.BYTEARRAY8: this.#push(this.#bytes(this.#u64(), true), COST.call); break;
      case OP.NEXT_BUFFER:
        this.#note(PICKLE_UNSUPPORTED, { opcode: this.#name });
        this.#persistent(null);
        break;
      case OP.READONLY_BUFFER: this.#top(); break;

      case OP.MARK:
        if (this.#marks.length >= MARKS_MAX) this.#limit('is nested too deeply', '嵌套过深');
        this.#marks.push(stack.length);
        this.#fence = stack.length;
        this.#heap += COST.item;
        break;
      case OP.POP:
        if (stack.length === this.#fence && this.#marks.length > 0) this.#toMark();
        else this.#pop();
        break;
      case OP.POP_MARK: this.#toMark(); break;
      case OP.DUP: this.#push(this.#top(), 0); break;
      case OP.EMPTY_TUPLE: this.#push(new PyTuple([]), COST.small); break;
      case OP.EMPTY_LIST: this.#push(new PyList(), COST.small); break;
      case OP.EMPTY_DICT: this.#push(new PyDict(), COST.small); break;
      case OP.EMPTY_SET: this.#push(new PySet([], false), COST.small); break;
      case OP.TUPLE1: this.#push(new PyTuple([this.#pop()]), COST.tuple); break;
      case OP.TUPLE2: {
        const b = this.#pop(), a = this.#pop();
        this.#push(new PyTuple([a, b]), COST.tuple);
        break;
      }
      case OP.TUPLE3: {
        const c = this.#pop(), b = this.#pop(), a = this.#pop();
        this.#push(new PyTuple([a, b, c]), COST.tuple);
        break;
      }
      case OP.TUPLE: {
        const items = this.#toMark();
        this.#push(new PyTuple(items), COST.tuple + items.length * COST.item);
        break;
      }
      case OP.LIST: {
        const list = new PyList(), items = this.#toMark();
        if (items.length > 0) list.items = items;
        this.#push(list, COST.tuple + items.length * COST.item);
        break;
      }
      case OP.DICT: {
        const dict = new PyDict();
        this.#setAll(dict, this.#toMark());
        this.#push(dict, COST.tuple);
        break;
      }
      case OP.FROZENSET: {
        const items = this.#toMark();
        this.#push(new PySet(items, true), COST.tuple + items.length * COST.item);
        break;
      }
      case OP.APPEND: {
        const value = this.#pop();
        this.#appendAll(this.#top(), [value]);
        break;
      }
      case OP.APPENDS: {
        const items = this.#toMark();
        this.#appendAll(this.#top(), items);
        break;
      }
      case OP.SETITEM: {
        const value = this.#pop(), key = this.#pop();
        this.#setAll(this.#top(), [key, value]);
        break;
      }
      case OP.SETITEMS: {
        const items = this.#toMark();
        this.#setAll(this.#top(), items);
        break;
      }
      case OP.ADDITEMS: {
        const items = this.#toMark(), target = this.#top();
        if (target instanceof PySet && !target.frozen) for (const item of items) target.add(this.#key(item));
        else if (target instanceof PyCall) for (const item of items) target.append(item);
        else this.#malformed('adds to something that is no set', '向不是 set 的对象添加');
        this.#heap += items.length * COST.item;
        break;
      }

      case OP.PUT: this.#put(this.#index()); break;
      case OP.BINPUT: this.#put(this.#u8()); break;
      case OP.LONG_BINPUT: this.#put(this.#u32()); break;
      case OP.MEMOIZE: this.#put(this.#memo.length + this.#sparse.size); break;
      case OP.GET: this.#get(this.#index()); break;
      case OP.BINGET: this.#get(this.#u8()); break;
      case OP.LONG_BINGET: this.#get(this.#u32()); break;

      case OP.GLOBAL: case OP.INST: {
        const module = this.#line(), name = this.#line();
        const global = this.#name3(this.#utf8(module), this.#utf8(name));
        this.#observe?.(op, window.base + this.#opStart, global, undefined);
        this.#push(op === OP.GLOBAL ? global : this.#call('instance', global, new PyTuple(this.#toMark())), COST.call);
        break;
      }
      case OP.STACK_GLOBAL: {
        const name = this.#pop(), module = this.#pop();
        if (typeof name === 'string' && typeof module === 'string') this.#push(this.#name3(module, name), 0);
        else {
          const what = (value: Value) => (value instanceof PyCall ? `${value.path ?? 'a call'}(…)` : value === null ? 'None' : value instanceof PyBytes ? 'bytes' : typeof value);
          this.#note(PICKLE_NAME_COMPUTED, { found: `${what(module)}, ${what(name)}` });
          this.#push(new PyCall('call', null, new PyTuple([module, name]), window.base + this.#opStart), COST.call);
        }
        break;
      }
      case OP.EXT1: case OP.EXT2: case OP.EXT4: {
        const code = op === OP.EXT1 ? this.#u8() : op === OP.EXT2 ? this.#u16() : this.#u32();
        this.#note(PICKLE_UNSUPPORTED, { opcode: this.#name });
        this.#push(this.#name3('copyreg', `extension ${code}`), 0);
        break;
      }
      case OP.REDUCE: {
        const args = this.#pop(), fn = this.#pop();
        this.#push(this.#call('call', fn, args), COST.call);
        break;
      }
      case OP.NEWOBJ: {
        const args = this.#pop(), cls = this.#pop();
        this.#push(this.#call('new', cls, args), COST.call);
        break;
      }
      case OP.NEWOBJ_EX: {
        const kwargs = this.#pop(), args = this.#pop(), cls = this.#pop(), made = this.#call('new', cls, args);
        made.kwargs = kwargs;
        this.#push(made, COST.call);
        break;
      }
      case OP.OBJ: {
        const [cls, ...args] = this.#toMark();
        if (cls === undefined) this.#malformed('has no class', '没有类');
        this.#push(this.#call('instance', cls, new PyTuple(args)), COST.call + args.length * COST.item);
        break;
      }
      case OP.BUILD: {
        const state = this.#pop(), target = this.#top();
        if (target instanceof PyCall) {
          target.build(state);
          this.#heap += COST.small;
        } else if (target instanceof PyGlobal) this.#note(PICKLE_PATCHES_GLOBAL, { name: target.path });
        else this.#malformed('sets attributes of a plain value', '为普通值设置属性');
        break;
      }
      case OP.PERSID: {
        const id = this.#line();
        this.#note(PICKLE_UNSUPPORTED, { opcode: this.#name });
        this.#persistent(decodeLatin1(id));
        break;
      }
      case OP.BINPERSID: this.#persistent(this.#pop()); break;
      default: this.#malformed('does not exist', '不存在');
    }
    if (stack.length > STACK_MAX) this.#limit('fills its stack', '占满了栈');
    if (this.offset - this.#start - this.#skipped > STREAM_BYTES_MAX) this.#limit(`is longer than ${STREAM_BYTES_MAX} bytes`, `超过 ${STREAM_BYTES_MAX} 字节`);
    return false;
  }

  #tell(op: number): void {
    const stack = this.#stack, argument = stack.at(-1), offset = this.#window.base + this.#opStart;
    const plural = op === OP.SETITEMS || op === OP.APPENDS || op === OP.ADDITEMS;
    this.#observe!(op, offset, plural ? this.#belowMark() : op === OP.SETITEM ? stack.at(-3) : op === OP.BINPERSID ? argument : stack.at(-2), argument);
  }

  #proto(protocol: number): void {
    const place = this.#window.base + this.#opStart;
    const say = (en: string, zh: string, severity: 'error' | 'warning') => this.#note(PICKLE_PROTOCOL, { protocol, problem: { en, zh } }, { severity });
    if (protocol > PROTOCOL_MAX) say('does not exist', '不存在', 'error');
    else if (this.#protoSeen) say('comes a second time', '第二次出现', 'warning');
    else if (place !== this.#start) say('comes in the middle of the stream', '出现在数据流中间', 'warning');
    this.#protoSeen = true;
    this.#protocol = protocol;
  }

  #frame(length: number): void {
    const { base, end } = this.#window, start = base + this.#at;
    const say = (problem: Text) => this.#note(PICKLE_FRAME, { problem });
    if (start < this.#frameEnd) say({ en: 'begins inside another frame', zh: '开始于另一个帧之内' });
    if (start + length > end) say({ en: 'ends outside of the data', zh: '超出了数据末尾' });
    this.#frameEnd = Math.min(start + length, end);
  }
}
