/** Torch files as inputs of plans: tied names, compressed storages, plans that are run later. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTemperError } from '../../src/findings/index.ts';
import { convertPath, inspectPath, mergePaths, verifyPaths } from '../../src/node/verbs.ts';
import { readModelRaw, readRaw } from '../adapters/judge.ts';
import { fixtureRoots, readJson } from '../fixtures.ts';

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'temper-torch-inputs-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));
const fixture = (...parts: string[]) => path.join(fixtureRoots()[0]!, ...parts);

/** The records of a stored zip, deflated again: what a repacking tool makes of a torch file. */
function deflated(file: string): Buffer {
  const zip = fs.readFileSync(file), parts: Buffer[] = [], entries: Buffer[] = [];
  let at = zip.readUInt32LE(zip.length - 6), offset = 0;
  for (; zip.readUInt32LE(at) === 0x02014b50; at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)) {
    const entry = Buffer.from(zip.subarray(at, at + 46 + zip.readUInt16LE(at + 28))), local = zip.readUInt32LE(at + 42);
    const name = entry.subarray(46), size = entry.readUInt32LE(24), data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zlib.deflateRawSync(zip.subarray(data, data + size)), header = Buffer.alloc(30);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt16LE(0, 30);
    entry.writeUInt32LE(offset, 42);
    entry.copy(header, 4, 6, 30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(0, 28);
    parts.push(header, name, packed);
    entries.push(entry);
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22), directory = Buffer.concat(entries);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

describe('tied names of a torch file', () => {
  const make = (name: string, config?: object) => {
    const dir = path.join(scratch, name);
    fs.mkdirSync(dir);
    fs.copyFileSync(fixture('containers/torch/tied_and_overlapping.pt'), path.join(dir, 'pytorch_model.bin'));
    if (config !== undefined) fs.writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config));
    return dir;
  };
  const metadataOf = (file: string) => JSON.parse(fs.readFileSync(file).subarray(8, 8 + Number(fs.readFileSync(file).readBigUInt64LE(0))).toString()).__metadata__;

  it.each([['unsaid', undefined], ['tied', { tie_word_embeddings: true }]])('are written once, the head never: %s', async (name, config) => {
    const output = path.join(scratch, `${name}-out`);
    const { body } = await convertPath({ input: make(name, config), output, workers: 0 });
    expect(metadataOf(path.join(output, 'model.safetensors'))).toEqual({ format: 'pt', 'lm_head.weight': 'alias_view', 'embed.weight': 'alias_view' });
    expect(body.tensors.dropped.map((dropped) => dropped.name).sort()).toEqual(['embed.weight', 'lm_head.weight']);
    // Partial overlaps and other shapes are tensors of their own.
    expect([...readRaw(path.join(output, 'model.safetensors')).keys()].sort()).toEqual(['a', 'alias_view', 'b', 'disjoint1', 'disjoint2', 'flat_alias']);
  });

  it('keep the head where the configuration denies the tie', async () => {
    const output = path.join(scratch, 'untied-out');
    await convertPath({ input: make('untied', { tie_word_embeddings: false }), output, workers: 0 });
    const tensors = readRaw(path.join(output, 'model.safetensors'));
    expect(tensors.get('lm_head.weight')).toEqual(tensors.get('alias_view'));
    expect(metadataOf(path.join(output, 'model.safetensors'))).toEqual({ format: 'pt', 'embed.weight': 'alias_view' });
  });

  it('are all written for an adapter, which is loaded by its names', async () => {
    const dir = path.join(scratch, 'adapter-tied'), output = path.join(scratch, 'adapter-tied-out');
    fs.mkdirSync(dir);
    fs.copyFileSync(fixture('containers/torch/tied_and_overlapping.pt'), path.join(dir, 'adapter_model.bin'));
    await convertPath({ input: dir, output, workers: 0 });
    expect([...readRaw(path.join(output, 'adapter_model.safetensors')).keys()]).toEqual(expect.arrayContaining(['embed.weight', 'lm_head.weight', 'alias_view']));
  });

  it('are listed once, and said', async () => {
    const { body, findings } = await inspectPath(fixture('containers/torch/tied_and_overlapping.pt'), { tensors: true });
    expect(body.tensors!.map(({ name }) => name)).not.toContain('lm_head.weight');
    expect(findings).toMatchObject([{ code: 'same-tensors', parameters: { count: 1, names: 'lm_head.weight = embed.weight' } }]);
  });
});

it('lists tensors that have no bytes, without a digest', async () => {
  const { body, findings } = await inspectPath(fixture('containers/torch/meta.pt'), { tensors: true, digest: true });
  const rows = new Map(body.tensors!.map((tensor) => [tensor.name, tensor]));
  expect(rows.get('meta_param')).toMatchObject({ dtype: 'F32', bytes: 0 });
  expect(rows.get('meta_param')!.sha256).toBeUndefined();
  expect(rows.get('real')!.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(findings.map(({ code, severity }) => `${code} ${severity}`))).toEqual(new Set(['tensor-not-plain info']));
});

describe('compressed torch files', () => {
  const source = fixture('peft/file-base-bin-sharded'), adapter = fixture('peft/file-adapter-bin/adapter'), root = path.join(scratch, 'packed');
  const base = path.join(root, 'base'), packedAdapter = path.join(root, 'adapter'), plan = path.join(root, 'plan.ndjson');
  let expected: ReturnType<typeof readModelRaw>;
  beforeAll(async () => {
    for (const [from, to] of [[path.join(source, 'base'), base], [adapter, packedAdapter]] as const) {
      fs.cpSync(from, to, { recursive: true });
      for (const name of fs.readdirSync(to).filter((file) => file.endsWith('.bin'))) fs.writeFileSync(path.join(to, name), deflated(path.join(from, name)));
    }
    await mergePaths({ base: path.join(source, 'base'), adapters: [adapter], output: path.join(root, 'plain'), workers: 0 });
    expected = readModelRaw(path.join(root, 'plain'));
  });

  it('merge to the bytes of the plain ones, with or without threads', async () => {
    for (const workers of [0, 2]) {
      const output = path.join(root, `out-${workers}`);
      const { body } = await mergePaths({ base, adapters: [packedAdapter], output, workers, verify: true });
      expect(readModelRaw(output)).toEqual(expected);
      expect(body.verified).toMatchObject({ verdict: 'merged' });
      expect(fs.readdirSync(output)).toEqual(fs.readdirSync(path.join(root, 'plain')));
      expect(body.survival!.changed_elements).toBeGreaterThan(0);
    }
  });

  it('merge as a plan from a file', async () => {
    await mergePaths({ base, adapters: [packedAdapter], output: path.join(root, 'later'), workers: 0, dryRun: true, planFile: plan });
    expect(fs.readFileSync(plan, 'utf8')).not.toContain(scratch);
    await mergePaths({ base, adapters: [packedAdapter], output: path.join(root, 'later'), workers: 0, planFile: plan });
    expect(readModelRaw(path.join(root, 'later'))).toEqual(expected);
    fs.copyFileSync(path.join(adapter, 'adapter_model.bin'), path.join(packedAdapter, 'adapter_model.bin'));
    const error = await mergePaths({ base, adapters: [packedAdapter], output: path.join(root, 'changed'), workers: 0, planFile: plan }).catch((refusal: unknown) => refusal);
    expect(isTemperError(error, 'input-changed')).toBe(true);
  });

  it('are what a verified model may lie in', async () => {
    const merged = path.join(root, 'merged.pt');
    await convertPath({ input: path.join(root, 'plain'), output: merged, workers: 0 });
    fs.writeFileSync(merged, deflated(merged));
    const { body } = await verifyPaths({ base: path.join(source, 'base'), adapters: [adapter], merged });
    expect(body.verdict).toBe('merged');
  });
});

it('a sharded torch model becomes shards of the same tensors, with an index of their new names', async () => {
  const input = fixture('containers/sharded/hub_bin'), output = path.join(scratch, 'hub');
  await convertPath({ input, output, workers: 0 });
  const before = readJson(path.join(input, 'pytorch_model.bin.index.json')), after = readJson(path.join(output, 'model.safetensors.index.json'));
  expect(after.weight_map).toEqual(Object.fromEntries(Object.entries<string>(before.weight_map)
    .map(([name, shard]) => [name, shard.replace('pytorch_model', 'model').replace('.bin', '.safetensors')])));
  const listing = async (dir: string) => new Map((await inspectPath(dir, { tensors: true, digest: true })).body.tensors!.map(({ name, sha256 }) => [name, sha256]));
  expect(await listing(output)).toEqual(await listing(input));
});
