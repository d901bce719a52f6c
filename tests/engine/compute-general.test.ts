import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generalProgram } from '../../src/engine/compute/general.ts';
import { lanes } from '../../src/engine/compute/kernels.ts';
import type { Context } from '../../src/engine/compute/operators.ts';
import { elementCount } from '../../src/tensors/index.ts';
import { anyCase } from './compute-expressions.ts';
import { bytesOf, computed, expectedBytes, programInputs } from './compute-support.ts';

describe('any expression', () => {
  for (const kernels of ['wasm', 'simd', 'plain'] as const) {
    test(`gives the reference evaluator's bytes, ${kernels} kernels`, async () => {
      await fc.assert(fc.asyncProperty(anyCase, fc.integer({ min: 1, max: 4 }), async (each, pieces) => {
        const { bytes } = await computed(each.expression, each, { kernels }, pieces);
        expect(Buffer.from(bytes)).toEqual(Buffer.from(expectedBytes(each.expression, each)));
      }), { numRuns: 300, endOnFailure: true });
    });
  }

  test('gives the same bytes in tiles of any size, in exactly the memory that it asks for', async () => {
    const pool = await lanes('wasm');
    await fc.assert(fc.asyncProperty(anyCase, fc.integer({ min: 1, max: 40 }), async (each, tile) => {
      const { dtype, shape } = each.expression, make = (memoryBytes: number) => generalProgram(each.expression, programInputs(each), memoryBytes, 'wasm', tile);
      const refusal = await make(1).then(() => expect.fail('a byte is enough?'), (error: unknown) => error as { findings: { parameters: { needed: number } }[] });
      const program = await make(refusal.findings[0]!.parameters.needed);
      expect(Buffer.from(await bytesOf(program, dtype, shape, 2))).toEqual(Buffer.from(expectedBytes(each.expression, each)));
      if (elementCount(shape) === 0) return;
      const { lane } = await pool.use(program, () => Promise.reject(new Error('its lane was taken away')), async (context: Context) => context);
      expect(lane.used).toBeLessThanOrEqual(program.residentBytes);
    }), { numRuns: 300, endOnFailure: true });
  });
});
