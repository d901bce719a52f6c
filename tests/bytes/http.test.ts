import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpSource, readBytes } from '../../src/bytes/index.ts';
import { openContainer } from '../../src/containers/index.ts';
import { fixtureRoots } from '../fixtures.ts';

const bytes = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 31 + (i >> 8)) & 255));
const model = fs.readFileSync(path.join(fixtureRoots()[0]!, 'trees/base-candidates/tree/candidates/right/model.safetensors'));
let requests = 0, version = 1;

/** `/whole` ignores ranges, `/busy` answers at the third try, `/short` gives less than it was asked for. */
const server = http.createServer((request, response) => {
  requests++;
  const url = new URL(request.url!, 'http://host'), content = url.pathname === '/model.safetensors' ? model : url.pathname === '/empty' ? Buffer.alloc(0) : bytes;
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (url.pathname === '/missing') { response.writeHead(404).end(); return; }
  if (url.pathname === '/busy' && requests % 3 !== 0) { response.writeHead(503).end(); return; }
  if (url.pathname === '/whole' || from === undefined || to === undefined) { response.writeHead(200).end(content); return; }
  if (Number(from) >= content.length) { response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end(); return; }
  const end = Math.min(url.pathname === '/short' ? Number(from) + 1000 : Number(to) + 1, content.length);
  response.writeHead(206, { 'content-range': `bytes ${from}-${end - 1}/${content.length}`, etag: `"${url.pathname === '/changing' ? version++ : 0}"` }).end(content.subarray(Number(from), end));
});
let root = '';
beforeAll(async () => {
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => { server.close(); });

describe('a resource of a server', () => {
  test('is read in ranges, anywhere', async () => {
    const source = await httpSource(`${root}/some%20file.bin`);
    expect([source.label, source.size]).toEqual(['some file.bin', bytes.length]);
    for (const [offset, length] of [[0, 10], [262_140, 10], [999_990, 13], [5, 700_000], [0, bytes.length]] as const) {
      expect(Buffer.compare(await readBytes(source, offset, length), bytes.subarray(offset, offset + length))).toBe(0);
    }
  });

  test('small reads of a header share a request', async () => {
    const source = await httpSource(`${root}/model.safetensors`), before = requests;
    const { tensors } = await openContainer(source);
    expect([tensors.length > 0, requests - before]).toEqual([true, 0]);
  });

  test('may be empty, busy for a while, or answer less than was asked for', async () => {
    expect((await httpSource(`${root}/empty`)).size).toBe(0);
    expect((await httpSource(`${root}/busy`)).size).toBe(bytes.length);
    expect(Buffer.compare(await readBytes(await httpSource(`${root}/short`), 10, 5000), bytes.subarray(10, 5010))).toBe(0);
  });

  test('is refused when it is absent, cannot be read in ranges, or changes', async () => {
    await expect(httpSource(`${root}/missing`)).rejects.toMatchObject({ findings: [{ code: 'cannot-read', path: 'missing' }] });
    await expect(httpSource(`${root}/whole`)).rejects.toMatchObject({ findings: [{ code: 'cannot-read' }] });
    const changing = await httpSource(`${root}/changing`);
    await expect(readBytes(changing, 500_000, 10)).rejects.toMatchObject({ findings: [{ code: 'remote-changed', offset: 500_000 }] });
  });

  test('stops when it is told to', async () => {
    const abort = new AbortController();
    const source = await httpSource(`${root}/file`, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(readBytes(source, 500_000, 10)).rejects.toThrow('enough');
  });
});
