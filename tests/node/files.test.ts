/** Files of a disk as sources and sinks. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBytes, REQUEST_BYTES_MAX } from '../../src/bytes/index.ts';
import { fileSink, fileSource, reasonOf } from '../../src/node/files.ts';
import { withTemporary } from '../hostile.ts';

const refusal = (code: string, label: string, reason: RegExp) => expect.objectContaining({
  findings: [expect.objectContaining({ code, path: label, parameters: expect.objectContaining({ reason: expect.objectContaining({ en: expect.stringMatching(reason) }) }) })],
});

describe('a source', () => {
  it('reads at any place, in requests of limited size', () => withTemporary(async (directory) => {
    const file = path.join(directory, 'f'), bytes = Uint8Array.from({ length: 3 * REQUEST_BYTES_MAX + 17 }, (_, i) => i * 31);
    fs.writeFileSync(file, bytes);
    const source = fileSource(file, 'f'), into = new Uint8Array(bytes.length);
    expect(source).toMatchObject({ label: 'f', size: bytes.length, modifiedMs: fs.statSync(file).mtimeMs });
    expect(source.read(0, into)).toBe(REQUEST_BYTES_MAX);
    expect(source.read(bytes.length - 3, into)).toBe(3);
    expect(source.read(bytes.length, into)).toBe(0);
    expect(await readBytes(source, 5, bytes.length - 5)).toEqual(bytes.subarray(5));
    source.close();
    source.close();
    expect(() => source.read(0, into)).toThrow(refusal('cannot-read', 'f', /./));
  }));

  it('refuses when the file shrinks under it', () => withTemporary(async (directory) => {
    const file = path.join(directory, 'f');
    fs.writeFileSync(file, new Uint8Array(100));
    const source = fileSource(file, 'f');
    fs.truncateSync(file, 40);
    await expect(readBytes(source, 0, 100)).rejects.toMatchObject({ code: 'short-read' });
    source.close();
  }));

  it('refuses what is no file, and never waits for a pipe', () => withTemporary((directory) => {
    expect(() => fileSource(path.join(directory, 'none'), 'none')).toThrow(refusal('cannot-read', 'none', /no such file/));
    expect(() => fileSource(directory, 'dir')).toThrow(refusal('cannot-read', 'dir', /directory/));
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [path.join(directory, 'pipe')]);
    expect(() => fileSource(path.join(directory, 'pipe'), 'pipe')).toThrow(refusal('cannot-read', 'pipe', /neither/));
    expect(() => fileSource('/dev/null', 'null')).toThrow(refusal('cannot-read', 'null', /neither/));
  }));
});

describe('a sink', () => {
  it('writes at any place, grows, and can be opened again', () => withTemporary((directory) => {
    const file = path.join(directory, 'f'), big = new Uint8Array(REQUEST_BYTES_MAX * 2 + 3).fill(7);
    const sink = fileSink(file, 'f');
    sink.write(4, big);
    sink.write(0, Uint8Array.of(1, 2));
    sink.sync();
    sink.close();
    sink.close();
    const again = fileSink(file, 'f', 'reopen');
    again.write(2, Uint8Array.of(3, 4));
    again.close();
    expect(fs.readFileSync(file).equals(Buffer.concat([Buffer.of(1, 2, 3, 4), big]))).toBe(true);
  }));

  it('never replaces a file and never makes one where it should continue', () => withTemporary((directory) => {
    const file = path.join(directory, 'f');
    expect(() => fileSink(file, 'f', 'reopen')).toThrow(refusal('cannot-write', 'f', /no such file/));
    fs.writeFileSync(file, 'x');
    expect(() => fileSink(file, 'f')).toThrow(refusal('cannot-write', 'f', /exists already/));
    expect(fs.readFileSync(file, 'utf8')).toBe('x');
  }));

  it.runIf(fs.existsSync('/dev/full'))('says when the disk is full', () => {
    const sink = fileSink('/dev/full', 'out', 'reopen');
    expect(() => sink.write(10, new Uint8Array(10))).toThrow(refusal('cannot-write', 'out', /no space left/));
    sink.close();
  });
});

it('keeps the words of the system for codes it has none for', () => {
  expect(reasonOf(Object.assign(new Error('EWEIRD: odd'), { code: 'EWEIRD' }))).toEqual({ en: 'EWEIRD: odd', zh: 'EWEIRD: odd' });
});
