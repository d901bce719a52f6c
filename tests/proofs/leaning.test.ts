import { describe, expect, it } from 'vitest';
import { Leaning } from '../../src/proofs/leaning.ts';
import { random } from './world.ts';

/** Fills a matrix with differences whose direction `way` decides. */
function filled(shared: boolean, way: (row: number, column: number) => boolean): number {
  const leaning = new Leaning(64, 64, shared);
  for (let row = 0; row < 64; row++) for (let column = 0; column < 64; column++) leaning.add(row, column, way(row, column));
  return leaning.sigmas;
}

describe('leaning', () => {
  it('is far from chance when all differences go one way', () => {
    expect(filled(false, () => true)).toBe(64);
    expect(filled(true, () => false)).toBe(8);
  });

  it('is within chance when they go either way', () => {
    const next = random(1);
    expect(filled(false, () => next() < 0.5)).toBeLessThan(4);
    expect(filled(true, () => next() < 0.5)).toBeLessThan(4);
  });

  it('counts rows and columns, not elements, where these may share a rounding', () => {
    const next = random(2), rows = Array.from({ length: 64 }, () => next() < 0.6), byRow = (row: number) => rows[row]!;
    expect(filled(false, byRow)).toBeGreaterThan(5);
    expect(filled(true, byRow)).toBeLessThan(4);
    expect(filled(true, (_, column) => rows[column]!)).toBeLessThan(4);
  });

  it('says nothing of a few', () => {
    const leaning = new Leaning(4, 4, false);
    for (let i = 0; i < 16; i++) leaning.add(i >> 2, i & 3, true);
    expect(leaning.sigmas).toBe(0);
  });
});
