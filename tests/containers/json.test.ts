/** The JSON scanner: what it takes, what it refuses and where, and that it agrees with `JSON.parse` where both can speak. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSON_DEPTH_MAX, parseJson, parseJsonDocument, type JsonOptions, type JsonValue } from '../../src/containers/json.ts';
import { isTemperError } from '../../src/findings/index.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string, options: JsonOptions = {}): JsonValue => parseJson(bytesOf(text), 'x.json', options);

/** A value as `JSON.parse` would give it. */
function plain(value: JsonValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]));
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Code and offset of the refusal, or undefined. */
function refusal(text: string | Uint8Array, options: JsonOptions = {}): { code: string; offset: number | undefined } | undefined {
  try {
    parseJson(typeof text === 'string' ? bytesOf(text) : text, 'x.json', options);
    return undefined;
  } catch (error) {
    if (!isTemperError(error)) throw error;
    return { code: error.code, offset: error.findings[0]!.offset };
  }
}

describe('values', () => {
  it('keeps integers exact', () => {
    expect(parse('[0, -1, 9007199254740991, 9007199254740992, 18446744073709551615, -9007199254740993]'))
      .toEqual([0, -1, 9007199254740991, 9007199254740992n, 18446744073709551615n, -9007199254740993n]);
  });

  it('keeps names that objects lose', () => {
    const value = parse('{"__proto__": 1, "constructor": {"__proto__": 2}, "": 3, "\\ufeff": 4}') as Map<string, JsonValue>;
    expect([...value.keys()]).toEqual(['__proto__', 'constructor', '', '\ufeff']);
    expect((value.get('constructor') as Map<string, JsonValue>).get('__proto__')).toBe(2);
  });

  it('decodes every escape', () => {
    expect(parse('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\\u0000"')).toBe('"\\/\b\f\n\r\té😀\0');
  });

  it('says where every value stands', () => {
    const document = parseJsonDocument(bytesOf('{"a": [10, {"b": null}]}'), 'x.json', { origin: 100 });
    const root = document.value as Map<string, JsonValue>, list = root.get('a') as JsonValue[];
    expect([document.offsetOf(root, 'a'), document.offsetOf(list, 0), document.offsetOf(list, 1), document.offsetOf(list[1] as Map<string, JsonValue>, 'b')])
      .toEqual([106, 107, 111, 117]);
  });

  it('shares strings that repeat without mixing them up', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `n${i % 700}`);
    expect(parse(JSON.stringify(names))).toEqual(names);
  });
});

describe('refusals', () => {
  it.each([
    ['', 0], ['  ', 2], ['{', 1], ['{"a"}', 4], ['{"a":1,}', 7], ['[1,]', 3], ['[1 2]', 3], ['{"a":1 "b":2}', 7], ['{,}', 1], ['[,1]', 1],
    ['1 1', 2], ['{}\0', 2], ['nul', 0], ['truth', 0], ['+1', 0], ['01', 2], ['1.', 2], ['.5', 0], ['1e', 2], ['1e+', 3], ['-', 1],
    ['NaN', 0], ['Infinity', 0], ['-Infinity', 1], ['1e400', 0], ['"a', 2], ['"\u0001"', 1], ['"\\x"', 1], ['"\\u12g4"', 1], ['"\\u12', 1],
    ['"\\ud800"', 1], ['"\\udc00"', 1], ['"\\ud800\\u0041"', 1], ['"\\ud800x"', 1], ["{'a':1}", 1], ['{a:1}', 1], ['// c\n1', 0],
  ])('%j at byte %d', (text, offset) => {
    expect(refusal(text)).toEqual({ code: 'json-malformed', offset });
  });

  it('a byte order mark, unless Python is asked for', () => {
    expect(refusal('\ufeff{}')).toEqual({ code: 'json-malformed', offset: 0 });
    expect(parseJsonDocument(bytesOf('\ufeff{}'), 'x.json', { python: true }).hadBom).toBe(true);
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]], [[0xe2, 0x82]]])('broken UTF-8 %j in a string', (middle) => {
    expect(refusal(Uint8Array.from([0x22, ...middle, 0x22]))?.code).toBe('json-malformed');
  });

  it('a key twice, also when one is escaped', () => {
    expect(refusal('{"a":1,"\\u0061":2}')).toEqual({ code: 'json-duplicate-key', offset: 7 });
    const document = parseJsonDocument(bytesOf('{"a":1,"\\u0061":2}'), 'x.json', { python: true });
    expect([plain(document.value), document.duplicates]).toEqual([{ a: 2 }, [{ key: 'a', offset: 7 }]]);
  });

  it('nesting beyond the limit, and not before', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(refusal(nested(JSON_DEPTH_MAX))).toBeUndefined();
    expect(refusal(nested(JSON_DEPTH_MAX + 1))).toEqual({ code: 'json-too-deep', offset: JSON_DEPTH_MAX });
    expect(refusal('['.repeat(1_000_000))?.code).toBe('json-too-deep');
  });

  it('an integer of absurd length', () => {
    expect(refusal('1'.repeat(100_000))?.code).toBe('json-malformed');
  });
});

it('reads what Python writes', () => {
  const document = parseJsonDocument(bytesOf('[NaN, Infinity, -Infinity, 1e400, 1.5]'), 'x.json', { python: true });
  expect(document.value).toEqual([NaN, Infinity, -Infinity, Infinity, 1.5]);
  expect(document.nonFinite).toEqual([1, 6, 16, 27]);
});

/** What JSON.parse takes and we refuse on purpose, or represent otherwise. */
const WELL_FORMED = /^(?:[^\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])*$/;

describe('against JSON.parse', () => {
  it('gives the same values', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      fc.pre(!/\\ud[89a-f]/.test(text));
      expect(plain(parse(text))).toEqual(JSON.parse(text));
    }), { numRuns: 500 });
  });

  it('accepts and refuses the same mutilated texts', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', 'u', '0', '1', '-', '.', 'e', 'E', '+', 'true', 'null', ' ', '\n', '\t', '\0', '"a"', '\u00a0', 'é');
    fc.assert(fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      let expected = true;
      try { JSON.parse(text); } catch { expected = false; }
      const found = refusal(text);
      if (found?.code === 'json-duplicate-key') return;
      expect(found === undefined).toBe(expected);
    }), { numRuns: 5000 });
  });

  it('accepts and refuses the same texts with one byte changed', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.nat(127), (value, at, byte) => {
      const bytes = bytesOf(JSON.stringify(value));
      bytes[at % bytes.length] = byte;
      let expected = true, text = '';
      try { text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes); JSON.parse(text); } catch { expected = false; }
      const escapes = /\\u[dD][89a-fA-F]/.test(text);
      fc.pre(!escapes && WELL_FORMED.test(text));
      const found = refusal(bytes);
      if (found?.code === 'json-duplicate-key') return;
      // A number that overflows is a value for JSON.parse.
      if (found !== undefined && expected) expect(text).toMatch(/\de\+?\d\d\d/i);
      else expect(found === undefined).toBe(expected);
    }), { numRuns: 2000 });
  });
});
