import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatMemory, formatNumber, formatParameters, formatShare } from '../../src/reports/numbers.ts';
import { editDistance, suggest } from '../../src/reports/suggest.ts';
import { foldByName, ranges } from '../../src/reports/fold.ts';

describe('numbers', () => {
  it('prints sizes as the Hub does', () => {
    expect([0, 999, 1000, 999_499, 999_500, 16_060_556_000, 4_976_698_672, 9.999e12].map(formatBytes))
      .toEqual(['0 B', '999 B', '1.00 kB', '999 kB', '1.00 MB', '16.1 GB', '4.98 GB', '10.0 TB']);
  });

  it('prints budgets in the unit they were given in', () => {
    expect([512 * 2 ** 20, 2 * 2 ** 30, 1e9].map(formatMemory)).toEqual(['512 MiB', '2 GiB', '1.00 GB']);
  });

  it('prints parameters as 8.03B', () => {
    expect([12, 124_439_808, 8_030_261_248, 404_000_000_000, 1.03e12].map(formatParameters)).toEqual(['12', '124M', '8.03B', '404B', '1.03T']);
  });

  it('prints counts with commas', () => {
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  });

  it('prints numbers without zeros that say nothing', () => {
    expect([0, 2, 0.5, Math.SQRT2, 1e-7, 123456, 1.5e12, -0.25].map((n) => formatNumber(n))).toEqual(['0', '2', '0.5', '1.414', '1e-7', '123500', '1.5e12', '-0.25']);
  });

  it('never rounds something to nothing or to all', () => {
    expect(formatShare(0, 5)).toBe('0%');
    expect(formatShare(5, 5)).toBe('100%');
    expect(formatShare(1, 1e9)).toBe('<0.01%');
    expect(formatShare(1e9 - 1, 1e9)).toBe('>99.99%');
    expect(formatShare(1, 3)).toBe('33.3%');
    expect(formatShare(0, 0)).toBe('0%');
  });

  it('prints durations in two languages', () => {
    expect([0.44, 9.94, 9.96, 12.4, 59.6, 200, 3720].map((s) => formatDuration(s, 'en'))).toEqual(['0.4 s', '9.9 s', '10 s', '12 s', '1 min 00 s', '3 min 20 s', '1 h 02 min']);
    expect(formatDuration(200, 'zh')).toBe('3 分 20 秒');
  });
});

describe('suggestions', () => {
  it('counts a swap of neighbours once', () => {
    expect(editDistance('merge', 'merge')).toBe(0);
    expect(editDistance('mrege', 'merge')).toBe(1);
    expect(editDistance('mrge', 'merge')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('suggests what is near and nothing that is far', () => {
    const commands = ['inspect', 'convert', 'merge', 'verify'];
    expect(suggest('isnpect', commands)).toBe('inspect');
    expect(suggest('conv', commands)).toBe('convert');
    expect(suggest('quantize', commands)).toBeUndefined();
    expect(suggest('x', commands)).toBeUndefined();
  });
});

describe('folding of names', () => {
  it('joins names that differ in numbers', () => {
    const names = [0, 1, 2, 4].flatMap((i) => [`model.layers.${i}.q.weight`, `model.layers.${i}.k.weight`]).concat('lm_head.weight');
    expect(foldByName(names, (name) => name).map(({ name, entries }) => [name, entries.length])).toEqual([
      ['model.layers.[0-2,4].q.weight', 4], ['model.layers.[0-2,4].k.weight', 4], ['lm_head.weight', 1],
    ]);
  });

  it('leaves numbers alone that are part of a word or the same everywhere', () => {
    expect(foldByName(['blocks.3.conv1.weight', 'blocks.3.conv1.weight2'], (name) => name).map(({ name }) => name)).toEqual(['blocks.3.conv1.weight', 'blocks.3.conv1.weight2']);
  });

  it('keeps apart what is not the same', () => {
    expect(foldByName([{ n: 'a.0', k: 1 }, { n: 'a.1', k: 2 }], ({ n }) => n, ({ k }) => String(k))).toHaveLength(2);
  });

  it('takes names that are traps for objects', () => {
    expect(foldByName(['__proto__', 'constructor', '__proto__'], (name) => name).map(({ entries }) => entries.length)).toEqual([2, 1]);
  });

  it('writes sets as ranges', () => {
    expect(ranges(new Set([7, 0, 1, 2, 9, 10]))).toBe('0-2,7,9-10');
  });
});
