/** GGUF headers: llama.cpp's own files, and the hostile ones. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySource, readBytes } from '../../src/bytes/index.ts';
import { gguf, type GgufArray } from '../../src/containers/gguf/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { hostileCases, verdictOf } from '../hostile.ts';
import crypto from 'node:crypto';

const open = (file: string) => gguf.open(memorySource(path.basename(file), new Uint8Array(fs.readFileSync(file))));
/** What the fixtures write: ints as numbers, floats rounded to 32 bits by both. */
const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : typeof value === 'object' && value !== null ? (value as GgufArray).items.map(plain) : value);

for (const { label, dir } of fixtureFolders('containers/gguf')) {
  for (const file of fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))) {
    const name = file.replace('.expected.json', ''), { golden } = readJson(path.join(dir, file));
    describe(`${label} ${name}`, () => {
      for (const [output, expected] of Object.entries<any>(golden)) {
        it(`${output}: values, tensors, bytes`, async () => {
          const place = path.join(dir, name, output), opened = await open(place), source = memorySource(output, new Uint8Array(fs.readFileSync(place)));
          const { header, tensors, blocked } = opened;
          expect([opened.format, header.version, header.alignment]).toEqual(['gguf', expected.version, expected.alignment]);
          expect([...header.values].map(([key, value]) => [key, plain(value)])).toEqual(expected.kv.map(([key, , value]: [string, unknown, unknown]) => [key, value]));
          const rows = [];
          for (const { name: tensor, type, shape, offset, bytes } of header.tensors) {
            rows.push({ name: tensor, type: type.name, ne: [...shape].reverse(), offset: offset - expected.data_offset, nbytes: bytes,
              sha256: crypto.createHash('sha256').update(await readBytes(source, offset, bytes)).digest('hex') });
          }
          expect(rows).toEqual(expected.tensors);
          expect(tensors.length + blocked.length).toBe(expected.tensors.length);
          expect(opened.findings).toEqual([]);
        });
      }
    });
  }
}

describe('hostile files', () => {
  for (const { title, path: file, one } of hostileCases((c) => c.group === 'G1')) {
    it(title, async () => {
      const verdict = await verdictOf(async () => {
        const opened = await open(file);
        // An adapter that the loader refuses opens as a container; its errors are findings.
        return { findings: opened.findings };
      });
      expect(one.accept ?? [one.expected]).toContain(verdict);
    });
  }
});
