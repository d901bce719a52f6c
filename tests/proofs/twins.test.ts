/** Two sets of weights compared tensor by tensor, however each lays them out. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import { closeCheckpoint, openCheckpoint, type Checkpoint } from '../../src/checkpoints/index.ts';
import { openInput } from '../../src/node/folder.ts';
import { convertPath } from '../../src/node/verbs.ts';
import { compareTwins } from '../../src/proofs/twins.ts';
import { fixtureRoots } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-twins-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

type Tensors = Readonly<Record<string, readonly [dtype: string, shape: readonly number[], bytes: readonly number[]]>>;

/** A safetensors file in memory. */
function opened(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Promise<Checkpoint> {
  let at = 0;
  const header = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(Object.entries(tensors).map(([name, [dtype, shape, bytes]]) => [name, { dtype, shape, data_offsets: [at, at += bytes.length] }])) });
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Promise.resolve(openCheckpoint(memoryFolder('x', new Map([['model.safetensors', new Uint8Array(Buffer.concat([size, Buffer.from(header), Buffer.from(Object.values(tensors).flatMap(([, , bytes]) => [...bytes]))]))]]))));
}

const ONE: Tensors = { a: ['F32', [2], [0, 0, 128, 63, 0, 0, 0, 64]], b: ['BF16', [1, 2], [128, 63, 0, 64]] };

it.each<[string, Tensors, object[]]>([
  ['one byte', { ...ONE, a: ['F32', [2], [0, 0, 128, 63, 1, 0, 0, 64]] }, [{ name: 'a', status: 'differs', element: 1 }]],
  ['a dtype', { ...ONE, b: ['F16', [1, 2], [128, 63, 0, 64]] }, [{ name: 'b', status: 'dtype', first: 'BF16', second: 'F16' }]],
  ['a shape', { ...ONE, b: ['BF16', [2], [128, 63, 0, 64]] }, [{ name: 'b', status: 'shape', first: '[1,2]', second: '[2]' }]],
  ['a missing one', { a: ONE['a']! }, [{ name: 'b', status: 'only-first' }]],
  ['one more', { ...ONE, c: ['U8', [1], [1]] }, [{ name: 'c', status: 'only-second' }]],
  ['nothing', ONE, []],
])('finds %s', async (_, tensors, found) => {
  const first = await opened(ONE), second = await opened(tensors), all = await compareTwins(first, second);
  expect(all.tensors.filter(({ status }) => status !== 'equal')).toEqual(found);
  expect(all.equal).toBe(found.length === 0);
  const brief = await compareTwins(first, second, { brief: true });
  expect(brief.tensors.filter(({ status }) => status !== 'equal')).toEqual(found.slice(0, 1));
});

it('takes a name that the metadata sends to another for that one', async () => {
  const first = await opened({ a: ONE['a']! }, { b: 'a' });
  expect(await compareTwins(first, await opened({ a: ONE['a']!, b: ONE['a']! }))).toMatchObject({ equal: true, tensors: [{ name: 'a' }, { name: 'b', status: 'equal' }] });
  expect(await compareTwins(first, await opened({ a: ONE['a']!, b: ['F32', [2], [9, 0, 128, 63, 0, 0, 0, 64]] }))).toMatchObject({ equal: false, tensors: [{}, { name: 'b', status: 'differs', element: 0 }] });
});

describe('layouts of every kind', () => {
  it.each(['torch/views.pt', 'torch/views_nd.pt', 'torch/shapes.pth', 'torch/special_floats.pt', 'zip_variants/deflated_all.pt', 'zip_variants/big_endian.pt', 'legacy/legacy_views_tied.pt'])('%s equals what it is converted to', async (file) => {
    const input = path.join(fixtureRoots()[0]!, 'containers', file), output = path.join(scratch, `${path.basename(file)}${file.startsWith('zip_variants') ? '.again.pt' : '.safetensors'}`);
    // complex128 is torch's alone.
    await convertPath({ input, output, workers: 0 });
    const [first, second] = await Promise.all([input, output].map((one) => { const { folder, file: name } = openInput(one); return openCheckpoint(folder, { file: name! }); }));
    let bytes = 0;
    const { equal, tensors } = await compareTwins(first!, second!, { onBytes: (done) => { bytes = done; } });
    expect(tensors.filter(({ status }) => status !== 'equal')).toEqual([]);
    expect([equal, bytes]).toEqual([true, [...first!.tensors.values()].reduce((sum, one) => sum + one.bytes, 0)]);
    await closeCheckpoint(first!);
    await closeCheckpoint(second!);
  });
});
