/**
 * @module
 * Text arguments: UTF-8 as Python reads it, and the lines of protocols 0 and 1. Functions return undefined for what
 * Python would refuse; `odd` marks what it takes although no pickler writes it.
 */
import { INT_DIGITS_MAX } from './limits.ts';

const STRICT = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A decoded text, and whether it was written in a way no pickler uses. */
export interface Decoded<T> { readonly value: T; readonly odd: boolean }

/** UTF-8 as Python's "surrogatepass" has it: lone surrogates are kept. Undefined when it is none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try { return STRICT.decode(bytes); } catch { /* Maybe a surrogate. */ }
  const units: string[] = [];
  let from = 0;
  for (let i = 0; i + 2 < bytes.length; i++) {
    // A surrogate as three bytes: ED A0..BF 80..BF.
    if (bytes[i] !== 0xed || (bytes[i + 1]! & 0xe0) !== 0xa0 || (bytes[i + 2]! & 0xc0) !== 0x80) continue;
    try { units.push(STRICT.decode(bytes.subarray(from, i))); } catch { return undefined; }
    units.push(String.fromCharCode(0xd000 | ((bytes[i + 1]! & 0x3f) << 6) | (bytes[i + 2]! & 0x3f)));
    i += 2;
    from = i + 1;
  }
  if (from === 0) return undefined;
  try { units.push(STRICT.decode(bytes.subarray(from))); } catch { return undefined; }
  return units.join('');
}

/** Bytes as text, one character each. */
export function decodeLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** A bigint, or a number where one holds it exactly. */
export const normal = (value: bigint): number | bigint =>
  (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);

/**
 * Argument of INT or LONG: Python's `int(text, 0)`, `00` and `01` being booleans of INT. The C unpickler also takes C's
 * octal numbers for INT (`010` is 8).
 */
export function parseInt(text: string, booleans: boolean): Decoded<number | bigint | boolean> | undefined {
  if (booleans && (text === '00' || text === '01')) return { value: text === '01', odd: false };
  if (/^-?(?:0|[1-9]\d*)$/.test(text)) {
    return text.length > INT_DIGITS_MAX ? undefined : { value: normal(BigInt(text)), odd: false };
  }
  if (booleans && /^-?0[0-7]{1,20}$/.test(text)) {
    const value = BigInt(`0o${text.replace(/^-?0/, '')}`);
    return { value: normal(text.startsWith('-') ? -value : value), odd: true };
  }
  const bare = text.trim().replace(/^\+/, '');
  if (bare.length > INT_DIGITS_MAX || !/^-?(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?\d)*)$/.test(bare)) return undefined;
  const negative = bare.startsWith('-'), value = BigInt(bare.replaceAll('_', '').replace(/^-/, ''));
  return { value: normal(negative ? -value : value), odd: true };
}

/** Argument of FLOAT: Python's `float(text)`. */
export function parseFloat(text: string): Decoded<number> | undefined {
  const bare = text.trim().replace(/(?<=\d)_(?=\d)/g, '').toLowerCase();
  const odd = bare !== text.toLowerCase();
  const special = /^([+-]?)(inf|infinity|nan)$/.exec(bare);
  if (special) return { value: special[2] === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity, odd };
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(bare) ? { value: Number(bare), odd } : undefined;
}

const ESCAPES = /* @__PURE__ */ new Map([['\\', 92], ["'", 39], ['"', 34], ['a', 7], ['b', 8], ['f', 12], ['n', 10], ['r', 13], ['t', 9], ['v', 11]]);

/** Argument of STRING: the repr of a Python 2 string. */
export function parseString(line: Uint8Array): Uint8Array | undefined {
  const quote = line[0];
  if (line.length < 2 || (quote !== 0x22 && quote !== 0x27) || line[line.length - 1] !== quote) return undefined;
  const out: number[] = [];
  for (let i = 1; i < line.length - 1; i++) {
    if (line[i] !== 0x5c) { out.push(line[i]!); continue; }
    if (++i >= line.length - 1) return undefined;
    const letter = String.fromCharCode(line[i]!), plain = ESCAPES.get(letter);
    if (plain !== undefined) out.push(plain);
    else if (letter === 'x') {
      const hex = decodeLatin1(line.subarray(i + 1, Math.min(i + 3, line.length - 1)));
      if (!/^[\da-fA-F]{2}$/.test(hex)) return undefined;
      out.push(Number(`0x${hex}`));
      i += 2;
    } else if (letter >= '0' && letter <= '7') {
      const digits = /^[0-7]{1,3}/.exec(decodeLatin1(line.subarray(i, Math.min(i + 3, line.length - 1))))![0];
      out.push(Number(`0o${digits}`) & 0xff);
      i += digits.length - 1;
    } else out.push(0x5c, line[i]!);
  }
  return Uint8Array.from(out);
}

/** Argument of UNICODE: "raw-unicode-escape". */
export function parseUnicode(line: Uint8Array): string | undefined {
  const text = decodeLatin1(line);
  if (!text.includes('\\')) return text;
  let bad = false;
  // An even number of backslashes before it makes `\u` plain text.
  const value = text.replace(/(?<!\\)((?:\\\\)*)\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|([uU]))/g, (_whole, before: string, short: string | undefined, long: string | undefined) => {
    const code = short !== undefined ? Number(`0x${short}`) : long !== undefined ? Number(`0x${long}`) : NaN;
    if (!(code <= 0x10ffff)) { bad = true; return ''; }
    return before + String.fromCodePoint(code);
  });
  return bad ? undefined : value;
}

/** Two's complement, little-endian: argument of LONG1 and LONG4. */
export function decodeLong(bytes: Uint8Array): number | bigint {
  const { length } = bytes;
  if (length === 0) return 0;
  if (length <= 6) {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
    return bytes[length - 1]! & 0x80 ? value - 2 ** (8 * length) : value;
  }
  let hex = '0x';
  for (let i = length - 1; i >= 0; i--) hex += (bytes[i]! + 256).toString(16).slice(1);
  return normal(BigInt.asIntN(8 * length, BigInt(hex)));
}
