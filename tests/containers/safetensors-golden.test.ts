/** Every safetensors file of the container fixtures, against what the official reader says. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { openContainer } from '../../src/containers/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

/** Traits of the fixtures that a reader reports, and our word for them. */
const REPORTED = new Map([['misaligned-tensors', 'safetensors-misaligned'], ['unknown-entry-fields', 'safetensors-unknown-field']]);

describe.each(fixtureFolders('containers/safetensors'))('$label', ({ dir }) => {
  it.each(fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json')))('%s', async (name) => {
    const expected = readJson(path.join(dir, name)), bytes = fs.readFileSync(path.join(dir, expected.file));
    const opened = await openContainer(memorySource(expected.file, bytes));
    expect(opened.format).toBe(expected.format);
    expect(Object.fromEntries(opened.metadata)).toEqual(expected.metadata ?? {});
    expect(opened.headerRanges).toEqual([[0, 8 + expected.header_bytes]]);
    const found = opened.tensors.map((tensor) => {
      const { offset } = tensor.expression as { offset: number };
      const data = bytes.subarray(offset, offset + tensor.bytes), begin = offset - 8 - expected.header_bytes;
      return {
        name: tensor.name, safetensors_dtype: tensor.dtype, shape: tensor.shape, nbytes: tensor.bytes,
        data_offsets: [begin, begin + tensor.bytes], sha256: createHash('sha256').update(data).digest('hex'),
      };
    });
    const byPlace = [...expected.tensors].sort((a: any, b: any) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
    expect(found).toEqual(byPlace.map((tensor: any) => Object.fromEntries(Object.keys(found[0]!).map((key) => [key, tensor[key]]))));
    expect(opened.findings.map(({ code }) => code).sort()).toEqual(expected.traits.flatMap((trait: string) => REPORTED.get(trait) ?? []).sort());
  });
});
