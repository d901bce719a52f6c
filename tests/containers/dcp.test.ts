/** Distributed checkpoints of a real two-rank run, and hostile ones. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFolder, readBytes, type Folder } from '../../src/bytes/index.ts';
import { assemble, isPart, openDcp, openSharded } from '../../src/containers/dcp/index.ts';
import { safetensors } from '../../src/containers/safetensors/index.ts';
import { torchZip } from '../../src/containers/torch/index.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { evaluateReference, type Expression } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { hostileCases, verdictOf } from '../hostile.ts';

const load = (dir: string): Folder => memoryFolder(path.basename(dir), new Map(fs.readdirSync(dir, { withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => [entry.name, new Uint8Array(fs.readFileSync(path.join(dir, entry.name)))])));

async function digest(expression: Expression, files: readonly { source: { size: number } }[]): Promise<string> {
  const all: Uint8Array[] = [];
  for (const { source } of files) all.push(await readBytes(source as never, 0, source.size));
  return crypto.createHash('sha256').update(evaluateReference(expression, { read: (source, offset, length) => all[source]!.subarray(offset, offset + length) })).digest('hex');
}

const parts = async (folder: Folder) => {
  const names: string[] = [];
  for (const { path: name } of await folder.list()) if (name.endsWith('.safetensors') && isPart(await safetensors.open(await folder.open(name)))) names.push(name);
  return names;
};

for (const { label, dir } of fixtureFolders('containers/dcp')) {
  for (const file of fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json'))) {
    const name = file.replace('.expected.json', ''), expected = readJson(path.join(dir, file));
    if (expected.format === 'dcp') {
      it(`${label} ${name}: tensors, places, values, objects, keys`, async () => {
        const opened = await openDcp(load(path.join(dir, name)));
        expect(opened.metadata.version).toBe(expected.version);
        expect(opened.tensors.map((t) => ({ name: t.name, dtype: t.dtype.name, shape: t.shape, chunks: t.chunks.map(({ offsets, sizes, slice }) => ({ offsets, sizes, file: slice.path, offset: slice.offset, length: slice.length })) })))
          .toEqual(expected.tensors.map(({ name: tensor, dtype, shape, chunks }: any) => ({ name: tensor, dtype, shape, chunks })));
        for (const [i, described] of opened.tensors.entries()) {
          expect(await digest((await opened.tensor(described)).expression, opened.files), described.name).toBe(expected.tensors[i].sha256);
        }
        expect(opened.metadata.objects.map(({ name: object, slice }) => ({ name: object, file: slice.path, offset: slice.offset, length: slice.length })))
          .toEqual(expected.bytes_entries.map(({ name: object, file: data, offset, length }: any) => ({ name: object, file: data, offset, length })));
        expect([...opened.metadata.paths]).toEqual(expected.planner_data);
        expect([...new Set(opened.metadata.pickle.globals.map(({ path: global }) => global))].sort()).toEqual([...expected.globals].sort());
      });
    } else if (expected.format === 'dcp-hf-safetensors') {
      it(`${label} ${name}: parts of safetensors`, async () => {
        const inner = fs.existsSync(path.join(dir, name, 'sharded')) ? path.join(dir, name, 'sharded') : path.join(dir, name);
        const folder = load(inner), opened = await openSharded(folder, await parts(folder)), rows: [string, number[], string][] = [];
        for (const tensor of opened.tensors) rows.push([tensor.name, [...tensor.shape], await digest(tensor.expression, opened.files)]);
        expect(rows.sort()).toEqual(expected.tensors.map((t: any) => [t.name, t.shape, t.sha256]).sort());
      });
    }
  }
}

describe('hostile directories', () => {
  for (const { title, path: dir, one } of hostileCases((c) => c.group === 'D2')) {
    const folder = load(dir);
    it(title, async () => {
      const verdict = await verdictOf(async () => {
        const shards = await parts(folder);
        if (shards.length > 0) return openSharded(folder, shards);
        const opened = await openDcp(folder);
        for (const described of opened.tensors) await opened.tensor(described);
        for (const { slice, name } of opened.metadata.objects) await opened.open(slice, name);
        return opened;
      });
      // What a pickle would do is the scan's business; for opening, dangerous files are data or refused.
      const accept = (one.accept ?? [one.expected]).flatMap((word) => (word === 'dangerous' || word === 'benign-framework' ? ['data-only', 'refuse'] : [word]));
      expect(accept).toContain(verdict);
    });
  }
});

describe('boxes', () => {
  const box = (offsets: number[], sizes: number[]) => ({ offsets, sizes, part: `${offsets}+${sizes}` });
  it('fill a shape along several axes', () => {
    const grid = assemble([4, 6], [box([0, 0], [2, 3]), box([2, 0], [2, 3]), box([0, 3], [4, 3])]);
    expect(grid).toEqual({ axis: 1, parts: [{ axis: 0, parts: [{ part: '0,0+2,3' }, { part: '2,0+2,3' }] }, { part: '0,3+4,3' }] });
  });
  it.each([
    ['a gap in front', [2], [box([1], [1])]], ['a gap at the end', [3], [box([0], [1]), box([1], [1])]], ['an overlap', [3], [box([0], [2]), box([1], [2])]],
    ['the same twice', [2], [box([0], [2]), box([0], [2])]], ['a hole', [2, 2], [box([0, 0], [2, 1]), box([0, 1], [1, 1])]], ['one outside', [2], [box([1], [2])]], ['nothing', [1], []],
  ])('%s is said', (_, shape, boxes) => { expect(assemble(shape, boxes)).toHaveProperty('en'); });
  it('no elements need no parts', () => { expect(assemble([0, 3], [box([0, 0], [0, 3])])).toBeUndefined(); });
});

it('a slice that is no torch file says so', async () => {
  const error = await torchZip.open({ label: 'x', size: 3, read: (_, into) => into.fill(1).length, close: () => {} }).catch((thrown: unknown) => thrown);
  expect(isTemperError(error, 'zip-structure')).toBe(true);
});
