/**
 * @module
 * A strict JSON scanner over bytes. Headers and indexes come from strangers and can hold half a million entries, and
 * `JSON.parse` loses what matters there: duplicate keys, integers above 2^53, `__proto__`, and where a value stands.
 *
 * The cursor never builds a tree: the caller walks the document and keeps what it needs. Strings that repeat (`dtype`,
 * `F32`, names of shards) are made once.
 */
import { refuse, type Text } from '../findings/index.ts';
import { JSON_MALFORMED, JSON_TOO_DEEP } from './codes.ts';

/**
 * Levels of nesting. serde_json, which reads safetensors headers for everybody else, starts at 128 and refuses when the
 * count reaches 0, so 127 levels pass. Checkpoints need three.
 */
export const JSON_DEPTH_MAX = 127;

/** What a reader tolerates. Nothing, unless asked. */
export interface JsonOptions {
  /** Offset in the file of the first byte given, for messages. */
  readonly origin?: number;
  /**
   * Whether to read what Python's `json` reads and writes: `NaN`, `Infinity`, `-Infinity` and numbers too large for a
   * float64 are values, of a key that repeats the last one counts, a byte order mark at the start is passed over.
   */
  readonly python?: boolean;
}

/** Kind of a value, known from its first byte. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

/** `ignoreBOM` keeps a U+FEFF that belongs to a name; `fatal` refuses broken UTF-8 and encoded surrogates. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d, PLUS = 0x2b, POINT = 0x2e, ZERO = 0x30;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= 0x39;

const ESCAPES = new Map<number, string>([
  [QUOTE, '"'], [BACKSLASH, '\\'], [0x2f, '/'], [0x62, '\b'], [0x66, '\f'], [0x6e, '\n'], [0x72, '\r'], [0x74, '\t'],
]);

const KIND_BY_BYTE = new Map<number | undefined, JsonKind>([
  [OPEN_OBJECT, 'object'], [OPEN_ARRAY, 'array'], [QUOTE, 'string'], [0x74, 'boolean'], [0x66, 'boolean'], [0x6e, 'null'],
  ...Array.from('-0123456789', (character): [number, JsonKind] => [character.charCodeAt(0), 'number']),
]);

/** Strings of at most so many bytes are looked up among those seen before. */
const SHARED_BYTES_MAX = 96;
const SHARED_SLOTS = 1024;

interface Shared { readonly start: number; readonly length: number; readonly text: string }

/** Walks one JSON document. Every method refuses with the offset when the bytes are not what it is asked for. */
export class JsonCursor {
  /** Name of the tensor being read, for messages. */
  tensor: string | undefined;
  /** Offset in the file of the key that `nextKey` gave last. */
  keyOffset = 0;
  /** Whether the last number had neither fraction nor exponent. */
  wasInteger = false;
  /** Whether the last number was a literal or a value that is not finite. */
  wasNonFinite = false;
  /** Whether the document began with a byte order mark. */
  readonly hadBom: boolean;

  private readonly bytes: Uint8Array;
  private readonly label: string;
  private readonly origin: number;
  private readonly python: boolean;
  private readonly shared: (Shared | undefined)[] = new Array(SHARED_SLOTS);
  private at = 0;
  private depth = 0;
  private first = false;

  constructor(bytes: Uint8Array, label: string, options: JsonOptions = {}) {
    this.bytes = bytes;
    this.label = label;
    this.origin = options.origin ?? 0;
    this.python = options.python ?? false;
    this.hadBom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    if (!this.hadBom) return;
    if (!this.python) this.fail({ en: 'a byte order mark stands before the JSON', zh: 'JSON 之前有字节顺序标记（BOM）' });
    this.at = 3;
  }

  /** Offset in the file of the next token. */
  offset(): number {
    this.space();
    return this.origin + this.at;
  }

  /** Kind of the next value. */
  peek(): JsonKind {
    this.space();
    const byte = this.bytes[this.at], kind = KIND_BY_BYTE.get(byte);
    if (kind !== undefined) return kind;
    if (this.python && (byte === 0x4e || byte === 0x49)) return 'number';
    return this.unexpected({ en: 'a value', zh: '一个值' });
  }

  /** Steps into an object. Then call `nextKey` and read its value until `nextKey` gives undefined. */
  enterObject(): void { this.enter(OPEN_OBJECT, '{'); }

  /** Steps into an array. Then read a value whenever `nextItem` says so. */
  enterArray(): void { this.enter(OPEN_ARRAY, '['); }

  /** The next key of the object, or undefined after the last member. */
  nextKey(): string | undefined {
    if (!this.advance(CLOSE_OBJECT)) return undefined;
    this.keyOffset = this.offset();
    const key = this.string();
    this.expect(COLON, ':');
    return key;
  }

  /** Whether the array has another item. */
  nextItem(): boolean {
    return this.advance(CLOSE_ARRAY);
  }

  /** A string. */
  string(): string {
    this.space();
    const { bytes } = this;
    if (bytes[this.at] !== QUOTE) this.unexpected({ en: 'a string', zh: '一个字符串' });
    const start = this.at + 1;
    let i = start, hash = 0, high = 0;
    for (;; i++) {
      const byte = bytes[i]!;
      if (byte === QUOTE || byte === BACKSLASH || byte < 0x20 || byte === undefined) break;
      high |= byte;
      hash = (hash * 31 + byte) | 0;
    }
    if (bytes[i] !== QUOTE) return this.escaped(start, i);
    this.at = i + 1;
    const length = i - start;
    if (length > SHARED_BYTES_MAX) return this.text(start, i, high);
    const slot = (hash ^ length) & (SHARED_SLOTS - 1), known = this.shared[slot];
    if (known !== undefined && known.length === length && this.sameBytes(known.start, start, length)) return known.text;
    const text = this.text(start, i, high);
    this.shared[slot] = { start, length, text };
    return text;
  }

  /** A number: exact as a number where it is a safe integer or has a fraction, as a bigint beyond. */
  number(): number | bigint {
    const { bytes } = this;
    this.space();
    const start = this.at;
    this.wasNonFinite = false;
    if (this.python) {
      const literal = this.literal();
      if (literal !== undefined) return literal;
    }
    let i = start + (bytes[start] === MINUS ? 1 : 0);
    const digits = i;
    let value = 0;
    while (isDigit(bytes[i])) value = value * 10 + bytes[i++]! - ZERO;
    if (i === digits || (bytes[digits] === ZERO && i > digits + 1)) {
      this.at = i;
      this.fail({ en: 'a number is malformed', zh: '数字格式错误' });
    }
    this.wasInteger = bytes[i] !== POINT && (bytes[i]! | 0x20) !== 0x65;
    if (this.wasInteger) {
      this.at = i;
      // 15 digits are always below 2^53.
      if (i - digits <= 15) return digits > start ? -value : value;
      if (i - start <= INTEGER_CHARACTERS_MAX) {
        const exact = BigInt(this.ascii(start, i));
        return exact >= -9007199254740991n && exact <= 9007199254740991n ? Number(exact) : exact;
      }
      this.fail({ en: 'an integer has too many digits', zh: '整数位数过多' });
    }
    if (bytes[i] === POINT) i = this.digits(i + 1);
    if ((bytes[i]! | 0x20) === 0x65) i = this.digits(bytes[i + 1] === PLUS || bytes[i + 1] === MINUS ? i + 2 : i + 1);
    const float = Number(this.ascii(start, i));
    if (!Number.isFinite(float)) {
      if (!this.python) this.fail({ en: 'a number is too large for a float64', zh: '数字超出 float64 的范围' });
      this.wasNonFinite = true;
    }
    this.at = i;
    return float;
  }

  /** `true` or `false`. */
  boolean(): boolean {
    if (this.word('true')) return true;
    if (this.word('false')) return false;
    return this.unexpected({ en: 'true or false', zh: 'true 或 false' });
  }

  /** `null`. */
  null(): null {
    if (!this.word('null')) this.unexpected({ en: 'null', zh: 'null' });
    return null;
  }

  /** Passes over a value, checking it all the same. Recursion is bounded by the depth limit. */
  skip(): void {
    switch (this.peek()) {
      case 'object': this.enterObject(); while (this.nextKey() !== undefined) this.skip(); return;
      case 'array': this.enterArray(); while (this.nextItem()) this.skip(); return;
      case 'string': this.string(); return;
      case 'number': this.number(); return;
      case 'boolean': this.boolean(); return;
      case 'null': this.null();
    }
  }

  /** Makes sure that nothing but white space follows. */
  end(): void {
    this.space();
    if (this.at < this.bytes.length) this.fail({ en: 'something follows after the end of the JSON', zh: 'JSON 结束之后还有内容' });
  }

  /** Refuses: the JSON is broken at the current place. */
  fail(problem: Text): never {
    const offset = this.origin + Math.min(this.at, this.bytes.length);
    refuse(JSON_MALFORMED, { file: this.label, problem, offset },
      { path: this.label, offset, ...(this.tensor === undefined ? {} : { tensor: this.tensor }) });
  }

  private unexpected(wanted: Text): never {
    const byte = this.bytes[this.at];
    if (byte === undefined) this.fail({ en: `it ends where ${wanted.en} should stand`, zh: `内容提前结束，此处应为${wanted.zh}` });
    const shown = byte > 0x20 && byte < 0x7f ? `“${String.fromCharCode(byte)}”` : `0x${byte.toString(16).padStart(2, '0')}`;
    this.fail({ en: `${shown} stands where ${wanted.en} should`, zh: `此处应为${wanted.zh}，却是 ${shown}` });
  }

  private space(): void {
    while (isSpace(this.bytes[this.at])) this.at++;
  }

  private expect(byte: number, shown: string): void {
    this.space();
    if (this.bytes[this.at] !== byte) this.unexpected({ en: `“${shown}”`, zh: `“${shown}”` });
    this.at++;
  }

  private enter(open: number, shown: string): void {
    this.expect(open, shown);
    if (++this.depth > JSON_DEPTH_MAX) {
      const offset = this.origin + this.at - 1;
      refuse(JSON_TOO_DEEP, { file: this.label, levels: JSON_DEPTH_MAX, offset },
        { path: this.label, offset, expected: JSON_DEPTH_MAX, ...(this.tensor === undefined ? {} : { tensor: this.tensor }) });
    }
    this.first = true;
  }

  /** Moves to the next member or past the closing bracket; whether there is a member. */
  private advance(close: number): boolean {
    this.space();
    if (this.bytes[this.at] === close) {
      this.at++;
      this.depth--;
      this.first = false;
      return false;
    }
    if (this.first) this.first = false;
    else this.expect(COMMA, ',');
    return true;
  }

  private word(text: string): boolean {
    this.space();
    for (let i = 0; i < text.length; i++) if (this.bytes[this.at + i] !== text.charCodeAt(i)) return false;
    this.at += text.length;
    return true;
  }

  private literal(): number | undefined {
    const value = this.word('NaN') ? NaN : this.word('Infinity') ? Infinity : this.word('-Infinity') ? -Infinity : undefined;
    this.wasNonFinite = value !== undefined;
    if (this.wasNonFinite) this.wasInteger = false;
    return value;
  }

  private digits(from: number): number {
    let i = from;
    while (isDigit(this.bytes[i])) i++;
    if (i === from) {
      this.at = i;
      this.unexpected({ en: 'a digit', zh: '一个数字' });
    }
    return i;
  }

  private ascii(start: number, end: number): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }

  private text(start: number, end: number, high: number): string {
    // Most names are short and ASCII; a decoder costs more than its work there.
    if (high < 0x80 && end - start <= SHARED_BYTES_MAX) return String.fromCharCode.apply(null, this.bytes.subarray(start, end) as unknown as number[]);
    try {
      return decoder.decode(this.bytes.subarray(start, end));
    } catch {
      this.at = start;
      return this.fail({ en: 'a string is not valid UTF-8', zh: '字符串不是有效的 UTF-8' });
    }
  }

  private sameBytes(a: number, b: number, length: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
    return true;
  }

  /** The rest of a string from `stop`, where something other than plain text stands. */
  private escaped(start: number, stop: number): string {
    const { bytes } = this;
    const parts: string[] = [];
    let from = start, i = stop;
    for (;;) {
      const byte = bytes[i];
      if (byte !== undefined && byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) {
        i++;
        continue;
      }
      parts.push(this.text(from, i, 0x80));
      this.at = i;
      if (byte === undefined) this.fail({ en: 'it ends inside a string', zh: '内容在字符串中间结束' });
      if (byte === QUOTE) break;
      if (byte < 0x20) this.fail({ en: 'a control character stands unescaped in a string', zh: '字符串中有未转义的控制字符' });
      const plain = ESCAPES.get(bytes[i + 1]!);
      if (plain !== undefined) {
        parts.push(plain);
        i += 2;
      } else {
        const unit = this.unit(i);
        i += 6;
        if ((unit & 0xf800) !== 0xd800) parts.push(String.fromCharCode(unit));
        else {
          // Names of Rust and of file systems are Unicode scalar values: half a pair cannot be one.
          const low = unit < 0xdc00 && bytes[i] === BACKSLASH ? this.unit(i) : 0;
          if (low < 0xdc00 || low > 0xdfff) this.fail({ en: 'an escape stands for half a surrogate pair', zh: '转义序列只是代理对的一半' });
          parts.push(String.fromCharCode(unit, low));
          i += 6;
        }
      }
      from = i;
    }
    this.at = i + 1;
    return parts.join('');
  }

  /** The UTF-16 unit of the escape `\uXXXX` at `at`. */
  private unit(at: number): number {
    let value = this.bytes[at + 1] === 0x75 ? 0 : -1;
    for (let i = 2; value >= 0 && i < 6; i++) {
      const byte = this.bytes[at + i] ?? 0, lower = byte | 0x20;
      const digit = isDigit(byte) ? byte - ZERO : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
      value = digit < 0 ? -1 : value * 16 + digit;
    }
    if (value < 0) {
      this.at = at;
      this.fail({ en: 'an escape in a string is malformed', zh: '字符串中的转义序列格式错误' });
    }
    return value;
  }
}

/** Longest integer made into a bigint. Python refuses above 4300 digits for the same reason: the work grows with the square. */
export const INTEGER_CHARACTERS_MAX = 4300;
