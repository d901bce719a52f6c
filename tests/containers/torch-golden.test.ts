/**
 * Every torch file of the container fixtures: what its content is, every tensor (dtype, shape, strides, digest of the
 * values), what is shared, which names the pickle mentions, and the whole object in neutral JSON.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memorySource, readBytes, type ByteSource } from '../../src/bytes/index.ts';
import { torchLegacy, torchZip, type TorchFile } from '../../src/containers/torch/index.ts';
import type { PyCall } from '../../src/containers/torch/pickle/index.ts';
import { findTensors, partsOf } from '../../src/containers/torch/walk.ts';
import { evaluateReference, sourcesOf, type Expression } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { Neutral, normalise } from './neutral.ts';

const CONTAINERS = [torchZip, torchLegacy];

/** Bytes that an expression reads, fetched before the synchronous evaluator asks for them. */
async function valuesOf(expression: Expression, source: ByteSource): Promise<Uint8Array> {
  // Golden files are small: the whole view is read at once.
  const all = await readBytes(source, 0, source.size);
  return evaluateReference(expression, { read: (_source, offset, length) => all.subarray(offset, offset + length) });
}

const sha256 = (bytes: Uint8Array) => crypto.createHash('sha256').update(bytes).digest('hex');
const EXPECTED = '.expected.json';

/** Expected tensors; a long list is kept as columns with digests cut short. */
const rowsOf = (expected: any): any[] => (expected.tensor_columns
  ? expected.tensors.map((row: unknown[]) => ({ kind: 'tensor', ...Object.fromEntries(expected.tensor_columns.map((key: string, i: number) => [key.split(' ')[0], row[i]])) }))
  : expected.tensors);

for (const { label, dir } of fixtureFolders('containers')) {
  for (const group of fs.readdirSync(dir)) {
    const folder = path.join(dir, group);
    if (!fs.statSync(folder).isDirectory()) continue;
    for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(EXPECTED))) {
      const expected = readJson(path.join(folder, file));
      if (!['torch-zip', 'torch-legacy'].includes(expected.format)) continue;
      const name = file.slice(0, -EXPECTED.length);
      describe(`${label} ${group}/${name}`, () => {
        const bytes = new Uint8Array(fs.readFileSync(path.join(folder, name)));
        const source = memorySource(name, bytes);
        const opened: Promise<TorchFile> = (async () => {
          const container = CONTAINERS.find((one) => one.sniff(bytes.subarray(0, 4096), bytes.length));
          if (container === undefined) throw new Error('nobody knows the format');
          return container.open(source);
        })();
        opened.catch(() => {});

        it('is recognised and lists every tensor with its values', async () => {
          const torch = await opened;
          expect(torch.format).toBe(expected.format);
          const got = new Map<string, { shape: readonly number[]; sha256: string }>();
          for (const { name: tensor, dtype, shape, expression, torchShape, sameAs } of torch.tensors) {
            if (sameAs !== undefined) continue; // The fixtures list objects, not names.
            expect([...sourcesOf(expression)]).toEqual([0]);
            expect(expression.dtype).toBe(dtype);
            expect(expression.shape).toEqual(shape);
            got.set(tensor, { shape: torchShape ?? shape, sha256: sha256(await valuesOf(expression, torch.source ?? source)) });
          }
          const plain = rowsOf(expected).filter((t) => ['tensor', 'parameter'].includes(t.kind) && t.storage !== undefined && !t.flags?.conj);
          for (const t of plain) {
            const { shape, sha256: digest } = got.get(t.name) ?? { shape: 'missing', sha256: '' };
            expect({ name: t.name, shape, sha256: digest.slice(0, t.sha256.length) }).toEqual({ name: t.name, shape: t.shape, sha256: t.sha256 });
          }
          expect([...got.keys()].sort()).toEqual(plain.map((t) => t.name).sort());
        });

        it.skipIf(expected.tensor_columns)('describes every tensor object as torch does', async () => {
          const torch = await opened, seen = new Set<PyCall>();
          const found = findTensors(torch.root, torch.objects).filter(({ call }) => !seen.has(call) && seen.add(call));
          const rows = found.map(({ place, name: tensor, tensor: t }) => ({
            name: tensor, path: partsOf(place), kind: t.kind, dtype: t.dtype.name, shape: t.shape,
            stride: t.strides, offset: t.offset, storage: t.storage?.key, grad: t.requiresGrad, conj: t.conj, neg: t.neg,
          }));
          expect(rows).toEqual(expected.tensors.map((t: any) => ({
            name: t.name, path: t.path, kind: t.kind, dtype: t.dtype, shape: t.shape,
            stride: t.stride, offset: t.offset, storage: t.storage, grad: t.requires_grad ?? false, conj: t.flags?.conj ?? false, neg: t.flags?.neg ?? false,
          })));
        });

        it('names the same globals, storages and shared names', async () => {
          const torch = await opened;
          expect([...new Set(torch.globals.map(({ path: global }) => global))].sort()).toEqual([...expected.globals].sort());
          expect(torch.shared).toEqual(expected.shared ?? []);
          const rows = torch.objects.storages.storages.map(({ key, class: type, location, numel, bytes: size, viewOf, viewOffset }) =>
            ({ key, type: type.name, ...(viewOf === undefined ? { location } : { view_of: viewOf, view_offset: viewOffset }), numel, bytes: size }));
          const all = new Map<string, unknown>(rows.map((row) => [row.key, row]));
          for (const { sha256: _digest, ...storage } of expected.storages ?? []) expect(all.get(storage.key)).toEqual(storage);
        });

        it.skipIf(expected.content === undefined)('holds the same object', async () => {
          const torch = await opened, ids = new Map<PyCall, number>();
          for (const { call } of findTensors(torch.root, torch.objects)) if (!ids.has(call)) ids.set(call, ids.size);
          expect(normalise(new Neutral(torch.objects, ids).of(torch.root, []))).toEqual(normalise(expected.content));
        });

        if (expected.module_state_dict || expected.unwrap) {
          it('finds the state dict', async () => {
            const { stateDict, root, objects } = await opened;
            expect(stateDict.path).toEqual(expected.unwrap ?? []);
            if (!expected.module_state_dict) return;
            const order: PyCall[] = [];
            for (const { call } of findTensors(root, objects)) if (!order.includes(call)) order.push(call);
            const names = Object.fromEntries(stateDict.tensors.map(({ name: key, tensor }) => [key, order.findIndex((call) => objects.tensor(call, '') === tensor)]));
            expect(names).toEqual(expected.module_state_dict);
          });
        }
      });
    }
  }
}

