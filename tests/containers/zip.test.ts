/** Zip archives: checksums, bounded unpacking, strict reading. Hostile archives are in tests/checks/scan.test.ts. */
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource, readBytes } from '../../src/bytes/index.ts';
import { layoutTorchZip, pickleStateDict } from '../../src/containers/torch/index.ts';
import { viewOf } from '../../src/containers/torch/view.ts';
import { checkCrc, crc32, inflate, joinCrc32, readZip, recordBytes, ZIP_INFLATE } from '../../src/containers/zip/index.ts';
import { isTemperError } from '../../src/findings/index.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A sound archive with one storage of `data`. */
function archive(data: Uint8Array): Uint8Array {
  const layout = layoutTorchZip('a', pickleStateDict({ container: 'dict', tensors: [], storages: [] }).pickle, [data.length]);
  const file = new Uint8Array(layout.size);
  for (const { offset, bytes } of [...layout.segments, ...layout.finish([crc32(data)])]) file.set(bytes, offset);
  file.set(data, layout.storages[0]!.offset);
  return file;
}

describe('CRC-32', () => {
  it('is the one of zip', () => {
    expect(crc32(bytesOf('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    expect(crc32(bytesOf('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
  });
  it('is the same in pieces, and joined', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
      const cut = Math.min(at, bytes.length), first = bytes.subarray(0, cut), second = bytes.subarray(cut);
      expect(crc32(second, crc32(first))).toBe(crc32(bytes));
      expect(joinCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(bytes));
    }));
  });
});

describe('unpacking', () => {
  const data = bytesOf('abc'.repeat(10_000)), packed = new Uint8Array(zlib.deflateRawSync(data));
  const record = (size: number, packedBytes = packed.length) => ({ name: 'x', dataOffset: 5, packedBytes, size });
  const file = new Uint8Array([...new Uint8Array(5), ...packed, ...new Uint8Array(7)]), source = memorySource('f.zip', file);
  it('gives what was packed', async () => { expect(await inflate(source, record(data.length))).toEqual(data); });
  it.each([
    ['more than declared', record(16)], ['less than declared', record(data.length + 1)], ['cut off', record(data.length, packed.length - 4)],
    ['no deflate', { ...record(data.length), dataOffset: 0 }], ['more than is allowed', record(2 ** 40)],
  ])('refuses %s', async (_, claim) => {
    const error = await inflate(source, claim).catch((thrown: unknown) => thrown);
    expect(isTemperError(error, ZIP_INFLATE.code)).toBe(true);
  });
});

describe('reading', () => {
  const data = bytesOf('sixteen bytes...'), file = archive(data);
  it('finds every record, nothing to say', async () => {
    const source = memorySource('a.pt', file), { records, findings, gaps } = await readZip(source);
    expect(findings).toEqual([]);
    expect(gaps).toEqual([]);
    expect(records.map(({ name }) => name)).toEqual(['a/data.pkl', 'a/.format_version', 'a/.storage_alignment', 'a/byteorder', 'a/data/0', 'a/version', 'a/.data/serialization_id']);
    for (const record of records) expect(await checkCrc(source, record), record.name).toBe(true);
    expect(await recordBytes(source, records[4]!)).toEqual(data);
  });
  it('says of every single damaged byte of the structure that something is wrong, and never throws', async () => {
    const clean = await readZip(memorySource('a.pt', file)), inData = (at: number) => clean.records.some(({ dataOffset, size }) => at >= dataOffset && at < dataOffset + size);
    const tolerated = new Set<number>(); // Bytes that no reader looks at: versions, times, padding, attributes.
    for (let at = 0; at < file.length; at++) {
      if (inData(at)) continue;
      const damaged = file.slice();
      damaged[at]! ^= 0x40;
      const { findings } = await readZip(memorySource('a.pt', damaged));
      if (findings.length === 0) tolerated.add(at);
    }
    const structure = clean.directory![0];
    expect([...tolerated].filter((at) => at >= structure).length).toBeLessThan(30 * clean.records.length);
    // Names, offsets, sizes and checksums are never among them.
    for (const { headerOffset, name } of clean.records) {
      for (let i = 0; i < name.length; i++) expect(tolerated.has(headerOffset + 30 + i)).toBe(false);
      for (const field of [0, 6, 8, 26]) expect(tolerated.has(headerOffset + field)).toBe(false);
    }
  });
  it('survives anything', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(file.length), fc.boolean(), async (noise, at, insert) => {
      const mixed = insert ? new Uint8Array([...file.subarray(0, at), ...noise, ...file.subarray(at)]) : new Uint8Array([...file.subarray(0, at), ...noise, ...file.subarray(at + noise.length)]);
      const { records, findings } = await readZip(memorySource('a.pt', mixed));
      for (const { dataOffset, packedBytes } of records) if (dataOffset >= 0) expect(dataOffset + packedBytes).toBeLessThanOrEqual(mixed.length);
      if (noise.length > 0 && !mixed.every((byte, i) => byte === file[i])) expect(findings.length + records.length).toBeGreaterThan(0);
    }), { numRuns: 200 });
  });
});

describe('a view', () => {
  it('shows swapped and unpacked parts at any place and length', async () => {
    const content = Uint8Array.from({ length: 64 }, (_, i) => i), packed = new Uint8Array(zlib.deflateRawSync(content)), base = new Uint8Array([...content, ...packed]);
    const view = viewOf(memorySource('f', base), [{ offset: 8, length: 16, unit: 4 }, { offset: 40, length: 8, unit: 8 }], [{ name: 'x', dataOffset: 64, packedBytes: packed.length, size: 64, at: base.length }]);
    const whole = new Uint8Array([...base, ...content]);
    for (let at = 8; at < 24; at += 4) whole.subarray(at, at + 4).reverse();
    whole.subarray(40, 48).reverse();
    expect(view.size).toBe(whole.length);
    await fc.assert(fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length), async (a, b) => {
      const [from, to] = a < b ? [a, b] : [b, a];
      expect(await readBytes(view, from, to - from)).toEqual(whole.slice(from, to));
    }));
  });
});
