import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generate, TARGET } from '../../kernels/generate.mjs';
import { FUSED_KERNELS } from '../../src/engine/compute/kernels.generated.ts';
import { lanes, SPREAD } from '../../src/engine/compute/kernels.ts';
import type { Lane } from '../../src/engine/compute/lane.ts';
import { roundBF16, roundF16, valueBF16, valueF16 } from '../../src/engine/compute/numbers.ts';
import { decodeElements, encodeElements, roundBits, valueTable } from '../../src/tensors/index.ts';
import { random } from './compute-support.ts';

/** Runs `work` on a lane of either kind. */
async function onLanes(work: (lane: Lane) => void): Promise<void> {
  for (const choice of ['wasm', 'simd', 'plain'] as const) {
    const pool = await lanes(choice);
    expect(pool.float32).toBe(choice !== 'plain');
    await pool.use({}, async (lane) => lane, async (lane) => { work(lane); });
  }
}

/** Values around everything that rounding to a small float can get wrong. */
function hardValues(): Float64Array {
  const { int, normal } = random(1), values: number[] = [0, -0, NaN, Infinity, -Infinity, 5e-324, -5e-324, Number.MAX_VALUE, 2 ** -1022];
  const around = (x: number) => { for (const step of [-1, -0.5, 0, 0.5, 1]) values.push(x * (1 + step * 2 ** -51), -x * (1 + step * 2 ** -51)); };
  for (const dtype of ['BF16', 'F16'] as const) {
    const table = valueTable(dtype);
    for (let n = 0; n < 4000; n++) {
      const bits = n < 300 ? n : int(0x7f7f), low = table[bits]!, high = table[bits + 1]!;
      if (Number.isFinite(low + high)) around((low + high) / 2);
    }
  }
  for (const x of [65504, 65519.99, 65520, 65536, 3.3895313892515355e38, 2 ** 128, 2 ** 128 - 2 ** 103, 2 ** -126, 2 ** -133, 2 ** -134, 2 ** -149, 2 ** -150, 2 ** -14, 2 ** -24, 2 ** -25]) around(x);
  for (let n = 0; n < 20_000; n++) values.push(normal() * 2 ** (int(300) - 150));
  while (values.length % 4 !== 3) values.push(1);
  return Float64Array.from(values);
}

describe('kernels', () => {
  test('the committed module is what the generator makes', async () => {
    expect(readFileSync(TARGET, 'utf8')).toBe(await generate());
  });

  test('use fused multiply-add, which every Node that is supported has', () => {
    expect(WebAssembly.validate(Buffer.from(FUSED_KERNELS, 'base64'))).toBe(true);
  });

  test('round float64 as the reference does', async () => {
    const values = hardValues(), count = values.length;
    await onLanes((lane) => {
      const from = lane.allocate(count * 8), to = lane.allocate(count * 4);
      lane.doubles(from, count).set(values);
      for (const [dtype, size, kernel] of [['BF16', 2, 'encodeBF16'], ['F16', 2, 'encodeF16'], ['F32', 4, 'encodeF32']] as const) {
        const expected = new Uint8Array(count * size);
        encodeElements(dtype, values, expected);
        lane.kernels[kernel](from.at, to.at, count);
        expect(Buffer.compare(lane.bytes(to, count * size), expected), dtype).toBe(0);
      }
    });
    for (const value of values) {
      if (roundBF16(value) !== roundBits('BF16', value) || roundF16(value) !== roundBits('F16', value)) expect.fail(`${value} is rounded wrongly`);
    }
  });

  test('know the value of every 16-bit pattern', () => {
    for (const [dtype, value] of [['BF16', valueBF16], ['F16', valueF16]] as const) {
      expect(valueTable(dtype).findIndex((expected, bits) => !Object.is(value(bits), expected)), dtype).toBe(-1);
    }
  });

  test('decode every 16-bit pattern, and float32', async () => {
    const count = 65_536, halves = Uint16Array.from({ length: count }, (_, bits) => bits);
    const singles = new Float32Array(Uint32Array.from({ length: count }, (_, i) => i * 65_537).buffer);
    await onLanes((lane) => {
      const from = lane.allocate(count * 4), to = lane.allocate(count * 8);
      for (const [dtype, bytes, kernel] of [['BF16', halves, 'decodeBF16'], ['F16', halves, 'decodeF16'], ['F32', singles, 'decodeF32']] as const) {
        const raw = new Uint8Array(bytes.buffer), expected = new Float64Array(count);
        decodeElements(dtype, raw, expected);
        lane.u8.set(raw, from.at);
        lane.kernels[kernel](from.at, to.at, count);
        const got = lane.doubles(to, count);
        expect(got.every((value, i) => Object.is(value, expected[i]) || (value !== value && expected[i] !== expected[i])), dtype).toBe(true);
      }
    });
  });

  test.for([['add', (x: number, y: number) => x + y], ['multiply', (x: number, y: number) => x * y], ['divide', (x: number, y: number) => x / y]] as const)(
    '%s, with one number on either side, writes nothing behind the last element', async ([name, op]) => {
      const { normal } = random(2);
      await onLanes((lane) => {
        for (const count of [1, 2, 3, 8, 33]) for (const [spread, at] of [[SPREAD.none, 0], [SPREAD.a, 8], [SPREAD.b, 8]] as const) {
          const a = lane.allocate(512), b = lane.allocate(512), to = lane.allocate(512);
          const x = lane.doubles(a, 64).map(normal), y = lane.doubles(b, 64).map(normal);
          lane.doubles(a, 64).set(x);
          lane.doubles(b, 64).set(y);
          lane.doubles(to, 64).fill(7);
          // Rows inside a block are not aligned to pairs.
          lane.kernels[name](a.at + at, b.at + at, to.at + at, count, spread);
          const first = at / 8, expected = Float64Array.from({ length: 64 }, (_, i) => (i < first || i >= first + count ? 7
            : op(x[spread === SPREAD.a ? first : i]!, y[spread === SPREAD.b ? first : i]!)));
          expect(lane.doubles(to, 64)).toEqual(expected);
          for (const block of [a, b, to]) lane.release(block);
        }
      });
    });

  test('squares are summed in order', async () => {
    const { normal } = random(4), rows = 8, columns = 37, values = Float64Array.from({ length: rows * columns }, normal);
    const byRow = new Float64Array(rows).fill(0.1), byColumn = new Float64Array(columns).fill(0.1);
    values.forEach((value, n) => {
      byRow[Math.floor(n / columns)]! += value * value;
      byColumn[n % columns]! += value * value;
    });
    await onLanes((lane) => {
      const from = lane.allocate(values.length * 8), sums = lane.allocate(columns * 8);
      lane.doubles(from, values.length).set(values);
      lane.doubles(sums, columns).fill(0.1);
      lane.kernels.squareRows(from.at, sums.at, rows, columns);
      expect(lane.doubles(sums, rows)).toEqual(byRow);
      lane.doubles(sums, columns).fill(0.1);
      for (let i = 0; i < rows; i++) lane.kernels.squareColumns(from.at + i * columns * 8, sums.at, columns);
      expect(lane.doubles(sums, columns)).toEqual(byColumn);
    });
  });
});
