/** States with something wrong: which rank, file or feature it is, is said, and nothing is opened that could be misread. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryFolder } from '../../src/bytes/index.ts';
import { closeCheckpoint } from '../../src/checkpoints/index.ts';
import { rankList, sortTag } from '../../src/checkpoints/states/names.ts';
import { openModel, openState, type StateOptions } from '../../src/checkpoints/states/index.ts';
import { renderFinding } from '../../src/findings/index.ts';
import { openFolder } from '../../src/node/folder.ts';
import { fixtureRoots } from '../fixtures.ts';
import { withTemporary } from '../hostile.ts';
import { refusal } from './support.ts';

const trees = path.join(fixtureRoots()[0]!, 'trees');

/** A copy of a tree, changed; the codes and the texts of the refusal. */
async function broken(tree: string, change: (dir: string, tag: string) => void, options: StateOptions = {}): Promise<{ codes: string[]; paths: (string | undefined)[]; text: string }> {
  let found: Awaited<ReturnType<typeof refusal>> = [];
  await withTemporary(async (dir) => {
    fs.cpSync(path.join(trees, tree, 'tree'), dir, { recursive: true });
    const tag = fs.readdirSync(dir, { withFileTypes: true }).find((entry) => entry.isDirectory())!.name;
    change(dir, path.join(dir, tag));
    found = await refusal(() => openState(openFolder(dir), options));
  });
  return { codes: found.map(({ code }) => code), paths: found.map(({ path: place }) => place), text: found.map((one) => renderFinding(one, 'en').message).join('\n') };
}

/** The file of a rank. */
const ofRank = (tag: string, rank: number, kind: 'optim' | 'model'): string => path.join(tag, fs.readdirSync(tag).find((name) => name.includes(`_rank_${rank}_mp`) && name.includes(kind))!);

describe('ranks', () => {
  it('that are missing are named, at every stage', async () => {
    for (const [tree, stage] of [['ds1-w3-odd', 1], ['ds2-w4-odd', 2], ['ds3-w4-subgroups', 3]] as const) {
      const { codes, paths, text } = await broken(tree, (_, tag) => { fs.rmSync(ofRank(tag, 0, 'optim')); fs.rmSync(ofRank(tag, 2, 'optim')); });
      expect(codes).toEqual(stage === 3 ? ['state-rank-missing'] : ['state-rank-missing', 'state-sixteen-bit-left']);
      expect(text).toContain('rank 0, 2');
      expect(paths[0]).toMatch(/rank_0_mp_rank_00_optim_states\.pt$/);
    }
  });

  it('that are left over are named, and left aside when the user knows better', async () => {
    const extra = (_: string, tag: string) => { fs.copyFileSync(ofRank(tag, 1, 'optim'), ofRank(tag, 1, 'optim').replace('rank_1_', 'rank_6_')); };
    const { codes, text } = await broken('ds2-w4-odd', extra);
    expect(codes).toEqual(['state-ranks-left-over']);
    expect(text).toContain('rank 6');
    expect((await broken('ds2-w4-odd', extra, { worldSize: 3 })).codes).toEqual(['state-world-size']);
    const model = await broken('ds3-w4-subgroups', (_, tag) => { fs.copyFileSync(ofRank(tag, 1, 'model'), ofRank(tag, 1, 'model').replace('rank_1_', 'rank_4_')); });
    expect(model.codes).toEqual(['state-ranks-left-over']);
    await withTemporary(async (dir) => {
      fs.cpSync(path.join(trees, 'ds2-w4-odd', 'tree'), dir, { recursive: true });
      extra(dir, path.join(dir, 'global_step20'));
      const opened = (await openState(openFolder(dir), { worldSize: 4 }))!;
      expect(opened.tensors.size).toBe(13);
      await closeCheckpoint(opened);
    });
  });

  it('that cannot be read are named beside what is wrong with the file', async () => {
    for (const [tree, rank] of [['ds2-w4-odd', 3], ['ds3-w4-subgroups', 0]] as const) {
      for (const cut of [0, 100, 3000]) {
        const { codes, paths } = await broken(tree, (_, tag) => { fs.truncateSync(ofRank(tag, rank, 'optim'), cut); });
        expect(codes[0]).toBe('state-rank-unreadable');
        expect(codes.length).toBeGreaterThan(1);
        expect(paths[0]).toContain(`rank_${rank}_`);
      }
    }
  });

  it('of another run or precision are refused', async () => {
    // A shard of three ranks among four.
    const mixed = await broken('ds2-w4-odd', (_, tag) => { fs.copyFileSync(ofRank(path.join(trees, 'ds1-w3-odd', 'tree', 'global_step20'), 2, 'optim'), ofRank(tag, 2, 'optim')); });
    expect(mixed.codes).toEqual(['state-rank-stale']);
    expect(mixed.paths[0]).toContain('rank_2_');
    // One share under the names of two ranks.
    for (const kind of ['optim', 'model'] as const) {
      const copied = await broken('ds3-w4-subgroups', (_, tag) => { fs.copyFileSync(ofRank(tag, 3, kind), ofRank(tag, 1, kind)); });
      expect(copied.codes).toEqual(['state-rank-stale']);
      expect(copied.text).toContain('_rank_3_');
    }
    const twice = await broken('ds2-w4-odd', (_, tag) => { fs.copyFileSync(ofRank(tag, 1, 'optim'), ofRank(tag, 1, 'optim').replace('bf16_', '')); });
    expect(twice.codes).toEqual(['state-rank-twice']);
  });

  it('of a missing file of model states are refused only where frozen weights are lost with it', async () => {
    const lost = await broken('ds3-w4-subgroups', (_, tag) => { fs.rmSync(ofRank(tag, 1, 'model')); });
    expect(lost.codes).toEqual(['state-model-rank-missing']);
    await withTemporary(async (dir) => {
      fs.cpSync(path.join(trees, 'ds3-w4-subgroups', 'tree'), dir, { recursive: true });
      fs.rmSync(ofRank(path.join(dir, 'global_step20'), 1, 'model'));
      const opened = (await openState(openFolder(dir), { excludeFrozen: true }))!;
      expect(opened.findings.map(({ code }) => code)).toContain('state-model-rank-unneeded');
      expect(opened.tensors.has('block.1.fixed.weight')).toBe(false);
      await closeCheckpoint(opened);
    });
  });

  it('are written as ranges', () => {
    expect(rankList([7, 1, 2, 3, 5])).toBe('1-3, 5, 7');
    expect(rankList([12])).toBe('12');
  });
});

describe('files', () => {
  it('of model states that are missing, or shards that all are, are said', async () => {
    expect((await broken('ds2-w4-odd', (_, tag) => { fs.rmSync(path.join(tag, 'mp_rank_00_model_states.pt')); })).codes).toEqual(['state-no-model-states']);
    const none = await broken('ds2-w4-odd', (_, tag) => { for (const name of fs.readdirSync(tag)) if (name.includes('optim')) fs.rmSync(path.join(tag, name)); });
    expect(none.codes).toEqual(['state-no-optimizer-shards']);
    const hollow = await broken('ds3-w4-subgroups', (_, tag) => { for (const name of fs.readdirSync(tag)) if (name.includes('optim')) fs.rmSync(path.join(tag, name)); });
    expect(hollow.codes).toEqual(['state-hollow']);
  });

  it('of tensor, pipeline and expert parallelism are refused by name', async () => {
    for (const [name, feature] of [
      ['mp_rank_01_model_states.pt', 'tensor parallelism'], ['zero_pp_rank_0_mp_rank_03_optim_states.pt', 'tensor parallelism'], ['layer_02-model_00-model_states.pt', 'pipeline parallelism'],
      ['layer_0_expert_3_mp_rank_00_model_states.pt', 'expert parallelism'], ['expp_rank_1_mp_rank_00_optim_states.pt', 'expert parallelism'], ['bf16_expp_rank_1_mp_rank_00_optim_states.pt', 'expert parallelism'],
    ] as const) {
      const found = await refusal(() => openState(memoryFolder('DIR', new Map([['latest', new TextEncoder().encode('global_step1')], [`global_step1/${name}`, new Uint8Array(1)], ['global_step1/mp_rank_00_model_states.pt', new Uint8Array(1)]]))));
      expect(found.map(({ code }) => code)).toEqual(['state-parallel']);
      expect(renderFinding(found[0]!, 'en').message).toContain(feature);
    }
  });

  it('are sorted by rank, in every spelling', () => {
    const { model, models, optimizers } = sortTag(['zero_pp_rank_10_mp_rank_00_optim_states.pt', 'bf16_zero_pp_rank_9_mp_rank_00_optim_states.pt', 'fp16_zero_pp_rank_2_mp_rank_00_optim_states.pt',
      'zero_pp_rank_0_mp_rank_00optim_states.pt', 'mp_rank_00_model_states.pt', 'zero_pp_rank_1_mp_rank_00_model_states.pt', 'notes.txt']);
    expect(optimizers.map(({ rank }) => rank)).toEqual([0, 2, 9, 10]);
    expect(model).toBe('mp_rank_00_model_states.pt');
    expect(models.map(({ rank }) => rank)).toEqual([1]);
  });
});

describe('tags', () => {
  const text = (value: string) => new TextEncoder().encode(value), file = 'mp_rank_00_model_states.pt';
  const folder = (files: Record<string, string>) => memoryFolder('DIR', new Map(Object.entries(files).map(([name, value]) => [name, text(value)])));
  const codes = async (files: Record<string, string>, options: StateOptions = {}) => (await refusal(() => openState(folder(files), options))).map(({ code }) => code);

  it('that lead nowhere, or anywhere, are refused', async () => {
    expect(await codes({ latest: 'global_step9\n', [`global_step3/${file}`]: '' })).toEqual(['state-tag-absent']);
    expect(await codes({ latest: '../global_step3', [`global_step3/${file}`]: '' })).toEqual(['state-tag-name']);
    expect(await codes({ latest: 'global_step3', [`global_step3/${file}`]: '' }, { tag: 'a/b' })).toEqual(['state-tag-name']);
    expect(await codes({ latest: 'global_step3', [`global_step3/${file}`]: '' }, { tag: 'global_step4' })).toEqual(['state-tag-absent']);
    expect(await codes({ latest: 'global_step3', 'zero_to_fp32.py': '' })).toEqual(['state-tag-absent']);
  });

  it('are never chosen among several', async () => {
    const found = await refusal(() => openState(folder({ [`global_step10/${file}`]: '', [`global_step9/${file}`]: '' })));
    expect(found.map(({ code }) => code)).toEqual(['state-tag-ambiguous']);
    expect(renderFinding(found[0]!, 'en').message).toContain('global_step9, global_step10');
  });

  it('of mmengine may be paths of another machine, and files', async () => {
    // Found: what is refused is its empty file of model states.
    expect(await codes({ last_checkpoint: '/data/work_dirs/run/iter_8.pth', [`iter_8.pth/${file}`]: '', [`iter_4.pth/${file}`]: '' })).not.toContain('state-tag-absent');
    expect(await openState(folder({ last_checkpoint: '/data/run/iter_8.pth', 'iter_8.pth': 'x' }))).toBeUndefined();
  });

  it('of other programs are none', async () => {
    expect(await openState(folder({ latest: 'v2', 'v2/readme.md': '' }))).toBeUndefined();
    expect((await refusal(() => openModel(folder({ latest: 'v2', 'v2/readme.md': '' })))).map(({ code }) => code)).toEqual(['no-weights']);
  });
});
