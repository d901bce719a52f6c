/** What is written is summed up and read again, in whatever pieces it comes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSink, type ByteSource } from '../../src/bytes/index.ts';
import { crc32 } from '../../src/containers/zip/index.ts';
import type { LaneResources } from '../../src/engine/lane.ts';
import { Sums } from '../../src/engine/sums.ts';
import { Writer } from '../../src/engine/writer.ts';
import { isTemperError } from '../../src/findings/index.ts';

/** A file in memory; `spoil` changes what arrives. */
function resources(file: Uint8Array, spoil: (offset: number, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes, waits = false): LaneResources {
  const sink: ByteSink = { label: 'out', write: (offset, bytes) => { file.set(spoil(offset, bytes), offset); return waits ? Promise.resolve() : undefined; }, close: () => {} };
  const source: ByteSource = { ...memorySource('out', file), read: (offset, into) => { const part = file.subarray(offset, offset + into.length); into.set(part); return part.length; } };
  const absent = (): never => { throw new Error('not asked for'); };
  return { input: absent, stage: absent, sha256: absent, memoryBytes: 0, output: () => sink, reread: () => source, crc32, same: (a, b) => Buffer.compare(a, b) === 0 };
}

describe('a writer', () => {
  it.each([false, true])('compares what the file holds with what was meant, waiting or not: %s', async (waits) => {
    const file = new Uint8Array(700_000), data = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) & 0xff);
    await new Writer(0, { reread: true }, resources(file, undefined, waits)).write(50_000, data);
    expect(Buffer.compare(file.subarray(50_000, 650_000), data)).toBe(0);
    for (const at of [0, 262_143, 262_144, 599_999]) {
      const spoilt = new Writer(0, { reread: true }, resources(new Uint8Array(700_000), (_, bytes) => { const copy = bytes.slice(); copy[at]! ^= 4; return copy; }, waits));
      const failure = await Promise.resolve(spoilt.write(50_000, data)).catch((error: unknown) => error);
      expect(isTemperError(failure, 'reread-differs')).toBe(true);
      expect(failure).toMatchObject({ findings: [{ path: 'out', offset: 50_000 + at }] });
    }
  });

  it('joins runs, and says nothing of sums that nobody wants', async () => {
    const file = new Uint8Array(100), writer = new Writer(0, { sums: true }, resources(file)), text = new TextEncoder().encode('床前明月光，疑是地上霜。');
    for (const at of [0, 5, 12]) await writer.write(10 + at, text.subarray(at, [5, 12, text.length][[0, 5, 12].indexOf(at)]));
    await writer.write(80, text.subarray(0, 3));
    expect(writer.result.pieces).toEqual([[10, text.length, crc32(text)], [80, 3, crc32(text.subarray(0, 3))]]);
    expect(new Writer(0, {}, resources(file)).result).toEqual({});
  });
});

it('sums of ranges come from pieces in any order, and are unknown where one is missing', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 5 }), { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), fc.boolean(), (groups, order, lose) => {
    let at = 0;
    const pieces: [number, number, number][] = [];
    const ranges = groups.map((parts) => {
      at += 16;
      const start = at;
      for (const part of parts) { pieces.push([at, part.length, crc32(part)]); at += part.length; }
      return { range: [start, at - start] as const, crc: crc32(Uint8Array.from(parts.flatMap((part) => [...part]))) };
    });
    const shuffled = pieces.map((piece) => ({ piece, key: order.next().value as number })).sort((a, b) => a.key - b.key).map(({ piece }) => piece);
    const lost = lose ? shuffled.pop() : undefined, sums = new Sums();
    for (const piece of shuffled) sums.add(3, [piece]);
    sums.add(4, [[0, 1, 0]]);
    expect(sums.of(3, ranges.map(({ range }) => range))).toEqual(ranges.map(({ range, crc }) => (lost !== undefined && lost[0] >= range[0] && lost[0] < range[0] + range[1] ? undefined : crc)));
  }));
});
