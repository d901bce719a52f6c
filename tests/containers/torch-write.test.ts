/**
 * The writer against files that torch.save wrote: every byte, the serialization id included. And against our own reader.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySource, readBytes, type ByteSource } from '../../src/bytes/index.ts';
import { layoutTorchZip, pickleStateDict, torchZip, TORCH_DTYPES, type SavedStateDict, type Segment } from '../../src/containers/torch/index.ts';
import { iterationOrder, serializationId } from '../../src/containers/torch/write/serialization-id.ts';
import { crc32, joinCrc32 } from '../../src/containers/zip/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

/** The whole file in memory, segments written in any order. */
function write(root: string, state: SavedStateDict, data: readonly Uint8Array[]): Uint8Array {
  const { pickle, order } = pickleStateDict(state), layout = layoutTorchZip(root, pickle, order.map((storage) => state.storages[storage]!.bytes));
  const file = new Uint8Array(layout.size).fill(0xee);
  order.forEach((storage, i) => { file.set(data[storage]!, layout.storages[i]!.offset); });
  for (const { offset, bytes } of [...layout.finish(order.map((storage) => crc32(data[storage]!))), ...layout.segments].reverse()) file.set(bytes, offset);
  return file;
}

for (const { label, dir } of fixtureFolders('containers/roundtrip')) {
  for (const name of fs.readdirSync(dir).filter((entry) => entry.endsWith('.expected.json')).map((entry) => entry.slice(0, -'.expected.json'.length))) {
    describe(`${label} ${name}`, () => {
      const expected = readJson(path.join(dir, `${name}.expected.json`)), raw = new Uint8Array(fs.readFileSync(path.join(dir, name, 'input.raw')));
      const sameObject = (entry: any, i: number) => (name === 'same_object' && i > 0 ? { sameAs: 0 } : {});
      const state: SavedStateDict = {
        container: expected.container,
        storages: expected.storages,
        tensors: expected.entries.map((entry: any, i: number) => ({
          name: entry.name, dtype: TORCH_DTYPES.get(entry.dtype)!, shape: entry.shape, strides: entry.stride, offset: entry.offset, storage: entry.storage,
          requiresGrad: entry.requires_grad ?? false, parameter: entry.parameter ?? false, ...sameObject(entry, i),
        })),
        ...(expected._metadata === undefined ? {} : { metadata: expected._metadata.map(([module, { version }]: [string, { version: number }]) => [module, version] as const) }),
      };
      const data = expected.storages.map(({ at, bytes }: { at: number; bytes: number }) => raw.subarray(at, at + bytes));
      for (const output of Object.values<any>(expected.outputs).filter(({ archive_root: root }) => root !== undefined)) {
        it(`${output.file} is what torch.save writes`, () => {
          const file = write(output.archive_root, state, data);
          expect(Buffer.compare(Buffer.from(file), fs.readFileSync(path.join(dir, name, output.file)))).toBe(0);
          expect(Buffer.from(file).includes(expected.serialization_id)).toBe(true);
        });
      }
    });
  }
}

/** A file of a recipe of bytes and zeros, without writing it: gigabytes of nothing need no disk. */
function sparseSource(label: string, parts: readonly ({ b64: string } | { zeros: number })[]): ByteSource {
  let at = 0;
  const pieces: Segment[] = [];
  for (const part of parts) {
    const bytes = 'b64' in part ? new Uint8Array(Buffer.from(part.b64, 'base64')) : undefined;
    if (bytes) pieces.push({ offset: at, bytes });
    at += bytes?.length ?? (part as { zeros: number }).zeros;
  }
  const size = at;
  return { label, size, close: () => {}, read: (offset, into) => {
    into.fill(0);
    for (const piece of pieces) {
      const from = Math.max(offset, piece.offset), to = Math.min(offset + into.length, piece.offset + piece.bytes.length);
      if (from < to) into.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
    }
    return Math.min(into.length, size - offset);
  } };
}

/** CRC-32 of so many zeros, by doubling. */
function crcOfZeros(count: number): number {
  let crc = 0, power = crc32(new Uint8Array(1)), length = 1;
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) crc = joinCrc32(crc, power, length);
    power = joinCrc32(power, power, length);
    length *= 2;
  }
  return crc;
}

describe('zip64', () => {
  for (const { label, dir } of fixtureFolders('containers/recipes')) {
    for (const file of fs.readdirSync(dir).filter((name) => /^zip64.*\.recipe\.json$/.test(name))) {
      it(`${label} ${file}: opens, and is laid out anew byte for byte`, async () => {
        const recipe = readJson(path.join(dir, file)), expected = readJson(path.join(dir, file.replace('.recipe.', '.expected.')));
        const source = sparseSource(expected.out, recipe.parts), opened = await torchZip.open(source);
        expect(opened.tensors.map(({ name, shape, tensor }) => [name, tensor.dtype.name, shape, tensor.strides, tensor.offset]))
          .toEqual(expected.tensors.map((t: any) => [t.name, t.dtype, t.shape, t.stride, t.offset]));
        const { storages } = opened.objects.storages;
        const { pickle, order } = pickleStateDict({ container: 'dict', storages, tensors: opened.tensors.map(({ name, tensor }) => ({
          name, dtype: tensor.dtype, shape: tensor.shape!, strides: tensor.strides!, offset: tensor.offset!, storage: storages.indexOf(tensor.storage!),
        })) });
        expect(order).toEqual(storages.map((_, i) => i));
        const layout = layoutTorchZip('archive', pickle, storages.map(({ bytes }) => bytes));
        expect(layout.size).toBe(recipe.size);
        expect(layout.storages.map(({ offset }) => offset)).toEqual(storages.map(({ offset }) => offset));
        const sums: number[] = [];
        for (const { offset, bytes } of storages) sums.push(bytes < 1e6 ? crc32(await readBytes(source, offset, bytes)) : crcOfZeros(bytes));
        const covered: [number, number][] = storages.map(({ offset, bytes }) => [offset, bytes]);
        for (const { offset, bytes } of [...layout.segments, ...layout.finish(sums)]) {
          expect(Buffer.compare(Buffer.from(bytes), Buffer.from(await readBytes(source, offset, bytes.length))), `bytes at ${offset}`).toBe(0);
          covered.push([offset, bytes.length]);
        }
        // Segments and storages cover the file without gap or overlap.
        let at = 0;
        for (const [offset, bytes] of covered.filter(([, length]) => length > 0).sort((a, b) => a[0] - b[0])) { expect(offset).toBe(at); at += bytes; }
        expect(at).toBe(layout.size);
      });
    }
  }
});

describe('the serialization id', () => {
  it('iterates like a hash set: every element once, whatever collides', () => {
    const hashes = Array.from({ length: 3000 }, (_, i) => BigInt((i * 7919) % 100));
    expect([...iterationOrder(hashes)].sort((a, b) => a - b)).toEqual(hashes.map((_, i) => i));
    expect(iterationOrder([])).toEqual([]);
  });
  it('has forty digits', () => { expect(serializationId([], [])).toBe('0'.repeat(40)); });
});

it('what is written opens again', async () => {
  const file = write('x', { container: 'OrderedDict', storages: [{ bytes: 8 }], tensors: [{ name: '__proto__', dtype: TORCH_DTYPES.get('float32')!, shape: [2], storage: 0 }] }, [new Uint8Array(8)]);
  const opened = await torchZip.open(memorySource('x.pt', file));
  expect(opened.tensors.map(({ name, shape }) => [name, shape])).toEqual([['__proto__', [2]]]);
});
