/** The cuts of ZeRO undone: random shapes, groups, rank counts and rows give back what was cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Shapes } from '../../src/checkpoints/states/model-states.ts';
import type { OptimizerStates, Row } from '../../src/checkpoints/states/optimizer-states.ts';
import { pieceOf, undoPieces, undoRows } from '../../src/checkpoints/states/partition.ts';
import { fromPieces, piecesOf, Stream } from '../../src/checkpoints/states/stream.ts';
import { isTemperError } from '../../src/findings/index.ts';
import { elementCount, evaluateReference, partitioned, stored, type Expression } from '../../src/tensors/index.ts';

/** Parameters of groups, with values that count up so that no two elements are equal. */
interface Model { readonly groups: readonly Shapes[]; readonly values: ReadonlyMap<string, Float32Array> }

const shape = fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }));
const models: fc.Arbitrary<Model> = fc.array(fc.array(shape, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }).map((groups) => {
  const values = new Map<string, Float32Array>();
  let next = 1;
  const named = groups.map((shapes, g) => new Map(shapes.map((sides, i) => {
    const name = `g${g}.p${i}`;
    values.set(name, Float32Array.from({ length: elementCount(sides) }, () => next++));
    return [name, sides] as const;
  })));
  return { groups: named, values };
});

/** Rows of every rank as files: file `rank` holds its rows one after the other, with a few bytes between them. */
function asShares(rows: readonly (readonly Float32Array[])[], stage: number, alignment?: readonly (readonly number[])[]): { shares: OptimizerStates[]; files: Uint8Array[] } {
  const files: Uint8Array[] = [];
  const shares = rows.map((own, rank): OptimizerStates => {
    const gap = 12, bytes = new Uint8Array(own.reduce((sum, row) => sum + gap + row.byteLength, gap)), all: Row[] = [];
    let at = gap;
    for (const row of own) {
      bytes.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), at);
      all.push({ tensor: { dtype: 'F32', shape: [row.length], expression: stored(rank, at, 'F32', [row.length]), bytes: row.byteLength }, numel: row.length, source: rank, offset: at });
      at += row.byteLength + gap;
    }
    files.push(bytes);
    return { path: `rank_${rank}`, rank, stage, world: rows.length, rows: all, ...(alignment === undefined ? {} : { alignment }) };
  });
  return { shares, files };
}

const read = (files: readonly Uint8Array[], expression: Expression): Float32Array => {
  const bytes = evaluateReference(expression, { read: (source, offset, length) => files[source]!.subarray(offset, offset + length) });
  return new Float32Array(bytes.slice().buffer);
};

function expectValues(files: readonly Uint8Array[], tensors: ReadonlyMap<string, Expression>, { groups, values }: Model): void {
  expect([...tensors.keys()]).toEqual(groups.flatMap((group) => [...group.keys()]));
  for (const group of groups) {
    for (const [name, sides] of group) {
      expect(tensors.get(name)!.shape).toEqual(sides);
      expect(read(files, tensors.get(name)!), name).toEqual(values.get(name));
    }
  }
}

/** A group's row, with padding behind parameters, and padded to 2·world. */
function rowOf(group: Shapes, values: Model['values'], world: number, behind: readonly number[]): { row: number[]; numel: number } {
  const row = [...group.keys()].flatMap((name, i) => [...values.get(name)!, ...Array<number>(behind[i] ?? 0).fill(-7)]), numel = row.length;
  return { numel, row: [...row, ...Array<number>((2 * world - (numel % (2 * world))) % (2 * world)).fill(-1)] };
}

/** Cut into equal parts; `strip` takes the padding off again, as stages 1 and 2 do when they save. */
function cutRows({ groups, values }: Model, world: number, strip: boolean, alignment?: readonly (readonly number[])[]): Float32Array[][] {
  return Array.from({ length: world }, (_, rank) => groups.map((group, g) => {
    const { row, numel } = rowOf(group, values, world, alignment?.[g] ?? []), part = row.length / world, end = strip ? Math.max(rank * part, Math.min((rank + 1) * part, numel)) : (rank + 1) * part;
    return Float32Array.from(row.slice(rank * part, end));
  }));
}

/** Pieces of every parameter on every rank, the rows cut where `cuts` says. */
function cutPieces({ groups, values }: Model, world: number, perRow: number): Float32Array[][] {
  const names = groups.flatMap((group) => [...group.keys()]);
  return Array.from({ length: world }, (_, rank) => {
    const rows: number[][] = [];
    names.forEach((name, i) => {
      if (i % perRow === 0) rows.push([]);
      const all = values.get(name)!, piece = pieceOf(all.length, world);
      rows.at(-1)!.push(...Array.from({ length: piece }, (__, k) => all[rank * piece + k] ?? -1));
    });
    return rows.map((row) => Float32Array.from(row));
  });
}

describe('rows of stages 1 and 2', () => {
  it('come back from any number of ranks, with their padding or without', () => {
    fc.assert(fc.property(models, fc.integer({ min: 1, max: 9 }), fc.boolean(), (model, world, strip) => {
      const { shares, files } = asShares(cutRows(model, world, strip), 2);
      expectValues(files, undoRows(model.groups, shares), model);
    }));
  });

  it('skip what is aligned behind parameters', () => {
    fc.assert(fc.property(models, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 9 }), (model, world, pad) => {
      const alignment = model.groups.map((group) => [...group.keys()].map((_, i) => (i * 3 + pad) % 5));
      const { shares, files } = asShares(cutRows(model, world, true, alignment), 2, alignment);
      expectValues(files, undoRows(model.groups, shares), model);
    }));
  });

  const model: Model = { groups: [new Map([['a', [5, 3]], ['b', [7]]])], values: new Map([['a', Float32Array.from({ length: 15 }, (_, i) => i)], ['b', Float32Array.from({ length: 7 }, (_, i) => 100 + i)]]) };
  const codeOf = (run: () => unknown): string | undefined => { try { run(); } catch (error) { return isTemperError(error) ? error.findings[0]!.code : undefined; } return undefined; };

  it('are refused when a rank in the middle holds less: all behind it would shift', () => {
    const rows = cutRows(model, 4, false);
    rows[1] = [rows[1]![0]!.subarray(0, 2)];
    expect(codeOf(() => undoRows(model.groups, asShares(rows, 2).shares))).toBe('state-sizes');
  });

  it('are refused when parameters need more, or much less, than there is', () => {
    const rows = cutRows(model, 4, true);
    for (const groups of [[new Map([['a', [5, 3]], ['b', [17]]])], [new Map([['a', [5, 3]]])], [new Map([['a', [5, 3]]]), new Map([['b', [7]]])]]) {
      expect(codeOf(() => undoRows(groups, asShares(rows, 2).shares))).toBe('state-sizes');
    }
  });
});

describe('pieces of stage 3', () => {
  it('come back from any number of ranks and rows', () => {
    fc.assert(fc.property(models, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }), (model, world, perRow) => {
      const { shares, files } = asShares(cutPieces(model, world, perRow), 3);
      expectValues(files, undoPieces(model.groups, shares), model);
    }));
  });

  it('are read across the borders of rows', () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i), model: Model = { groups: [new Map([['a', [12]]])], values: new Map([['a', values]]) };
    const cut = cutPieces(model, 2, 9).map(([row]) => [row!.subarray(0, 2), row!.subarray(2, 3), row!.subarray(3)]);
    const { shares, files } = asShares(cut, 3);
    expectValues(files, undoPieces(model.groups, shares), model);
  });

  it('are refused when a rank holds another number of elements, or cuts its rows otherwise', () => {
    const model: Model = { groups: [new Map([['a', [12]], ['b', [6]]])], values: new Map([['a', new Float32Array(12)], ['b', new Float32Array(6)]]) };
    const short = cutPieces(model, 3, 1), other = cutPieces(model, 3, 1);
    short[2] = [short[2]![0]!, short[2]![1]!.subarray(1)];
    other[1] = [Float32Array.from([...other[1]![0]!, 0]), other[1]![1]!.subarray(1)];
    for (const rows of [short, other]) {
      try { undoPieces(model.groups, asShares(rows, 3).shares); expect.unreachable(); } catch (error) {
        if (!isTemperError(error)) throw error;
        expect(error.findings[0]!.code).toBe('state-sizes');
        expect(error.findings[0]!.path).toBe(rows === short ? 'rank_2' : 'rank_1');
      }
    }
  });
});

describe('streams', () => {
  const row = (source: number, offset: number, numel: number): Row => ({ tensor: { dtype: 'F32', shape: [numel], expression: stored(source, offset, 'F32', [numel]), bytes: numel * 4 }, numel, source, offset });

  it('join neighbours of one file, and are plain bytes where they can be', () => {
    const stream = new Stream([row(0, 100, 4), row(0, 116, 4), row(1, 0, 4)], 'F32');
    expect(fromPieces('F32', [6], stream.pieces(1, 7))).toEqual(stored(0, 104, 'F32', [6]));
    expect(fromPieces('F32', [2, 3], stream.pieces(5, 11))).toEqual(partitioned('F32', [2, 3], [[0, 120, 12], [1, 0, 12]]));
    expect(fromPieces('F32', [0, 3], stream.pieces(5, 5))).toEqual(stored(0, 0, 'F32', [0, 3]));
  });

  it('cut the pieces of a tensor to its first elements', () => {
    const whole = partitioned('BF16', [10], [[0, 8, 12], [1, 0, 8]]);
    expect(piecesOf(whole, 7)).toEqual([[0, 8, 12], [1, 0, 2]]);
    expect(piecesOf(whole, 11)).toBeUndefined();
  });
});
