import { describe, expect, test } from 'vitest';
import { blobSource } from '../../src/bytes/index.ts';
import { compile } from '../../src/engine/compute/index.ts';
import { lanes } from '../../src/engine/compute/kernels.ts';
import type { Lane } from '../../src/engine/compute/lane.ts';
import {
  add, byteCount, cast, concat, divide, encodeElements, matmul, multiply, norm, partitioned, reshape, rows, scale, slice, stage, stored, strided,
  transpose, type DType, type Expression, type Shape,
} from '../../src/tensors/index.ts';
import { bytesOf, computed, expectedBytes, MIB, programInputs, random, type Files } from './compute-support.ts';

/** Leaves over files of ordinary numbers. */
class Model {
  readonly files: Uint8Array[] = [];
  readonly #random = random(11);

  tensor(dtype: DType, shape: Shape, size = 1): Expression {
    const bytes = new Uint8Array(byteCount(dtype, shape));
    encodeElements(dtype, Float64Array.from({ length: bytes.length * 8 / 8 / byteCount(dtype, [1]) }, () => this.#random.normal() * size), bytes);
    this.files.push(bytes);
    return stored(this.files.length - 1, 0, dtype, shape);
  }
}

async function check(expression: Expression, files: Files, kind: string, options = {}): Promise<void> {
  const expected = Buffer.from(expectedBytes(expression, files));
  for (const pieces of [1, 3, 1000]) {
    const { program, bytes } = await computed(expression, files, options, pieces);
    expect(program.kind).toBe(kind);
    expect(Buffer.compare(Buffer.from(bytes), expected)).toBe(0);
  }
}

describe('LoRA in every layout', () => {
  for (const dtype of ['BF16', 'F16', 'F32', 'F64'] as const) for (const factor of ['F32', 'BF16', 'F16', 'F64'] as const) {
    const kind = (dtype === 'BF16' || dtype === 'F16') && factor !== 'F64' ? 'fused' : 'general';
    test(`${dtype} weight, ${factor} factors: ${kind}`, async () => {
      const model = new Model(), t = (d: DType, shape: Shape) => model.tensor(d, shape, 0.1);
      const lora = (w: Expression, b: Expression, a: Expression): Expression => cast(dtype, add(w, scale(0.75, matmul(b, a))));
      await check(lora(t(dtype, [37, 29]), t(factor, [37, 5]), t(factor, [5, 29])), model, kind);
      // Conv1D and embedding: factors transposed.
      await check(lora(t(dtype, [24, 43]), transpose(t(factor, [16, 24])), transpose(t(factor, [43, 16]))), model, kind);
      // Convolution: flattened, and back.
      const w = t(dtype, [10, 4, 3, 3]), b = t(factor, [10, 3, 1, 1]), a = t(factor, [3, 4, 3, 3]);
      await check(cast(dtype, reshape([10, 4, 3, 3], add(reshape([10, 36], w), scale(-2, matmul(reshape([10, 3], b), reshape([3, 36], a)))))), model, kind);
      // A part of a fused projection, factors glued together.
      const fused = t(dtype, [60, 31]);
      await check(lora(slice(0, 20, 40, fused), concat(1, [t(factor, [20, 2]), t(factor, [20, 3])]), concat(0, [t(factor, [2, 31]), t(factor, [3, 31])])), model, kind);
    });
  }

  test('a weight in pieces, the delta first, no scale', async () => {
    const model = new Model();
    model.tensor('BF16', [40, 40]);
    const w = partitioned('BF16', [20, 30], [[0, 100, 700], [0, 0, 1], [0, 900, 499]]);
    await check(cast('BF16', add(matmul(model.tensor('F32', [20, 7]), model.tensor('F32', [7, 30])), w)), model, 'fused');
  });

  test('what looks like it but is not', async () => {
    const model = new Model(), w = model.tensor('BF16', [12, 16]), b = model.tensor('F32', [12, 4]), a = model.tensor('F32', [4, 16]), delta = scale(2, matmul(b, a));
    await check(cast('F16', add(w, delta)), model, 'general'); // another dtype than the weight's
    await check(cast('BF16', add(strided(0, 0, 'BF16', [12, 16], [1, 12]), delta)), model, 'general'); // not contiguous
    await check(cast('BF16', add(slice(1, 0, 1, w), delta)), model, 'general'); // stretched
    await check(cast('BF16', add(w, scale(2, delta))), model, 'general'); // two multiplications
    await check(cast('BF16', add(w, cast('F32', delta))), model, 'general'); // rounded in between
    await check(cast('BF16', add(w, scale(2, matmul(b, scale(0.1, a))))), model, 'general'); // a factor is computed
    await check(cast('BF16', add(w, scale(2, matmul(slice(1, 0, 0, b), slice(0, 0, 0, a))))), model, 'general'); // no terms
  });
});

describe('DoRA', () => {
  test('norms of rows, of columns, and of columns as a stage', async () => {
    const model = new Model(), w = model.tensor('BF16', [150, 90]), V = add(w, scale(2, matmul(model.tensor('F32', [150, 4]), model.tensor('F32', [4, 90]))));
    const m = model.tensor('F32', [150]), n = model.tensor('F32', [90]);
    await check(cast('BF16', multiply(divide(reshape([150, 1], m), norm([1], V)), V)), model, 'general');
    await check(cast('BF16', multiply(divide(reshape([1, 90], n), norm([0], V)), V)), model, 'general');
    await check(cast('F32', multiply(V, divide(reshape([1, 90], n), stage(0, 'F64', [1, 90])))), { files: model.files, stages: [norm([0], V)] }, 'general');
    await check(norm([0], V), model, 'general');
    await check(norm([0, 1], V), model, 'general');
  });

  test('tiles, rows longer than a tile, and norms over several tiles', async () => {
    const model = new Model();
    for (const [height, width] of [[700, 600], [2, 300_000], [300_000, 2]] as const) {
      const V = add(model.tensor('BF16', [height, width]), matmul(model.tensor('F32', [height, 1]), model.tensor('F32', [1, width])));
      for (const axis of [0, 1]) {
        const expression = cast('F32', multiply(V, divide(model.tensor('F32', axis === 0 ? [1, width] : [height, 1]), norm([axis], V))));
        const { bytes } = await computed(expression, model, { memoryBytes: 24 * MIB }, 2);
        expect(Buffer.compare(Buffer.from(bytes), Buffer.from(expectedBytes(expression, model)))).toBe(0);
      }
    }
  });
});

describe('copies', () => {
  const files = [Uint8Array.from({ length: 4096 }, (_, i) => i * 7), Uint8Array.from({ length: 4096 }, (_, i) => i * 13)];

  test('segments cover the tensor in order, neighbours joined', async () => {
    const half = (at: number) => stored(0, at, 'I16', [4, 3]);
    const program = await compile(concat(0, [half(0), half(24), stored(1, 5, 'I16', [1, 3])]), programInputs({ files }), { memoryBytes: MIB });
    expect(program.kind).toBe('copy');
    expect(program.segments).toEqual([{ at: 0, source: 0, offset: 0, length: 48 }, { at: 48, source: 1, offset: 5, length: 6 }]);
  });

  test.for<[string, Expression]>([
    ['stored', stored(0, 3, 'I64', [5, 7])],
    ['columns of two files', concat(1, [stored(0, 0, 'U8', [9, 5]), stored(1, 1, 'U8', [9, 4])])],
    ['columns of a matrix', slice(1, 2, 5, stored(0, 0, 'BF16', [20, 8]))],
    ['slices of slices of reshapes', slice(0, 1, 5, reshape([6, 10], slice(1, 3, 13, stored(0, 0, 'F32', [6, 20]))))],
    ['rows replaced, the last one wins', rows(stored(0, 0, 'F16', [10, 6]), [3, 9, 3, 0], stored(1, 0, 'F16', [4, 6]))],
    ['axes of one element change places', transpose(stored(0, 0, 'F32', [1, 5, 1, 6]), [2, 1, 3, 0])],
    ['a view along the file', strided(0, 8, 'F32', [4, 5, 6], [60, 6, 1])],
    ['a partition', partitioned('F32', [5, 5], [[1, 1, 33], [0, 7, 67]])],
    ['a part of a partition', slice(0, 2, 4, partitioned('F32', [5, 5], [[1, 1, 33], [0, 7, 67]]))],
    ['half bytes', reshape([4, 8], stored(0, 1, 'F4', [32]))],
    ['three quarters of bytes in pieces', partitioned('F6_E2M3', [8, 4], [[0, 0, 11], [1, 0, 13]])],
    ['nothing', stored(0, 0, 'F32', [0, 4])],
    ['nothing in no pieces', concat(0, [stored(0, 0, 'F32', [0]), stored(0, 4, 'F32', [0])])],
  ])('%s', async ([, expression]) => {
    await check(expression, { files }, 'copy');
  });

  test('many small pieces are gathered in memory instead', async () => {
    await check(transpose(stored(0, 0, 'I64', [16, 20])), { files }, 'general');
    await check(concat(1, [stored(0, 0, 'BOOL', [300, 5]), stored(1, 0, 'BOOL', [300, 4])]), { files }, 'general');
    await check(transpose(stored(0, 0, 'complex128', [5, 7])), { files }, 'general');
  });

  test('bits of a NaN survive a copy, arithmetic leaves the one NaN', async () => {
    const bits = new Uint32Array([1, 0xfff00001, 7, 0x7ff80123]), nan = { files: [new Uint8Array(bits.buffer)] };
    const view = strided(0, 0, 'F64', [2, 40], [1, 0]); // in too many pieces for segments
    const { bytes } = await computed(view, nan);
    expect(new Uint32Array(bytes.buffer, 0, 2)).toEqual(bits.subarray(0, 2));
    await check(view, nan, 'general');
    await check(concat(0, [view, scale(1, view)]), nan, 'general');
    await check(scale(1, view), nan, 'general');
  });
});

/** What the two kinds of programs keep in a lane. */
type Held = { readonly lane: Lane } | { readonly context: { readonly lane: Lane } };

describe('memory', () => {
  const product = (model: Model, k: number, n: number) => matmul(model.tensor('F32', [8, k]), model.tensor('F32', [k, n]));

  test('operands that do not fit are refused with the number that is needed', async () => {
    const model = new Model(), expression = product(model, 256, 1024), inputs = programInputs(model);
    const refusal = await compile(expression, inputs, { memoryBytes: 2 * MIB }).then(() => undefined, (error: unknown) => error as { findings: { parameters: { needed: number } }[] });
    expect(refusal).toMatchObject({ code: 'memory-too-small' });
    const needed = refusal!.findings[0]!.parameters.needed;
    expect(needed).toBeGreaterThan(2 * MIB);
    const program = await compile(expression, inputs, { memoryBytes: needed });
    expect(program.residentBytes).toBeLessThanOrEqual(needed);
    expect(Buffer.from(await bytesOf(program, 'F64', [8, 1024]))).toEqual(Buffer.from(expectedBytes(expression, model)));
  });

  test('parts of a concatenation have their operands packed one after the other', async () => {
    const model = new Model(), experts = Array.from({ length: 6 }, () => matmul(model.tensor('F32', [64, 40]), model.tensor('F32', [40, 2000])));
    const expression = cast('BF16', concat(0, experts)), all = await compile(expression, programInputs(model), { memoryBytes: 64 * MIB });
    // Less than all six take, more than one does.
    const some = await compile(expression, programInputs(model), { memoryBytes: all.residentBytes - 2 * MIB });
    expect(some.residentBytes).toBeLessThan(all.residentBytes - MIB);
    for (const program of [all, some]) {
      expect(Buffer.compare(Buffer.from(await bytesOf(program, 'BF16', [384, 2000], 5)), Buffer.from(expectedBytes(expression, model)))).toBe(0);
    }
  });

  test('a lane never holds more than the program said', async () => {
    const model = new Model(), w = model.tensor('BF16', [600, 400]), V = add(w, scale(2, matmul(model.tensor('F32', [600, 8]), model.tensor('F32', [8, 400]))));
    const column = model.tensor('F32', [600, 1]);
    const shapes: Expression[] = [
      cast('BF16', V), cast('F32', V), cast('BF16', multiply(divide(column, norm([1], V)), V)), cast('F16', multiply(divide(model.tensor('F32', [1, 400]), norm([0], V)), V)),
      cast('F32', transpose(V)), cast('BF16', add(V, V)), transpose(w), cast('F32', matmul(transpose(V), V)), cast('F16', concat(1, [V, V])),
    ];
    for (const kernels of ['wasm', 'simd', 'plain'] as const) for (const expression of shapes) for (const memoryBytes of [64 * MIB, 8 * MIB]) {
      const program = await compile(expression, programInputs(model), { memoryBytes, kernels });
      expect(program.residentBytes).toBeLessThanOrEqual(memoryBytes);
      await bytesOf(program, expression.dtype, expression.shape, 2);
      expect(program.kind).not.toBe('copy');
      const held = await (await lanes(kernels)).use(program, () => Promise.reject(new Error('its lane was taken away')), async (content: Held) => content);
      const lane = 'lane' in held ? held.lane : held.context.lane;
      expect(lane.used).toBeLessThanOrEqual(program.residentBytes);
    }
  });
});

describe('running', () => {
  const model = new Model(), w = model.tensor('BF16', [64, 96]), make = (rank: number) =>
    cast('BF16', add(w, scale(2, matmul(model.tensor('F32', [64, rank], 0.1), model.tensor('F32', [rank, 96], 0.1)))));

  test('programs run inside each other, side by side and in turns', async () => {
    const expressions = [make(4), make(8), cast('F32', make(3))], inputs = programInputs(model);
    const expected = expressions.map((expression) => Buffer.from(expectedBytes(expression, model)));
    const programs = await Promise.all(expressions.map((expression) => compile(expression, inputs, { memoryBytes: 64 * MIB })));
    const all = () => Promise.all(programs.flatMap((program, i) => [0, 1].map(async () => Buffer.from(await bytesOf(program, expressions[i]!.dtype, [64, 96], 4)).equals(expected[i]!))));
    expect(await all()).toEqual(Array(6).fill(true));
    expect(await all()).toEqual(Array(6).fill(true));
    await programs[0]!.run(0, 64 * 96, async (at, bytes) => {
      const inner = Buffer.from(await bytesOf(programs[1]!, 'BF16', [64, 96]));
      expect(inner.equals(expected[1]!)).toBe(true);
      expect(expected[0]!.subarray(at, at + bytes.length).equals(bytes)).toBe(true);
    });
  });

  test('sources may answer later, and in small portions', async () => {
    const expression = make(5), blobs = model.files.map((bytes, i) => blobSource(`blob-${i}`, new Blob([Uint8Array.from(bytes)])));
    const slow = blobs.map((source) => ({ ...source, read: (at: number, into: Uint8Array) => source.read(at, into.subarray(0, 1000)) }));
    const program = await compile(expression, { source: (i) => slow[i]!, stage: () => slow[0]! }, { memoryBytes: 64 * MIB });
    expect(program.kind).toBe('fused');
    expect(Buffer.from(await bytesOf(program, 'BF16', [64, 96], 3)).equals(Buffer.from(expectedBytes(expression, model)))).toBe(true);
  });

  test('a failed run leaves a lane that can be used again', async () => {
    const expression = make(6), program = await compile(expression, programInputs(model), { memoryBytes: 64 * MIB });
    await expect(program.run(0, 64 * 96, () => { throw new Error('the disk is full'); })).rejects.toThrow('the disk is full');
    expect(Buffer.from(await bytesOf(program, 'BF16', [64, 96])).equals(Buffer.from(expectedBytes(expression, model)))).toBe(true);
  });
});
