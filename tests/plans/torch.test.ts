/** Torch files converted to safetensors: every golden file's values, or a refusal that names the tensor which has none. */
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, inspectPath } from '../../src/node/verbs.ts';
import { parseDType } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-torch-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

const EXPECTED = '.expected.json';
const sha256 = (bytes: Uint8Array) => crypto.createHash('sha256').update(bytes).digest('hex');

/** Header and tensors of a safetensors file, read by nothing of ours. */
function readSafetensors(file: string) {
  const bytes = fs.readFileSync(file), length = Number(bytes.readBigUInt64LE(0)), header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const { __metadata__: metadata, ...entries } = header as Record<string, any>;
  const tensors = new Map(Object.entries(entries).map(([name, { dtype, shape, data_offsets: [from, to] }]: [string, any]) =>
    [name, { dtype, shape, sha256: sha256(bytes.subarray(8 + length + from, 8 + length + to)) }]));
  return { metadata: metadata as Record<string, string>, tensors };
}

/** Expected tensors; long lists are columns with digests cut short. */
const rowsOf = (expected: any): any[] => (expected.tensor_columns
  ? expected.tensors.map((row: unknown[]) => Object.fromEntries(expected.tensor_columns.map((key: string, i: number) => [key.split(' ')[0], row[i]]))) : expected.tensors);

/** Whether the bytes in the file are the values, perhaps after a sign that we apply. */
const isPlain = (row: any) => ['tensor', 'parameter', undefined].includes(row.kind) && !row.flags?.conj && row.storage !== undefined;

/** Names of the state dict and the expectation of each; undefined where the fixture does not say where it lies. */
function stateOf(expected: any): Map<string, any> | undefined {
  const rows = rowsOf(expected);
  if (expected.module_state_dict !== undefined) return new Map(Object.entries(expected.module_state_dict).map(([name, id]) => [name, rows.find((row) => row.id === id)]));
  const { unwrap } = expected, first = rows[0]?.name.split('.')[0];
  if (unwrap === undefined && ['model', '@state', '@args'].includes(first)) return undefined;
  const prefix = unwrap === undefined ? '' : `${unwrap.join('.')}.`;
  return new Map(rows.filter((row) => row.name.startsWith(prefix)).map((row) => [row.name.slice(prefix.length), row]));
}

for (const { label, dir } of fixtureFolders('containers')) {
  const files = ['torch', 'legacy', 'zip_variants', 'torch113'].filter((group) => fs.existsSync(path.join(dir, group)))
    .flatMap((group) => fs.readdirSync(path.join(dir, group)).filter((name) => name.endsWith(EXPECTED)).map((name) => `${group}/${name.slice(0, -EXPECTED.length)}`))
    .map((file) => ({ file, expected: readJson(path.join(dir, file + EXPECTED)) }))
    .filter(({ expected }) => /^torch-(?:zip|legacy)$/.test(expected.format) && stateOf(expected) !== undefined);
  describe.each(files)(`${label} $file`, ({ file, expected }) => {
    const state = stateOf(expected)!, input = path.join(dir, file), output = path.join(scratch, `${label}-${file.replaceAll('/', '-')}`);
    const wanted = (name: string, row: any) => ({ name, dtype: row.safetensors_dtype ?? parseDType(row.dtype), shape: row.shape, sha256: row.sha256 });

    it('as safetensors', async () => {
      try {
        await convertPath({ input, output: `${output}.safetensors`, workers: 0 });
      } catch (error) {
        if (!isTemperError(error)) throw error;
        expect(error.findings.length).toBeGreaterThan(0);
        for (const { code, tensor } of error.findings) {
          const row = state.get(tensor!);
          // complex128 and the like have no word in safetensors, and one name is taken.
          if (code === 'safetensors-cannot-write') expect(row.safetensors_dtype === null || tensor === '__metadata__').toBe(true);
          else expect([code, isPlain(row)]).toEqual(['tensor-not-plain', false]);
        }
        return;
      }
      expect([...state.values()].filter((row) => !isPlain(row) || row.safetensors_dtype === null)).toEqual([]);
      const { metadata, tensors } = readSafetensors(`${output}.safetensors`);
      expect(metadata['format']).toBe('pt');
      const removed = new Map(Object.entries(metadata).filter(([key]) => key !== 'format'));
      for (const [name, row] of state) {
        const got = tensors.get(removed.get(name) ?? name)!;
        // torch counts bytes of packed 4-bit elements, safetensors counts elements.
        const shape = row.safetensors_dtype === 'F4' ? got.shape.with(-1, got.shape.at(-1) / 2) : got.shape;
        expect({ name, ...got, shape, sha256: got.sha256.slice(0, row.sha256.length) }).toEqual(wanted(name, row));
      }
      for (const [name, kept] of removed) expect([tensors.has(name), tensors.has(kept)]).toEqual([false, true]);
      // One object is listed once in the expectation; its other names are the ones that were removed, or kept instead of it.
      for (const name of tensors.keys()) expect(state.has(name) || [...removed].some(([gone, kept]) => kept === name && state.has(gone))).toBe(true);
    });

    it('as a torch file again, through a view where its storages are packed or swapped', async () => {
      const plain = [...state].filter(([, row]) => !isPlain(row)).length === 0;
      try {
        await convertPath({ input, output: `${output}.again.pt`, workers: /deflated|big_endian/.test(file) ? 2 : 0 });
      } catch (error) {
        expect([isTemperError(error, 'tensor-not-plain'), plain]).toEqual([true, false]);
        return;
      }
      expect(plain).toBe(true);
      const { body } = await inspectPath(`${output}.again.pt`, { tensors: true, digest: true });
      const got = new Map(body.tensors!.map((tensor) => [tensor.name, tensor]));
      for (const [name, row] of state) {
        const { dtype, shape, sha256: digest } = got.get(name)!;
        expect({ name, dtype, shape, sha256: digest!.slice(0, row.sha256.length) }).toEqual(wanted(name, row));
      }
    });
  });
}
