/** A written file opened again: anything but the planned tensors at the written bytes is refused. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/index.ts';
import { LAYOUTS } from '../../src/engine/layouts.ts';
import { isTemperError } from '../../src/findings/index.ts';
import type { PlannedTensor, WeightsFile } from '../../src/plans/index.ts';
import { proveWritten } from '../../src/proofs/written.ts';
import { stored, type DType } from '../../src/tensors/index.ts';

const tensor = (name: string, dtype: DType, shape: number[], more: Partial<PlannedTensor> = {}): PlannedTensor =>
  ({ name, dtype, shape, expression: stored(0, 0, dtype, shape), action: 'copied', formula: 'W', from: [], ...more });
const A = tensor('a', 'F32', [2, 3]), B = tensor('b', 'BF16', [4]), EMPTY = tensor('none', 'F32', [0, 7]);
const file = (container: WeightsFile['container'], tensors: readonly PlannedTensor[]): WeightsFile => ({ kind: 'weights', path: 'model.bin', container, metadata: {}, tensors });

/** The file as it is written, its data zeros. */
function written(plan: WeightsFile) {
  const { bytes, known, ranges, seal } = LAYOUTS[plan.container](plan), all = new Uint8Array(bytes);
  // The CRC-32 of zeros is not zero, but nothing here reads it.
  for (const { offset, bytes: part } of [...known, ...seal?.finish(seal.ranges.map(() => 0)) ?? []]) all.set(part, offset);
  return { source: memorySource('model.bin', all), ranges };
}

describe.each(['safetensors', 'torch-zip', 'torch-legacy'] as const)('%s', (container) => {
  const plan = file(container, [A, B, EMPTY]), { source, ranges } = written(plan);

  it('is what was planned', async () => {
    await expect(proveWritten(plan, ranges, source)).resolves.toBeUndefined();
  });

  it.each([
    ['another name', [A, tensor('c', 'BF16', [4]), EMPTY], ranges, 'c'], ['another dtype', [A, tensor('b', 'F16', [4]), EMPTY], ranges, 'b'], ['another shape', [A, tensor('b', 'BF16', [2, 2]), EMPTY], ranges, 'b'],
    ['one tensor less', [A, B], ranges.slice(0, 2), undefined], ['another place', [A, B, EMPTY], ranges.map(([offset, bytes], i) => [offset + (i === 1 ? 8 : 0), bytes] as const), 'b'],
  ] as const)('is refused with %s', async (_, tensors, places, name) => {
    const failure = await proveWritten(file(container, tensors), places, source).catch((error: unknown) => error);
    expect(isTemperError(failure, 'written-differs')).toBe(true);
    expect((failure as { findings: { tensor?: string }[] }).findings[0]!.tensor).toBe(name);
  });

  it('is refused as another format', async () => {
    const other = container === 'safetensors' ? 'torch-zip' : 'safetensors';
    expect(isTemperError(await proveWritten(file(other, [A, B, EMPTY]), ranges, source).catch((error: unknown) => error), 'written-differs')).toBe(true);
  });
});

it('knows names that share their bytes', async () => {
  const plan = file('torch-zip', [A, tensor('same', 'F32', [2, 3], { shares: { name: 'a', object: true } }), tensor('flat', 'F32', [6], { shares: { name: 'a', object: false } })]), { source, ranges } = written(plan);
  expect(new Set(ranges.map(([offset]) => offset)).size).toBe(1);
  await expect(proveWritten(plan, ranges, source)).resolves.toBeUndefined();
});
