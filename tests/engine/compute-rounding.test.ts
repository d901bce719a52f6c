import { describe, expect, test } from 'vitest';
import { KINDS, makeTile, roundedTile, tileExpression, wrongElements } from './compute-adversary.ts';
import { computed } from './compute-support.ts';

/** Rows not a multiple of 4, columns not a multiple of 8, ranks below, at and above the borders of the blocks of terms. */
const SHAPES = [[16, 91, 1037], [8, 64, 512], [1, 30, 401], [32, 37, 520], [33, 18, 264], [256, 22, 333], [300, 9, 129]] as const;

describe('the fused kernel', () => {
  for (const [kind, { dtypes }] of KINDS) {
    test.for(dtypes)(`rounds every element once: ${kind}, %s`, async (dtype) => {
      for (const [index, [rank, rows, columns]] of SHAPES.entries()) {
        const tile = makeTile(kind, dtype, rank, rows, columns, 1000 + index), { expression, files } = tileExpression(tile);
        const { program, bytes } = await computed(expression, files, {}, 3);
        expect(program.kind).toBe('fused');
        expect({ rank, wrong: wrongElements(bytes, roundedTile(tile)) }).toEqual({ rank, wrong: 0 });
        expect(program.statistics.computed).toBe(rows * columns);
        expect(program.statistics.recomputed).toBeLessThanOrEqual(rows * columns);
      }
    });
  }

  test('recomputes few elements of ordinary data, all of those that cannot be judged', async () => {
    const ordinary = makeTile('ordinary', 'BF16', 16, 64, 4096, 1), { expression, files } = tileExpression(ordinary);
    const { program } = await computed(expression, files);
    expect(program.statistics.recomputed).toBeGreaterThan(0);
    expect(program.statistics.recomputed / program.statistics.computed).toBeLessThan(0.001);

    const lost = { ...ordinary, w: ordinary.w.map(() => 0x7fc1) }, all = tileExpression(lost); // NaN with a payload
    const nan = await computed(all.expression, all.files);
    expect(nan.program.statistics.recomputed).toBe(64 * 4096);
    expect(new Set(new Uint16Array(nan.bytes.buffer))).toEqual(new Set([0x7fc0]));
  });

  test('gives the same bytes as the plain kernels', async () => {
    for (const kind of ['any bits in W', 'exact ties'] as const) {
      const { expression, files } = tileExpression(makeTile(kind, 'F16', 16, 33, 77, 5));
      const plain = await computed(expression, files, { kernels: 'plain' });
      expect(plain.program.kind).toBe('general');
      expect(Buffer.from(plain.bytes)).toEqual(Buffer.from((await computed(expression, files)).bytes));
    }
  });
});
