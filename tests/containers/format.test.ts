/** What the content of a file is, over every fixture that says so. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { contentFormat } from '../../src/containers/format.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

for (const { label, dir } of fixtureFolders('containers')) {
  describe(`${label} containers`, () => {
    for (const one of readJson(path.join(dir, 'manifest.json')).cases) {
      const file = path.join(dir, one.case);
      if (!fs.existsSync(file) || !fs.statSync(file).isFile() || one.format === 'recipe') continue;
      it(`${one.case} is ${one.format}`, async () => {
        expect(await contentFormat(memorySource(path.basename(file), new Uint8Array(fs.readFileSync(file))))).toBe(one.format);
      });
    }
  });
}

describe('what is no container', () => {
  it.each([['text', 'hello world', 'unknown'], ['a list', '(lp0\nI1\na.', 'pickle'], ['a name and no end', 'cos\nsystem\n', 'pickle'], ['JSON', '{"a": 1}', 'json'], ['an end record alone', 'PK\x05\x06' + '\0'.repeat(18), 'zip']])('%s', async (_, text, format) => {
    expect(await contentFormat(memorySource('x', Uint8Array.from(text, (letter) => letter.charCodeAt(0))))).toBe(format);
  });
});
