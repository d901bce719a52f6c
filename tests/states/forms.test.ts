/** Other forms of the same: universal checkpoints, the old serialisation and file names, FSDP in parts and in one file. Real runs. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import { closeCheckpoint, openCheckpoint } from '../../src/checkpoints/index.ts';
import { findState, openModel, openState } from '../../src/checkpoints/states/index.ts';
import { convertPath } from '../../src/node/verbs.ts';
import { openFolder } from '../../src/node/folder.ts';
import { checkZeroTag } from '../../src/producers/zero.ts';
import { fixtureFolders, fixtureRoots } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { asFloat32, readAll, readFileOf, refusal } from './support.ts';

describe.each(fixtureFolders('states'))('$label', ({ dir }) => {
  it.each(fs.readdirSync(dir))('%s', async (name) => {
    const opened = (await openState(openFolder(path.join(dir, name, 'tree')), { buffers: 'float32' }))!;
    expect(opened.state!.kind).toBe(name.startsWith('universal') ? 'universal' : name.startsWith('fsdp') ? 'dcp' : 'zero');
    const found = await readAll(opened), right = await readFileOf(path.join(dir, name, 'expected.safetensors'));
    expect([...found.keys()].sort()).toEqual([...right.keys()].sort());
    // This release of the script keeps whole numbers.
    for (const [tensor, value] of right) expect(found.get(tensor), tensor).toEqual(value.dtype.startsWith('I') || value.dtype === 'BOOL' ? asFloat32(value) : value);
  });
});

describe('a state in the old serialisation', () => {
  it('is no damaged one', async () => {
    expect(await checkZeroTag(openFolder(path.join(fixtureRoots()[0]!, 'states', 'legacy-z3-w5', 'tree')), 'global_step2')).toEqual([]);
  });
});

describe('a universal checkpoint', () => {
  it('without a parameter of its own is refused', async () => {
    await withTemporary(async (temporary) => {
      fs.cpSync(path.join(fixtureRoots()[0]!, 'states', 'universal-z2-w3', 'tree'), temporary, { recursive: true });
      fs.rmSync(path.join(temporary, 'global_step2_universal', 'zero', 'l1.weight'), { recursive: true });
      const [found] = await refusal(() => openState(openFolder(temporary)));
      expect([found!.code, found!.tensor]).toEqual(['state-tensor-missing', 'l1.weight']);
    });
  });
});

describe('the state dict of FSDP in one file', () => {
  it('is found where there are no other weights, and becomes a model', async () => {
    const source = path.join(fixtureRoots()[0]!, 'trees', 'cla-pretrain-complete', 'tree', 'base', 'pytorch_model-00001-of-00002.bin');
    await withTemporary(async (temporary) => {
      const input = path.join(temporary, 'checkpoint-4'), output = path.join(temporary, 'out');
      fs.mkdirSync(input);
      fs.copyFileSync(source, path.join(input, 'pytorch_model_fsdp.bin'));
      await convertPath({ input, output, workers: 0 });
      const found = await readFileOf(path.join(output, 'model.safetensors')), right = await readAll(await openCheckpoint(openFolder(path.dirname(source)), { file: path.basename(source) }));
      expect(found).toEqual(new Map([...right].sort(([a], [b]) => [...found.keys()].indexOf(a) - [...found.keys()].indexOf(b))));
    });
  });
});

describe('the local parts of FSDP', () => {
  it('are refused, as a file and as a directory', async () => {
    const folder = memoryFolder('DIR', new Map([['pytorch_model_fsdp_rank0.bin', new Uint8Array(1)], ['pytorch_model_fsdp_rank1.bin', new Uint8Array(1)]]));
    expect((await refusal(() => openState(folder))).map(({ code }) => code)).toEqual(['state-local-shard']);
    expect((await refusal(() => openModel(folder, { file: 'pytorch_model_fsdp_rank1.bin' }))).map(({ code }) => code)).toEqual(['state-local-shard']);
  });
});

describe('the part of the model of FSDP', () => {
  it('is found beside that of the optimizer, or by its name', async () => {
    const empty = new Uint8Array(1), folder = memoryFolder('DIR', new Map([['optimizer_0/.metadata', empty], ['pytorch_model_fsdp_0/.metadata', empty], ['step-5/.metadata', empty]]));
    expect(await findState(folder)).toEqual({ kind: 'dcp', tag: 'pytorch_model_fsdp_0' });
    expect(await findState(folder, { tag: 'step-5' })).toEqual({ kind: 'dcp', tag: 'step-5' });
    expect(await findState(memoryFolder('DIR', new Map([['optimizer_0/.metadata', empty]])))).toBeUndefined();
    const [found] = await refusal(async () => { await findState(memoryFolder('DIR', new Map([['pytorch_model_fsdp_0/__0_0.distcp', empty]]))); return undefined; });
    expect([found!.code, found!.path]).toEqual(['state-metadata-absent', 'pytorch_model_fsdp_0']);
  });

  it('in safetensors is refused when it has a gap', async () => {
    await withTemporary(async (temporary) => {
      fs.cpSync(path.join(fixtureRoots()[0]!, 'states', 'fsdp-parts-w3', 'tree'), temporary, { recursive: true });
      fs.rmSync(path.join(temporary, 'shard-00002-model-00001-of-00001.safetensors'));
      expect((await refusal(() => openState(openFolder(temporary)))).map(({ code, tensor }) => `${code} ${tensor}`)).toContain('dcp-chunks model.a.weight');
    });
  });

  it('that lacks a data file is refused, naming it', async () => {
    const found = await refusal(() => openState(openFolder(path.join(fixtureRoots()[0]!, 'trees', 'fsdp-missing-shard', 'tree', 'checkpoint-4'))));
    expect([found[0]!.code, found[0]!.path]).toEqual(['state-data-file-missing', 'pytorch_model_fsdp_0/__1_0.distcp']);
  });
});

describe.runIf(fs.existsSync('/proc/self/fd'))('opening twice', () => {
  it('leaves nothing open behind', async () => {
    const folder = openFolder(path.join(fixtureRoots()[0]!, 'trees', 'ds3-w4-subgroups', 'tree')), before = fs.readdirSync('/proc/self/fd', { encoding: 'utf8' }).length;
    await closeCheckpoint((await openState(folder))!);
    await refusal(() => openState(folder, { worldSize: 2 }));
    expect(fs.readdirSync('/proc/self/fd').length).toBe(before);
  });
});
