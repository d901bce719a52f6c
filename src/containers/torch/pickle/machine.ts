/**
 * @module
 * The pickle machine: all 68 opcodes, nothing imported, nothing called. It mirrors what CPython's unpickler does to the
 * stack and the memo, and builds a graph of inert values (`values.ts`). One pass, no recursion, bounded by the stream.
 */
import type { Text } from '../../../findings/index.ts';
import type { Notes } from '../../notes.ts';
import { PICKLE_FRAME, PICKLE_MALFORMED, PICKLE_NAME_COMPUTED, PICKLE_PATCHES_GLOBAL, PICKLE_PROTOCOL, PICKLE_UNSUPPORTED } from './codes.ts';
import { GLOBALS_MAX, HEAP_BASE_BYTES, HEAP_PER_STREAM_BYTE, LONG_BYTES_MAX, MARKS_MAX, STACK_MAX, STREAM_BYTES_MAX } from './limits.ts';
import { Memo } from './memo.ts';
import { python3Name } from './names.ts';
import { OP, PROTOCOL_MAX } from './opcodes.ts';
import { BROKEN, OpcodeStream, REFILL } from './stream.ts';
import { decodeLatin1, decodeLong, parseFloat, parseInt, parseString, parseUnicode } from './text.ts';
import { PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyList, PyPersistent, PySet, PyTuple, type CallKind, type Value } from './values.ts';
import type { Window } from './window.ts';

/**
 * Sees every opcode before it takes effect. `target` is the value it works on (below the mark for the plural ones; the
 * name for GLOBAL and INST; the persistent id), `argument` what it applies.
 */
export type Observer = (op: number, offset: number, target: Value | undefined, argument: Value | undefined) => void;

/** Estimated bytes of one value of each kind on the heap (V8, 64 bit). */
const COST = { small: 48, tuple: 56, call: 72, item: 8, text: 32 } as const;

/** Opcodes with long arguments, which picklers write between frames (Lib/pickle.py, `_Framer.write_large_bytes`). */
const LARGE: ReadonlySet<number> = /* @__PURE__ */ new Set([OP.FRAME, OP.BINBYTES, OP.BINBYTES8, OP.BYTEARRAY8, OP.BINUNICODE, OP.BINUNICODE8]);
/** The end of a pickle goes without a frame when it is shorter (`_FRAME_SIZE_MIN`). */
const FRAME_BYTES_MIN = 4;

/** Opcodes between two looks at the limits. */
const CHECK_EVERY = 256;

/** One run over one pickle. */
export class Machine extends OpcodeStream {
  readonly #observe: Observer | undefined;
  #stack: Value[] = [];
  #marks: number[] = [];
  /** Stack height that the last MARK protects. */
  #fence = 0;
  readonly #memo = new Memo();
  #protocol = 0;
  #protoSeen = false;
  #frameEnd = 0;
  /** Bytes of opcodes behind the end of a frame. */
  #unframed = 0;
  #heap = 0;
  readonly #globals = new Map<string, PyGlobal>();
  /** Every persistent id, in order, also those that the value does not hold. */
  readonly persistent: PyPersistent[] = [];
  /** Every call that was asked for, in order, also those whose result was dropped. */
  readonly calls: PyCall[] = [];
  /** Value that STOP took. */
  value: Value | undefined = undefined;

  constructor(window: Window, notes: Notes, observe?: Observer) {
    super(window, notes);
    this.#observe = observe;
  }

  /** Highest protocol announced. */
  get protocol(): number { return this.#protocol; }
  /** Every name met, in order. */
  get globals(): readonly PyGlobal[] { return [...this.#globals.values()]; }

  /** Runs on; `refill` asks for a larger window, then to be called again. */
  run(): 'stop' | 'broken' | 'refill' {
    this.at = 0;
    try {
      for (let count = 1; ; count++) {
        this.opStart = this.at;
        if (count % CHECK_EVERY === 0) this.#checkLimits();
        const stopped = this.#step();
        if (this.#frameEnd > 0) this.#checkFrame(stopped);
        if (stopped) return 'stop';
      }
    } catch (signal) {
      if (signal === REFILL) {
        this.at = this.opStart;
        return 'refill';
      }
      if (signal === BROKEN) return 'broken';
      throw signal;
    }
  }

  /** An opcode that begins inside a frame must end inside it, and behind a frame comes another one. */
  #checkFrame(stopped: boolean): void {
    const end = this.#frameEnd, begin = this.place, behind = this.offset;
    if (behind > end && begin < end) {
      this.note(PICKLE_FRAME, { problem: { en: `ends inside ${this.name}`, zh: `在 ${this.name} 中间结束` } });
      this.#frameEnd = 0;
    } else if (begin >= end && !LARGE.has(this.op)) this.#unframed += behind - begin;
    if (stopped && this.#unframed >= FRAME_BYTES_MIN) this.note(PICKLE_FRAME, { problem: { en: 'ends too early', zh: '结束得过早' } }, { severity: 'warning' });
  }

  #push(value: Value, cost: number): void {
    this.#stack.push(value);
    this.#heap += cost + COST.item;
  }
  #pop(): Value {
    if (this.#stack.length <= this.#fence) this.malformed('finds nothing on the stack', '在栈上找不到操作数');
    return this.#stack.pop()!;
  }
  #top(): Value {
    if (this.#stack.length <= this.#fence) this.malformed('finds nothing on the stack', '在栈上找不到操作数');
    return this.#stack[this.#stack.length - 1]!;
  }
  /** Takes everything above the last MARK, and the MARK. */
  #toMark(): Value[] {
    if (this.#marks.length === 0) this.malformed('finds no MARK', '找不到 MARK');
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
      if (this.#globals.size >= GLOBALS_MAX) this.limit('names too many classes and functions', '提到的类和函数过多');
      known = new PyGlobal(module, name, this.place);
      this.#globals.set(key, known);
      this.#heap += 2 * (module.length + name.length) + COST.call;
    }
    return known;
  }
  #put(index: number): void {
    if (!this.#memo.put(index, this.#top())) this.limit('scatters its memo', '的备忘录过于分散');
    this.#heap += COST.item;
  }
  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.malformed(`asks for memo entry ${index}, which was never stored`, `读取从未存入的备忘录条目 ${index}`);
    this.#push(value, 0);
  }
  #index(): number {
    const index = parseInt(decodeLatin1(this.line()), false);
    return typeof index?.value === 'number' && index.value >= 0 ? index.value : this.malformed('has no valid index', '的索引无效');
  }
  #persistent(id: Value): void {
    const made = new PyPersistent(id, this.place);
    this.persistent.push(made);
    this.#push(made, COST.small + COST.item);
  }
  #call(kind: CallKind, fn: Value, args: Value): PyCall {
    if (!(fn instanceof PyGlobal || fn instanceof PyCall || fn instanceof PyPersistent)) this.malformed('calls something that is no class or function', '调用了既不是类也不是函数的东西');
    if (!(args instanceof PyTuple)) this.note(PICKLE_MALFORMED, { opcode: this.name, problem: { en: 'has arguments that are no tuple', zh: '的参数不是元组' } });
    const call = new PyCall(kind, fn, args, this.place);
    this.calls.push(call);
    return call;
  }
  #key(key: Value): Value {
    return key instanceof PyList || key instanceof PyDict || (key instanceof PySet && !key.frozen) || (key instanceof PyBytes && key.mutable)
      ? this.malformed('uses a key that cannot be hashed', '使用了不可哈希的键') : key;
  }
  #setAll(target: Value, items: readonly Value[]): void {
    if (!(target instanceof PyDict || target instanceof PyCall)) this.malformed('sets items of something that is no dict', '为不是 dict 的对象设置条目');
    if (items.length % 2 !== 0) this.malformed('has a key without a value', '有键无值');
    for (let i = 0; i < items.length; i += 2) target.set(this.#key(items[i]!), items[i + 1]!);
    this.#heap += items.length * COST.item;
  }
  #appendAll(target: Value, items: readonly Value[]): void {
    if (!(target instanceof PyList || target instanceof PyCall)) this.malformed('appends to something that is no list', '向不是 list 的对象追加');
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
    const window = this.window, stack = this.#stack;
    if (this.at >= window.bytes.length) {
      this.op = OP.STOP;
      this.need(1);
    }
    const op = window.bytes[this.at++]!;
    this.op = op;
    if (this.#observe !== undefined && op !== OP.GLOBAL && op !== OP.INST && op !== OP.PERSID) this.#tell(op);
    switch (op) {
      case OP.PROTO: this.#proto(this.u8()); break;
      case OP.FRAME: this.#frame(this.u64()); break;
      case OP.STOP: {
        this.value = this.#pop();
        if (stack.length > 0 || this.#marks.length > 0) this.odd('leaves other values on the stack', '在栈上留下了其他值');
        return true;
      }
      case OP.NONE: this.#push(null, 0); break;
      case OP.NEWTRUE: this.#push(true, 0); break;
      case OP.NEWFALSE: this.#push(false, 0); break;
      case OP.BININT: this.#push(this.i32(), COST.item); break;
      case OP.BININT1: this.#push(this.u8(), 0); break;
      case OP.BININT2: this.#push(this.u16(), 0); break;
      case OP.INT: case OP.LONG: {
        const line = this.line(), text = decodeLatin1(line);
        const number = parseInt(op === OP.LONG ? text.replace(/L$/, '') : text, op === OP.INT) ?? this.malformed('has no valid number', '的数字无效');
        if (number.odd) this.odd('has a number in an unusual notation', '的数字写法不寻常');
        this.#push(number.value, COST.small);
        break;
      }
      case OP.LONG1: case OP.LONG4: {
        const length = op === OP.LONG1 ? this.u8() : this.length();
        if (length > LONG_BYTES_MAX) this.limit(`has an integer of ${length} bytes`, `含有 ${length} 字节的整数`);
        this.#push(decodeLong(this.slice(length)), COST.small + length);
        break;
      }
      case OP.FLOAT: {
        const number = parseFloat(decodeLatin1(this.line())) ?? this.malformed('has no valid number', '的数字无效');
        if (number.odd) this.odd('has a number in an unusual notation', '的数字写法不寻常');
        this.#push(new PyFloat(number.value), COST.small);
        break;
      }
      case OP.BINFLOAT: this.need(8); this.at += 8; this.#push(new PyFloat(window.view.getFloat64(this.at - 8, false)), COST.small); break;

      case OP.STRING: {
        const at = this.offset, text = parseString(this.line()) ?? this.malformed('is no quoted string', '不是带引号的字符串');
        this.#push(this.python2(text, at), COST.text + text.length);
        break;
      }
      case OP.BINSTRING: case OP.SHORT_BINSTRING: {
        const length = op === OP.BINSTRING ? this.length() : this.u8();
        this.#push(this.python2(this.slice(length), this.offset - length), COST.text + length);
        break;
      }
      case OP.UNICODE: {
        const line = this.line();
        this.#push(parseUnicode(line) ?? this.malformed('has a broken escape', '的转义已损坏'), COST.text + line.length);
        break;
      }
      case OP.SHORT_BINUNICODE: case OP.BINUNICODE: case OP.BINUNICODE8: {
        const length = op === OP.BINUNICODE ? this.u32() : op === OP.SHORT_BINUNICODE ? this.u8() : this.u64();
        this.#push(this.utf8(this.slice(length)), COST.text + length);
        break;
      }
      case OP.SHORT_BINBYTES: this.#push(this.bytes(this.u8()), COST.call); break;
      case OP.BINBYTES: this.#push(this.bytes(this.u32()), COST.call); break;
      case OP.BINBYTES8: this.#push(this.bytes(this.u64()), COST.call); break;
      case OP.BYTEARRAY8: this.#push(this.bytes(this.u64(), true), COST.call); break;
      case OP.NEXT_BUFFER:
        this.note(PICKLE_UNSUPPORTED, { opcode: this.name });
        this.#persistent(null);
        break;
      case OP.READONLY_BUFFER: this.#top(); break;

      case OP.MARK:
        if (this.#marks.length >= MARKS_MAX) this.limit('is nested too deeply', '嵌套过深');
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
        else this.malformed('adds to something that is no set', '向不是 set 的对象添加');
        this.#heap += items.length * COST.item;
        break;
      }

      case OP.PUT: this.#put(this.#index()); break;
      case OP.BINPUT: this.#put(this.u8()); break;
      case OP.LONG_BINPUT: this.#put(this.u32()); break;
      case OP.MEMOIZE: this.#put(this.#memo.size); break;
      case OP.GET: this.#get(this.#index()); break;
      case OP.BINGET: this.#get(this.u8()); break;
      case OP.LONG_BINGET: this.#get(this.u32()); break;

      case OP.GLOBAL: case OP.INST: {
        const module = this.line(), name = this.line();
        const global = this.#name3(this.utf8(module), this.utf8(name));
        this.#observe?.(op, this.place, global, undefined);
        this.#push(op === OP.GLOBAL ? global : this.#call('instance', global, new PyTuple(this.#toMark())), COST.call);
        break;
      }
      case OP.STACK_GLOBAL: {
        const name = this.#pop(), module = this.#pop();
        if (typeof name === 'string' && typeof module === 'string') this.#push(this.#name3(module, name), 0);
        else {
          const what = (value: Value) => (value instanceof PyCall ? `${value.path ?? 'a call'}(…)` : value === null ? 'None' : value instanceof PyBytes ? 'bytes' : typeof value);
          this.note(PICKLE_NAME_COMPUTED, { found: `${what(module)}, ${what(name)}` });
          this.#push(new PyCall('call', null, new PyTuple([module, name]), this.place), COST.call);
        }
        break;
      }
      case OP.EXT1: case OP.EXT2: case OP.EXT4: {
        const code = op === OP.EXT1 ? this.u8() : op === OP.EXT2 ? this.u16() : this.u32();
        this.note(PICKLE_UNSUPPORTED, { opcode: this.name });
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
        if (cls === undefined) this.malformed('has no class', '没有类');
        this.#push(this.#call('instance', cls, new PyTuple(args)), COST.call + args.length * COST.item);
        break;
      }
      case OP.BUILD: {
        const state = this.#pop(), target = this.#top();
        if (target instanceof PyCall) {
          target.build(state);
          this.#heap += COST.small;
        } else if (target instanceof PyGlobal) this.note(PICKLE_PATCHES_GLOBAL, { name: target.path });
        else this.malformed('sets attributes of a plain value', '为普通值设置属性');
        break;
      }
      case OP.PERSID: {
        const id = this.line();
        this.note(PICKLE_UNSUPPORTED, { opcode: this.name });
        this.#persistent(decodeLatin1(id));
        break;
      }
      case OP.BINPERSID: this.#persistent(this.#pop()); break;
      default: this.malformed('does not exist', '不存在');
    }
    return false;
  }

  /** Limits that need not be looked at every time. */
  #checkLimits(): void {
    const read = this.offset - this.start - this.skipped;
    if (this.#heap > HEAP_BASE_BYTES + HEAP_PER_STREAM_BYTE * read) this.limit('grows far beyond its own size', '展开后远大于自身');
    if (this.#stack.length > STACK_MAX) this.limit('fills its stack', '占满了栈');
    if (read > STREAM_BYTES_MAX) this.limit(`is longer than ${STREAM_BYTES_MAX} bytes`, `超过 ${STREAM_BYTES_MAX} 字节`);
  }

  #tell(op: number): void {
    const stack = this.#stack, argument = stack.at(-1), offset = this.place;
    const plural = op === OP.SETITEMS || op === OP.APPENDS || op === OP.ADDITEMS;
    this.#observe!(op, offset, plural ? this.#belowMark() : op === OP.SETITEM ? stack.at(-3) : op === OP.BINPERSID ? argument : stack.at(-2), argument);
  }

  #proto(protocol: number): void {
    const place = this.place;
    const say = (en: string, zh: string, severity: 'error' | 'warning') => this.note(PICKLE_PROTOCOL, { protocol, problem: { en, zh } }, { severity });
    if (protocol > PROTOCOL_MAX) say('does not exist', '不存在', 'error');
    else if (this.#protoSeen) say('comes a second time', '第二次出现', 'warning');
    else if (place !== this.start) say('comes in the middle of the stream', '出现在数据流中间', 'warning');
    this.#protoSeen = true;
    this.#protocol = protocol;
  }

  #frame(length: number): void {
    const { base, end } = this.window, start = base + this.at;
    const say = (problem: Text) => this.note(PICKLE_FRAME, { problem });
    if (start < this.#frameEnd) say({ en: 'begins inside another frame', zh: '开始于另一个帧之内' });
    if (start + length > end) say({ en: 'ends outside of the data', zh: '超出了数据末尾' });
    this.#frameEnd = Math.min(start + length, end);
  }
}
