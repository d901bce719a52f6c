/** The strict reader: one hand-made file per rule, then files cut off or changed anywhere. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { HEADER_BYTES_MAX, layoutSafetensors, safetensors } from '../../src/containers/safetensors/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { fileOf, openBytes, refusalOf } from './safetensors-support.ts';

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

describe('refuses', () => {
  const rules: [string, Uint8Array, object][] = [
    ['fewer than 8 bytes', new Uint8Array(7), { code: 'safetensors-truncated', found: 7 }],
    ['a header beyond the file', fileOf('{}').subarray(0, 9), { code: 'safetensors-truncated', offset: 9, expected: 10 }],
    ['a hole', fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), { code: 'safetensors-not-contiguous', tensor: 'b', found: 8, expected: 4 }],
    ['a hole at the start', fileOf({ a: f32(4, 8) }, 8), { code: 'safetensors-not-contiguous', tensor: 'a', found: 4, expected: 0 }],
    ['an overlap', fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12), { code: 'safetensors-not-contiguous', tensor: 'b', found: 4, expected: 8 }],
    ['the same place twice', fileOf({ a: f32(0, 4), b: f32(0, 4) }, 4), { code: 'safetensors-not-contiguous', tensor: 'b' }],
    ['an end before the begin', fileOf({ a: f32(4, 0, [1]) }, 4), { code: 'safetensors-not-contiguous', tensor: 'a' }],
    ['a size that does not fit', fileOf({ a: f32(0, 4, [2]) }, 4), { code: 'safetensors-size-mismatch', tensor: 'a', found: 4, expected: 8 }],
    ['a product beyond 64 bits', fileOf({ a: f32(0, 0, [2 ** 40, 2 ** 40]) }), { code: 'safetensors-shape-too-large', tensor: 'a' }],
    ['a product beyond 64 bits before a zero', fileOf({ a: f32(0, 0, [2 ** 40, 2 ** 40, 0]) }), { code: 'safetensors-shape-too-large', tensor: 'a' }],
    ['bits beyond 64 bits', fileOf({ a: { dtype: 'F64', shape: [2 ** 50, 2 ** 12], data_offsets: [0, 0] } }), { code: 'safetensors-shape-too-large', tensor: 'a' }],
    ['half a byte', fileOf({ a: { dtype: 'F4', shape: [3], data_offsets: [0, 2] } }, 2), { code: 'safetensors-partial-byte', tensor: 'a' }],
    ['6-bit elements in part of a byte', fileOf({ a: { dtype: 'F6_E2M3', shape: [2], data_offsets: [0, 2] } }, 2), { code: 'safetensors-partial-byte', tensor: 'a' }],
    ['missing data', fileOf({ a: f32(0, 8) }, 5), { code: 'safetensors-truncated' }],
    ['data behind the last tensor', fileOf({ a: f32(0, 4) }, 5), { code: 'safetensors-trailing-bytes' }],
    ['a tensor twice', fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), { code: 'safetensors-duplicate-tensor', tensor: 'a' }],
    ['an unknown dtype', fileOf({ a: { dtype: 'complex128', shape: [0], data_offsets: [0, 0] } }), { code: 'safetensors-unknown-dtype', tensor: 'a', found: 'complex128' }],
    ['a missing field', fileOf({ a: { dtype: 'U8', shape: [0] } }), { code: 'safetensors-header-invalid', tensor: 'a', offset: 13 }],
    ['an entry as array', fileOf('{"a":["U8",[0],[0,0]]}'), { code: 'safetensors-header-invalid', tensor: 'a' }],
    ['an offset 1.0', fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0.0]}}'), { code: 'safetensors-header-invalid', tensor: 'a' }],
    ['a side -0', fileOf('{"a":{"dtype":"U8","shape":[-0],"data_offsets":[0,0]}}'), { code: 'safetensors-header-invalid', tensor: 'a' }],
    ['a side above 2^64', fileOf('{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,0]}}'), { code: 'safetensors-header-invalid', tensor: 'a' }],
    ['__metadata__ twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), { code: 'safetensors-header-invalid' }],
    ['nested metadata', fileOf({ __metadata__: { a: { b: 'c' } } }), { code: 'safetensors-header-invalid' }],
    ['no JSON', fileOf('hello'), { code: 'json-malformed', offset: 8 }],
    ['an empty header', fileOf(''), { code: 'json-malformed', offset: 8 }],
  ];
  it.each(rules)('%s', async (_, bytes, expected) => {
    expect(await refusalOf(bytes)).toMatchObject({ path: 'x.safetensors', severity: 'error', ...expected });
  });

  it('a header length above the limit, without reading it', async () => {
    const bytes = fileOf('{}');
    new DataView(bytes.buffer).setBigUint64(0, BigInt(HEADER_BYTES_MAX) + 1n, true);
    expect(await refusalOf(bytes)).toMatchObject({ code: 'safetensors-header-too-large', offset: 0 });
    new DataView(bytes.buffer).setBigUint64(0, BigInt(HEADER_BYTES_MAX), true);
    expect(await refusalOf(bytes)).toMatchObject({ code: 'safetensors-truncated' });
  });
});

describe('accepts', () => {
  it('a zero-size tensor between two others, a scalar, huge sides after a zero', async () => {
    const { tensors } = await openBytes(fileOf({ c: f32(8, 12, []), b: f32(8, 8, [0, 2 ** 40, 2 ** 40]), a: f32(0, 8) }, 12));
    expect(tensors.map(({ name, shape, bytes }) => [name, shape, bytes])).toEqual([['a', [2], 8], ['b', [0, 2 ** 40, 2 ** 40], 0], ['c', [], 4]]);
  });

  it('names that are hard on programs', async () => {
    const names = ['__proto__', '', 'a\0b', 'constructor', '😀', '\ufeff', 'A', 'a', '\u001b[31m'];
    const header = Object.fromEntries(names.map((name, i) => [name, { dtype: 'U8', shape: [1], data_offsets: [i, i + 1] }]).filter(([name]) => name !== '__proto__'));
    const text = JSON.stringify(header).replace('{', '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},');
    const opened = await openBytes(fileOf(text, names.length));
    expect(opened.tensors.map(({ name }) => name)).toEqual(names);
  });

  it('and reports what is odd', async () => {
    const codesOf = async (header: string | object, data: number) => (await openBytes(fileOf(header, data))).findings.map(({ code }) => code);
    expect(await codesOf(' {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1)).toEqual(['safetensors-leading-space']);
    expect(await codesOf('{"__metadata__":{"k":"1","k":"2"}}', 0)).toEqual(['safetensors-duplicate-metadata']);
    expect(await codesOf({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1], strides: [{ deep: [null, true, 1.5] }] } }, 1)).toEqual(['safetensors-unknown-field']);
    expect(await codesOf({ a: { dtype: 'U8', shape: new Array(65).fill(1), data_offsets: [0, 1] } }, 1)).toEqual(['safetensors-rank']);
    expect(await codesOf(JSON.stringify({ a: f32(0, 4) }).padEnd(57), 4)).toEqual(['safetensors-misaligned']);
    expect(await codesOf(JSON.stringify({ a: f32(0, 4) }).padEnd(64), 4)).toEqual([]);
  });
});

it('describes the header for digests and reads no data', async () => {
  const bytes = fileOf({ a: f32(0, 4) }, 4), read: [number, number][] = [];
  const whole = memorySource('x', bytes);
  const opened = await safetensors.open({ ...whole, read: (offset, into) => { read.push([offset, into.length]); return whole.read(offset, into); } });
  expect(opened.headerRanges).toEqual([[0, bytes.length - 4]]);
  expect(opened.tensors[0]!.expression).toEqual({ op: 'stored', source: 0, offset: bytes.length - 4, dtype: 'F32', shape: [1] });
  expect(Math.max(...read.map(([offset, length]) => offset + length))).toBe(bytes.length - 4);
});

describe('damaged files', () => {
  const { header, fileBytes } = layoutSafetensors([
    { name: 'w', dtype: 'BF16', shape: [2, 3] }, { name: 'é', dtype: 'F32', shape: [4] }, { name: 'n', dtype: 'I8', shape: [0, 7] }, { name: 's', dtype: 'F64', shape: [] },
  ], [['format', 'pt'], ['note', 'a "quoted" line\n']]);
  const good = new Uint8Array(fileBytes);
  good.set(header);

  it('refuse wherever they are cut off', async () => {
    for (let length = 0; length < good.length; length++) expect(await refusalOf(good.subarray(0, length)), `${length} bytes`).toMatchObject({ severity: 'error' });
  });

  it('give a result or a refusal wherever a byte is changed', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = good.slice();
      for (const [at, value] of changes) bytes[at] = value;
      try {
        const { tensors } = await openBytes(bytes);
        const total = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
        expect(total).toBe(fileBytes - header.length);
      } catch (error) {
        expect(isTemperError(error), String(error)).toBe(true);
      }
    }), { numRuns: 3000 });
  });

  it('are not taken for safetensors by their first bytes when those are of something else', () => {
    const sniff = (bytes: Uint8Array) => safetensors.sniff(bytes, bytes.length);
    expect(sniff(good)).toBe(true);
    expect(sniff(fileOf('  \n{}'))).toBe(true);
    for (const other of [new Uint8Array(64), fileOf('[]'), fileOf('{'), new Uint8Array(0), new TextEncoder().encode('PK\x03\x04abcdefgh{')]) expect(sniff(other)).toBe(false);
  });
});
