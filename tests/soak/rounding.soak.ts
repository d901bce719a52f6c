/**
 * @module
 * Hundreds of millions of elements that are hard to round, every one against its definition. Other data in every run;
 * TEMPER_SOAK_SEED repeats one, TEMPER_SOAK_MILLIONS sets how many (200 by default).
 */
import { expect, test } from 'vitest';
import { KINDS, makeTile, roundedTile, tileExpression, wrongElements } from '../engine/compute-adversary.ts';
import { computed } from '../engine/compute-support.ts';

const RANKS = [16, 8, 1, 64, 256, 33, 128, 2, 500, 65];

test('no element of the fused kernel is ever rounded wrongly', async () => {
  const seed = Number(process.env.TEMPER_SOAK_SEED ?? Date.now() % 1_000_000), goal = Number(process.env.TEMPER_SOAK_MILLIONS ?? 200) * 1e6;
  const kinds = [...KINDS];
  let elements = 0, recomputed = 0;
  for (let turn = 0; elements < goal; turn++) {
    const [kind, { dtypes }] = kinds[turn % kinds.length]!, dtype = dtypes[Math.floor(turn / kinds.length) % dtypes.length]!;
    const rank = RANKS[(turn * 7 + Math.floor(turn / kinds.length)) % RANKS.length]!, columns = [4096, 1001, 1536, 7][turn % 4]!;
    const tile = makeTile(kind, dtype, rank, 479, columns, seed + turn), { expression, files } = tileExpression(tile);
    const { program, bytes } = await computed(expression, files, {}, 1 + (turn % 3));
    expect({ kind, dtype, rank, columns, seed: seed + turn, wrong: wrongElements(bytes, roundedTile(tile)), program: program.kind })
      .toEqual({ kind, dtype, rank, columns, seed: seed + turn, wrong: 0, program: 'fused' });
    elements += program.statistics.computed;
    recomputed += program.statistics.recomputed;
  }
  expect(recomputed).toBeGreaterThan(0);
});
