/** Sharded checkpoints of the fixtures: which files are read, and every tensor's dtype, shape and bytes. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBytes } from '../../src/bytes/index.ts';
import { closeCheckpoint, openCheckpoint } from '../../src/checkpoints/index.ts';
import { CONTAINERS } from '../../src/containers/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { evaluateReference, parseDType } from '../../src/tensors/index.ts';
import { fixtureFolders, readJson } from '../fixtures.ts';
import { copyWithLinks, withTemporary } from '../hostile.ts';

/** Words of the fixtures for what should be reported, and our codes. An absent total_size is not listed everywhere; the index tells. */
const REPORTED: Record<string, string | undefined> = {
  'total-size-absent': undefined, 'total-size-mismatch': 'total-size-wrong', 'index-metadata-absent': 'index-metadata-absent', symlink: 'linked-files',
  // A float that is right is no defect.
  'total-size-is-float': undefined,
};
/** Findings that are no deviation of the files. */
const NOTES = new Set(['variant-chosen', 'two-weight-files']);

const readsTorch = CONTAINERS.some(({ format }) => format.startsWith('torch'));
const torch = /\.(?:bin|pth)$/;

describe.each(fixtureFolders('containers/sharded'))('$label', ({ dir }) => {
  const cases = fs.readdirSync(dir).filter((name) => name.endsWith('.expected.json')).map((name) => readJson(path.join(dir, name)))
    .filter(({ format, files }) => format === 'sharded' && (readsTorch || Object.keys(files).some((file) => file.endsWith('.safetensors'))));
  it.each(cases.map((expected) => [expected.file as string, expected]))('%s', async (file, expected) => {
    await withTemporary(async (directory) => {
      copyWithLinks(path.join(dir, file), directory, (relative) => expected.files[relative.replaceAll('\\', '/')]?.symlink !== undefined);
      const checkpoint = await openCheckpoint(openFolder(path.join(directory, expected.open ?? '')));
      const bytes = new Map<number, Uint8Array>();
      for (const [i, { source }] of checkpoint.files.entries()) bytes.set(i, await readBytes(source, 0, source.size));
      const found = [...checkpoint.tensors.values()].map(({ name, dtype, shape, bytes: count, expression }) => ({
        name, dtype, shape, nbytes: count,
        sha256: createHash('sha256').update(evaluateReference(expression, { read: (source, offset, length) => bytes.get(source)!.subarray(offset, offset + length) })).digest('hex'),
      }));
      const wanted = expected.tensors.map((tensor: any) => ({ name: tensor.name, dtype: parseDType(tensor.dtype), shape: tensor.shape, nbytes: tensor.nbytes, sha256: tensor.sha256 }));
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      expect(found.sort(byName)).toEqual(wanted.sort(byName));
      if (expected.index_file?.includes('safetensors')) {
        expect(checkpoint.index).toBe(expected.index_file);
        for (const tensor of expected.tensors) expect(checkpoint.files[checkpoint.tensors.get(tensor.name)!.file]!.path).toBe(tensor.file);
      }
      const absent = expected.index?.metadata !== undefined && expected.index_file === checkpoint.index && expected.index.metadata.total_size === undefined;
      expect(checkpoint.findings.map(({ code }) => code).filter((code) => !NOTES.has(code)))
        .toEqual([...absent ? ['total-size-absent'] : [], ...(expected.findings ?? []).flatMap((word: string) => REPORTED[word] ?? [])]);
      expect(checkpoint.findings.some(({ code }) => code === 'two-weight-files')).toBe(checkpoint.unused.some((name) => !name.endsWith('.json')));
      expect(checkpoint.unused.every((name) => torch.test(name) || name.endsWith('.bin.index.json'))).toBe(true);
      await closeCheckpoint(checkpoint);
    });
  });
});
