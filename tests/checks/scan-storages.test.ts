/** Storages that begin like a pickle: weights do by chance, and only what names something hides one. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { convertPath, scanPath } from '../../src/node/verbs.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-scan-storages-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A torch file of one tensor of these bytes. */
async function torchFile(name: string, bytes: Buffer): Promise<string> {
  const header = JSON.stringify({ w: { dtype: 'U8', shape: [bytes.length], data_offsets: [0, bytes.length] } }), size = Buffer.alloc(8), input = path.join(scratch, `${name}.safetensors`), output = path.join(scratch, `${name}.bin`);
  size.writeBigUInt64LE(BigInt(header.length));
  fs.writeFileSync(input, Buffer.concat([size, Buffer.from(header), bytes]));
  await convertPath({ input, output, workers: 0 });
  return output;
}

it.each([
  ['65537 as float32, many times', Buffer.concat(Array.from({ length: 16 }, () => Buffer.from([0x80, 0x00, 0x80, 0x47]))), 'data-only', []],
  ['PROTO and noise', Buffer.from([0x80, 0x02, ...Array.from({ length: 400 }, (_, i) => (i * 89 + 41) & 0xff)]), 'data-only', []],
  ['a pickle that names a function', Buffer.from('\x80\x02cos\ngetcwd\n)R.', 'latin1'), 'finding', ['scan-hidden']],
])('%s', async (name, bytes, verdict, codes) => {
  const { body, findings } = await scanPath(await torchFile(name, bytes));
  expect([body.verdict, findings.map(({ code }) => code)]).toEqual([verdict, codes]);
});
