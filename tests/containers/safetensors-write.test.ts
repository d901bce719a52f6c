/** The layout against the official writer, byte for byte, and against our own reader. */
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareNames } from '../../src/bytes/index.ts';
import { layoutSafetensors, type TensorToWrite } from '../../src/containers/safetensors/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { byteCount, DTYPES, elementCount, parseDType, type DType } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { openBytes } from './safetensors-support.ts';

it('lays out the example of the format notes', () => {
  const layout = layoutSafetensors([{ name: 'b', dtype: 'I8', shape: [1] }, { name: 'a', dtype: 'F16', shape: [2] }, { name: 'A', dtype: 'F32', shape: [2] }], [['format', 'pt']]);
  const json = '{"__metadata__":{"format":"pt"},"A":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},'
    + '"b":{"dtype":"I8","shape":[1],"data_offsets":[12,13]}}       ';
  expect(new TextDecoder().decode(layout.header.subarray(8))).toBe(json);
  expect([...layout.header.subarray(0, 8)]).toEqual([0xc8, 0, 0, 0, 0, 0, 0, 0]);
  expect(layout).toMatchObject({ dataStart: 0xd0, order: [2, 1, 0], offsets: [12, 8, 0], fileBytes: 0xd0 + 13 });
});

/** Contiguous bytes of a strided view over `storage`. */
function gather(storage: Buffer, size: number, shape: number[], stride: number[], offset: number): Buffer {
  let rows: number[] = [offset];
  for (const [axis, side] of shape.entries()) rows = rows.flatMap((at) => Array.from({ length: side }, (_, i) => at + i * stride[axis]!));
  return Buffer.concat(rows.map((at) => storage.subarray(at * size, (at + 1) * size)));
}

describe('byte for byte as safetensors.torch.save_file', () => {
  const cases = fixtureFolders('containers/roundtrip').flatMap(({ dir, label }) => fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))
    .map((name) => ({ title: `${label} ${name.slice(0, -14)}`, dir: path.join(dir, name.slice(0, -14)), expected: readJson(path.join(dir, name)) })))
    .filter(({ dir }) => fs.existsSync(path.join(dir, 'format_pt.safetensors')));
  it.each(cases)('$title', ({ dir, expected }) => {
    const raw = fs.readFileSync(path.join(dir, 'input.raw'));
    const tensors: (TensorToWrite & { data: Buffer })[] = expected.entries.map((entry: any) => {
      const { at, bytes } = expected.storages[entry.storage], dtype = parseDType(entry.dtype)!, size = DTYPES[dtype].bits / 8;
      return { name: entry.name, dtype, shape: entry.shape, data: gather(raw.subarray(at, at + bytes), size, entry.shape, entry.stride, entry.offset) };
    });
    for (const [file, metadata] of [['no_metadata.safetensors', []], ['format_pt.safetensors', [['format', 'pt']]]] as const) {
      const { header, order } = layoutSafetensors(tensors, metadata);
      const written = Buffer.concat([header, ...order.map((i) => tensors[i]!.data)]);
      expect(written.equals(fs.readFileSync(path.join(dir, file))), file).toBe(true);
    }
  });
});

describe('the same header for the tensors of a file of the official writer, in any order', () => {
  const cases = fixtureFolders('containers/safetensors').flatMap(({ dir, label }) => fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))
    .map((name) => ({ title: `${label} ${name.slice(0, -14)}`, file: path.join(dir, name.slice(0, -14)), expected: readJson(path.join(dir, name)) })))
    .filter(({ expected }) => /^safetensors \S+ safetensors\.torch\.save/.test(expected.writer) && Object.keys(expected.metadata ?? {}).length < 2);
  it.each(cases)('$title', async ({ file }) => {
    const bytes = fs.readFileSync(file), { tensors, metadata } = await openBytes(bytes);
    const { header } = layoutSafetensors([...tensors].reverse(), metadata);
    expect(Buffer.from(header).equals(bytes.subarray(0, header.length))).toBe(true);
  });
});

describe('refuses to write', () => {
  const u8 = (name: string): TensorToWrite => ({ name, dtype: 'U8', shape: [1] });
  it.each([
    ['a tensor named __metadata__', [u8('__metadata__')], []],
    ['half a surrogate pair in a name', [u8('a\ud800')], []],
    ['half a surrogate pair in the metadata', [u8('a')], [['k', '\udc00']]],
    ['a name twice', [u8('a'), u8('b'), u8('a')], []],
    ['a dtype that the format lacks', [{ name: 'q', dtype: 'qint8', shape: [1] }], []],
    ['elements that do not fill a byte', [{ name: 'f', dtype: 'F4', shape: [3] }], []],
  ] as [string, TensorToWrite[], [string, string][]][])('%s', (_, tensors, metadata) => {
    try {
      layoutSafetensors(tensors, metadata);
      expect.unreachable('it was written');
    } catch (error) {
      expect(isTemperError(error, 'safetensors-cannot-write'), String(error)).toBe(true);
    }
  });
});

const storable = (Object.keys(DTYPES) as DType[]).filter((dtype) => DTYPES[dtype].safetensors);
const anyTensor = fc.record({
  name: fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__'),
  dtype: fc.constantFrom(...storable),
  shape: fc.array(fc.constantFrom<number[]>(0, 1, 2, 3, 8), { maxLength: 4 }),
}).filter(({ dtype, shape }) => elementCount(shape) * DTYPES[dtype].bits % 8 === 0);

it('is read back: every tensor, aligned, and the metadata', async () => {
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(anyTensor, { selector: ({ name }) => name, maxLength: 20 }),
    fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary', maxLength: 8 }), fc.string({ unit: 'binary' })), { selector: ([key]) => key, maxLength: 5 }),
    async (tensors, metadata) => {
      const { header, offsets, order, dataStart, fileBytes } = layoutSafetensors(tensors, metadata);
      const bytes = new Uint8Array(fileBytes);
      bytes.set(header);
      const opened = await openBytes(bytes);
      expect(opened.findings).toEqual([]);
      expect(opened.tensors.map(({ name, dtype, shape, expression }) => ({ name, dtype, shape, expression }))).toEqual(order.map((i) => {
        const { name, dtype, shape } = tensors[i]!;
        return { name, dtype, shape, expression: { op: 'stored', source: 0, offset: dataStart + offsets[i]!, dtype, shape } };
      }));
      expect([...opened.metadata]).toEqual([...metadata].sort(([a], [b]) => compareNames(a, b)));
      expect(dataStart % 8).toBe(0);
      expect(dataStart + tensors.reduce((sum, { dtype, shape }) => sum + byteCount(dtype, shape), 0)).toBe(fileBytes);
    },
  ), { numRuns: 300 });
});
