/** Digests of headers and samples: fixed, and sensitive to what they should see. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from '../../src/bytes/index.ts';
import { headerDigest, SAMPLE_BLOCK_BYTES, SAMPLE_BLOCKS, sampledDigest, sha256 } from '../../src/checkpoints/index.ts';

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13);

it('hashes bytes', async () => {
  expect(await sha256(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('hashes the ranges of a header, in order', async () => {
  const bytes = noise(1000), source = memorySource('x', bytes);
  expect(await headerDigest({ source, headerRanges: [[900, 50], [0, 8]] })).toBe(sha(Buffer.concat([bytes.subarray(900, 950), bytes.subarray(0, 8)])));
});

describe('a sample', () => {
  const size = (length: number): Buffer => { const eight = Buffer.alloc(8); eight.writeBigUInt64LE(BigInt(length)); return eight; };

  it('of a small file is all of it, with its size', async () => {
    const bytes = noise(SAMPLE_BLOCKS * SAMPLE_BLOCK_BYTES);
    expect(await sampledDigest(memorySource('x', bytes))).toBe(sha(Buffer.concat([size(bytes.length), bytes])));
    expect(await sampledDigest(memorySource('x', new Uint8Array(0)))).toBe(sha(size(0)));
  });

  it('of a larger file reads the first and the last block and those between', async () => {
    const bytes = noise(1_000_003), read: number[] = [], inner = memorySource('x', bytes);
    const source: ByteSource = { ...inner, read: (offset, into) => { read.push(offset); return inner.read(offset, into); } };
    const blocks = Array.from({ length: SAMPLE_BLOCKS }, (_, i) => Math.floor((i * (bytes.length - SAMPLE_BLOCK_BYTES)) / (SAMPLE_BLOCKS - 1)));
    expect(await sampledDigest(source)).toBe(sha(Buffer.concat([size(bytes.length), ...blocks.map((at) => bytes.subarray(at, at + SAMPLE_BLOCK_BYTES))])));
    expect(read).toEqual(blocks);
    expect([read[0], read.at(-1)! + SAMPLE_BLOCK_BYTES]).toEqual([0, bytes.length]);
  });

  it('sees a change of the size and of either end', async () => {
    const bytes = noise(600_000), before = await sampledDigest(memorySource('x', bytes));
    const changed = (at: number) => { const copy = bytes.slice(); copy[at] = copy[at]! ^ 1; return sampledDigest(memorySource('x', copy)); };
    const after = await Promise.all([changed(0), changed(bytes.length - 1), sampledDigest(memorySource('x', bytes.subarray(1)))]);
    expect(new Set([before, ...after]).size).toBe(4);
  });
});
