import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyCase } from './compute-expressions.ts';
import { computed, expectedBytes } from './compute-support.ts';

describe('any expression', () => {
  for (const kernels of ['wasm', 'plain'] as const) {
    test(`gives the reference evaluator's bytes, ${kernels} kernels`, async () => {
      await fc.assert(fc.asyncProperty(anyCase, fc.integer({ min: 1, max: 4 }), async (each, pieces) => {
        const { bytes } = await computed(each.expression, each, { kernels }, pieces);
        expect(Buffer.from(bytes)).toEqual(Buffer.from(expectedBytes(each.expression, each)));
      }), { numRuns: 300, endOnFailure: true });
    });
  }
});
