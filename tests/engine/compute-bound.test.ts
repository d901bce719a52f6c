import { describe, expect, test } from 'vitest';
import { columnBound, isBoundable, isSafe, roundings, rowBound, RANK_MAX } from '../../src/engine/compute/bound.ts';
import { readBounds } from '../../src/engine/compute/factors.ts';
import { FusedProgram } from '../../src/engine/compute/fused.ts';
import { lanes } from '../../src/engine/compute/kernels.ts';
import { fusedParts } from '../../src/engine/compute/match.ts';
import { roundBits } from '../../src/tensors/index.ts';
import { makeTile, roundedTile, tileExpression, wrongElements, type Tile } from './compute-adversary.ts';
import { bytesOf, computed, programInputs, random } from './compute-support.ts';

/**
 * The sum is p₀ + (r-1)·2^-24·(1-2^-10), p₀ near 1: float32 rounds every step down, so its sum is p₀, off by nearly all that the
 * bound allows. Column j puts the float32 value 2·step·j units of 2^-24 below the BF16 tie 1 + 2^-8.
 */
function drifting(rank: number): Tile {
  const rows = 4, columns = 64, small = 2 ** -12 * Math.fround(Math.sqrt(1 - 2 ** -10)), step = rank / 64;
  return {
    dtype: 'BF16', rows, columns, rank, s: 1,
    b: Float32Array.from({ length: rows * rank }, (_, n) => (n % rank ? small : 1)),
    a: Float32Array.from({ length: rank * columns }, (_, n) => (n >= columns ? small : 1 + (128 - step * n) * 2 ** -23)),
    w: new Uint16Array(rows * columns).fill(roundBits('BF16', 2 ** -8 - 2 ** -16)),
  };
}

/** Wrong elements with the bound multiplied by `factor`, and how many were recomputed. */
async function withBound(tile: Tile, factor: number): Promise<{ wrong: number; recomputed: number }> {
  const { expression, files } = tileExpression(tile), inputs = programInputs(files), pool = await lanes('wasm');
  const parts = fusedParts(expression, inputs)!, bounds = (await readBounds(parts, pool))!;
  const program = new FusedProgram(parts, { p: bounds.p.map((p) => p * factor), q: bounds.q }, pool);
  const bytes = await bytesOf(program, tile.dtype, [tile.rows, tile.columns]);
  return { wrong: wrongElements(bytes, roundedTile(tile)), recomputed: program.statistics.recomputed };
}

describe('the error bound', () => {
  test.for([16, 32])('is needed at rank %i: half of it settles wrong bytes, all of it none', async (rank) => {
    const tile = drifting(rank);
    expect((await withBound(tile, 1)).wrong).toBe(0);
    expect((await withBound(tile, 0.5)).wrong).toBeGreaterThan(0);
  });

  test('without it ordinary data has wrong bytes', async () => {
    const tile = makeTile('ordinary', 'F16', 64, 480, 1024, 3);
    expect((await withBound(tile, 0)).wrong).toBeGreaterThan(0);
    expect(await withBound(tile, 1)).toMatchObject({ wrong: 0 });
  });

  test('is never below the error of float32 sums in the kernel\'s order', () => {
    const { normal } = random(3);
    for (const [rank, block, s] of [[1, 1, 1], [16, 16, 0.7], [32, 32, 2], [64, 32, 2], [100, 32, 0.3], [256, 32, 1]] as const) {
      const weights = roundings(rank, s), scale = Math.fround;
      for (let trial = 0; trial < 2000; trial++) {
        const b = Float32Array.from({ length: rank }, normal), a = Float32Array.from({ length: rank }, normal);
        let exact = 0, total = 0, inside = 0;
        for (let k = 0; k < rank; k++) {
          if (k % block === 0 && k > 0) { total = k === block ? inside : scale(total + inside); inside = 0; }
          inside = scale(inside + scale(scale(b[k]! * s) * a[k]!));
          exact += b[k]! * a[k]!;
        }
        const sum = rank > block ? scale(total + inside) : inside;
        const norm = (x: Float32Array) => Math.sqrt(x.reduce((y, v, k) => y + weights[k]! * v * v, 0));
        expect(Math.abs(sum - s * exact)).toBeLessThanOrEqual(rowBound(norm(b), rank, s, 'BF16') * columnBound(norm(a)));
      }
    }
  });

  test('counts the roundings of every term', () => {
    expect([...roundings(4, 2)]).toEqual([4, 4, 3, 2]);
    expect([...roundings(4, 0.7)]).toEqual([5, 5, 4, 3]);
    // Two blocks of 2 and one of 1: block sums meet in 2, 2 and 1 additions.
    expect([...roundings(5, 1, 2)]).toEqual([4, 4, 4, 4, 2]);
  });

  test('is refused for ranks, scales and norms outside of its proof', () => {
    expect(isBoundable(RANK_MAX, 1)).toBe(true);
    for (const [rank, s] of [[RANK_MAX + 1, 1], [0, 1], [4, 0], [4, NaN], [4, 2 ** 41], [4, 2 ** -41], [4, Infinity]] as const) expect(isBoundable(rank, s)).toBe(false);
    expect(isSafe(1, 1, 2)).toBe(true);
    for (const [row, column, s] of [[NaN, 1, 1], [1, NaN, 1], [2 ** 100, 1, 1], [1, Infinity, 1], [2 ** 60, 2 ** 60, 1], [2 ** 99, 1, 4]] as const) expect(isSafe(row, column, s)).toBe(false);
  });

  test('factors that are not finite or too large go to float64, wherever they stand', async () => {
    for (const bad of [NaN, Infinity, -Infinity, 2 ** 101]) for (const side of ['a', 'b'] as const) for (const at of [0, 100, 479]) {
      const tile = makeTile('ordinary', 'BF16', 8, 60, 60, 9);
      tile[side][at] = bad;
      const { expression, files } = tileExpression(tile), { program, bytes } = await computed(expression, files);
      expect(program.kind).toBe('general');
      expect(wrongElements(bytes, roundedTile(tile))).toBe(0);
    }
  });
});
