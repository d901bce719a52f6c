/** What a file is, and what is said about one that is no container. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { CONTAINERS, openContainer, sniffFormat } from '../../src/containers/index.ts';
import { safetensors } from '../../src/containers/safetensors/index.ts';
import { isTemperError, renderFinding, type Finding } from '../../src/findings/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { hostileCases } from '../hostile.ts';
import { fileOf } from './safetensors-support.ts';
import fs from 'node:fs';
import path from 'node:path';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const only = [safetensors];

async function refusal(name: string, bytes: Uint8Array): Promise<Finding> {
  try {
    await openContainer(memorySource(name, bytes), only);
  } catch (error) {
    if (isTemperError(error)) return error.findings[0]!;
    throw error;
  }
  return expect.unreachable('it was opened');
}

const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 4976698672\n';

describe('refuses, with what it is instead', () => {
  it.each([
    ['an empty file', '', 'empty-file'],
    ['zeros', '\0'.repeat(100), 'zero-filled-file'],
    ['a Git LFS pointer', LFS, 'lfs-pointer'],
    ['an HTML page', '\n<!DOCTYPE html><html>', 'html-page'],
    ['a page without doctype', '<html><head><title>404', 'html-page'],
    ['an error of a server', '{"error":"Repository not found"}', 'json-not-weights'],
    ['gzip', '\x1f\x8b\x08\0\0\0\0\0', 'unsupported-format'],
    ['an image', '\x89PNG\r\n\x1a\n', 'unsupported-format'],
    ['noise', 'qwertyuiop', 'unknown-format'],
    ['one byte', '\x80', 'unknown-format'],
  ])('%s', async (_, text, code) => {
    const found = await refusal('model.bin', bytesOf(text));
    expect(found).toMatchObject({ code, severity: 'error', path: 'model.bin' });
    for (const language of ['en', 'zh'] as const) {
      const { message, fix } = renderFinding(found, language);
      expect(message).toContain('model.bin');
      expect(fix).toBeTruthy();
      expect(`${message} ${fix}`).not.toMatch(/\{\w+\}/);
    }
  });

  it('the size that a pointer promises', async () => {
    expect(await refusal('model.safetensors', bytesOf(LFS))).toMatchObject({ code: 'lfs-pointer', expected: 4976698672 });
  });

  it('a file that is named safetensors and is cut off or garbled, in the words of its reader', async () => {
    expect(await refusal('model.safetensors', fileOf({ a: { dtype: 'U8', shape: [9], data_offsets: [0, 9] } }, 4))).toMatchObject({ code: 'safetensors-truncated' });
    expect(await refusal('model.safetensors', fileOf({ a: 1 }).subarray(0, 12))).toMatchObject({ code: 'safetensors-truncated' });
    expect(await refusal('model.safetensors', bytesOf('qwertyuiop'))).toMatchObject({ code: 'safetensors-header-too-large' });
  });
});

it('opens by content, whatever the name', async () => {
  const opened = await openContainer(memorySource('pytorch_model.bin', fileOf({})));
  expect([opened.format, opened.tensors]).toEqual(['safetensors', []]);
});

describe('sniffs every recognised format of the fixtures', () => {
  /** Formats that need more than a look at the first bytes. */
  const deep = /^torch|pickle|tar$|^npy-object$/;
  const hostile = hostileCases(({ group }) => group === 'Z11')
    .map(({ title, path: file, one }) => ({ title, file, format: (one as unknown as { sniffed_format: string }).sniffed_format }));
  const plain = fixtureFolders('containers/other').flatMap(({ dir, label }) => fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))
    .map((name) => readJson(path.join(dir, name))).map(({ file, format }) => ({ title: `${label} ${file}`, file: path.join(dir, file), format: String(format) })));
  const cases = [...hostile, ...plain].filter(({ format }) => !deep.test(format));
  it.each(cases)('$title', ({ file, format }) => {
    const bytes = fs.readFileSync(file);
    expect(sniffFormat(bytes.subarray(0, 4096), bytes.length)).toBe(format);
  });
});

it('lists every format once', () => {
  expect(new Set(CONTAINERS.map(({ format }) => format)).size).toBe(CONTAINERS.length);
});
