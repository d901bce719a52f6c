/**
 * @module
 * The stream of opcodes and their arguments: reading within the window, and findings about the opcode at hand.
 */
import type { Code, ParameterValue, Place, Placeholders } from '../../../findings/index.ts';
import type { Notes } from '../../notes.ts';
import { PICKLE_LIMIT, PICKLE_MALFORMED, PICKLE_ODD, PICKLE_TRUNCATED } from './codes.ts';
import { BYTES_KEPT_MAX, LINE_BYTES_MAX, STRING_BYTES_MAX } from './limits.ts';
import { OPCODES } from './opcodes.ts';
import { decodeUtf8 } from './text.ts';
import { PyBytes, type Value } from './values.ts';
import type { Window } from './window.ts';

/** The stream cannot be followed any further; the finding was added. */
export const BROKEN = Symbol('broken');
/** More of the stream is needed: `wanted` bytes from the start of the opcode. */
export const REFILL = Symbol('refill');

/** Reads opcodes and arguments; what they do is up to the machine. */
export class OpcodeStream {
  protected readonly window: Window;
  protected readonly notes: Notes;
  /** Where the pickle starts in the source. */
  protected readonly start: number;
  /** Position in the window. */
  protected at = 0;
  /** Where the opcode at hand begins in the window, and which it is. */
  protected opStart = 0;
  protected op = 0;
  /** Bytes that were located but not read. */
  protected skipped = 0;
  /** Bytes wanted from the start of the opcode, after REFILL. */
  wanted = 0;

  constructor(window: Window, notes: Notes) {
    this.window = window;
    this.notes = notes;
    this.start = window.base;
  }

  /** Offset in the source behind the last opcode that took effect. */
  get offset(): number { return this.window.base + this.at; }
  /** Offset in the source of the opcode at hand. */
  protected get place(): number { return this.window.base + this.opStart; }
  protected get name(): string { return OPCODES.get(this.op)?.name ?? `opcode 0x${this.op.toString(16).padStart(2, '0')}`; }

  /** A finding about the opcode at hand. */
  protected note<M extends string>(code: Code<M>, parameters: Readonly<Record<Exclude<Placeholders<M>, 'file' | 'offset'>, ParameterValue>>, place: Place = {}): void {
    const offset = this.place;
    this.notes.add(code, { offset, ...parameters } as never, { offset, ...place });
  }
  protected malformed(en: string, zh: string): never {
    this.note(PICKLE_MALFORMED, { opcode: this.name, problem: { en, zh } });
    throw BROKEN;
  }
  protected limit(en: string, zh: string): never {
    this.note(PICKLE_LIMIT, { problem: { en, zh } });
    throw BROKEN;
  }
  protected odd(en: string, zh: string): void {
    this.note(PICKLE_ODD, { opcode: this.name, problem: { en, zh } });
  }

  /** Makes sure that `count` more bytes can be read. */
  protected need(count: number): void {
    const { bytes, base, end } = this.window;
    if (this.at + count <= bytes.length) return;
    if (!(base + this.at + count <= end)) {
      this.note(PICKLE_TRUNCATED, { opcode: this.name });
      throw BROKEN;
    }
    this.wanted = this.at + count - this.opStart;
    throw REFILL;
  }
  protected u8(): number { this.need(1); return this.window.bytes[this.at++]!; }
  protected u16(): number { this.need(2); this.at += 2; return this.window.view.getUint16(this.at - 2, true); }
  protected u32(): number { this.need(4); this.at += 4; return this.window.view.getUint32(this.at - 4, true); }
  protected i32(): number { this.need(4); this.at += 4; return this.window.view.getInt32(this.at - 4, true); }
  protected u64(): number { this.need(8); this.at += 8; return Number(this.window.view.getBigUint64(this.at - 8, true)); }

  /** A signed length; negative ones are malformed. */
  protected length(): number {
    const length = this.i32();
    return length < 0 ? this.malformed('has a negative length', '的长度为负') : length;
  }
  protected slice(length: number): Uint8Array {
    if (length > STRING_BYTES_MAX && this.offset + length <= this.window.end) this.limit(`has a string of ${length} bytes`, `含有 ${length} 字节的字符串`);
    this.need(length);
    this.at += length;
    return this.window.bytes.subarray(this.at - length, this.at);
  }
  protected line(): Uint8Array {
    const { bytes, base, end } = this.window;
    const newline = bytes.indexOf(0x0a, this.at);
    if (newline >= 0) {
      const line = bytes.subarray(this.at, newline);
      this.at = newline + 1;
      if (line.length > LINE_BYTES_MAX) this.limit('has a line of text without end', '含有没有尽头的文本行');
      return line;
    }
    if (bytes.length - this.at > LINE_BYTES_MAX) this.limit('has a line of text without end', '含有没有尽头的文本行');
    if (base + bytes.length >= end) {
      this.note(PICKLE_TRUNCATED, { opcode: this.name });
      throw BROKEN;
    }
    this.wanted = bytes.length - this.opStart + LINE_BYTES_MAX;
    throw REFILL;
  }
  /** UTF-8; half a surrogate pair is kept, as Python's own pickler writes it. */
  protected utf8(bytes: Uint8Array): string {
    return decodeUtf8(bytes) ?? this.malformed('is not UTF-8', '不是 UTF-8');
  }
  /** A Python 2 string: torch reads them as UTF-8; what is none stays bytes. */
  protected python2(bytes: Uint8Array, offset: number): Value {
    return decodeUtf8(bytes) ?? new PyBytes(offset, bytes.length, bytes, false);
  }
  /** Content of bytes, which a long one keeps in the file. */
  protected bytes(length: number, mutable = false): PyBytes {
    const offset = this.offset;
    if (length <= BYTES_KEPT_MAX) return new PyBytes(offset, length, this.slice(length), mutable);
    if (!(offset + length <= this.window.end)) this.need(length);
    this.skipped += length;
    this.at += length; // May lie behind the window; the next #need moves it.
    return new PyBytes(offset, length, undefined, mutable);
  }
}
