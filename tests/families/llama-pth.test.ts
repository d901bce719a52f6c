/** The numbers of params.json against models that were released. */
import { describe, expect, it } from 'vitest';
import { ffnFields, ffnWidth, usualShards } from '../../src/families/index.ts';

describe('params.json', () => {
  // hidden_size, intermediate_size as published, and what Meta wrote.
  const released: readonly (readonly [string, number, number, number, number | undefined])[] = [
    ['LLaMA 7B', 4096, 11008, 256, undefined], ['LLaMA 13B', 5120, 13824, 256, undefined], ['LLaMA 33B', 6656, 17920, 256, undefined], ['LLaMA 65B', 8192, 22016, 256, undefined],
    ['Llama 2 70B', 8192, 28672, 4096, 1.3], ['Llama 3 8B', 4096, 14336, 1024, 1.3], ['Llama 3.1 405B', 16384, 53248, 4096, 1.2], ['Llama 3.2 1B', 2048, 8192, 256, 1.5], ['Llama 3.2 3B', 3072, 8192, 256, 1],
  ];

  it.each(released)('%s', (_, dim, ffn, multipleOf, multiplier) => {
    expect(ffnFields(dim, ffn)).toEqual({ multipleOf, ...(multiplier === undefined ? {} : { multiplier }) });
    expect(ffnWidth(dim, multipleOf, multiplier)).toBe(ffn);
  });

  it('has numbers for any width', () => {
    for (const dim of [32, 48, 640, 2048, 4096]) {
      for (let ffn = dim; ffn < 5 * dim; ffn += Math.ceil(dim / 7)) {
        const { multipleOf, multiplier } = ffnFields(dim, ffn);
        expect([dim, ffn, ffnWidth(dim, multipleOf, multiplier)]).toEqual([dim, ffn, ffn]);
      }
    }
  });

  it('knows how many shards Meta cut', () => {
    expect([[2048, 16], [4096, 32], [5120, 40], [6656, 60], [8192, 80], [8192, 48], [16384, 126]].map(([dim, layers]) => usualShards(dim!, layers!))).toEqual([1, 1, 2, 4, 8, 4, 8]);
  });
});
