import { describe, expect, it } from 'vitest';
import { filesBelow, readText } from './modules.ts';

/** Lines a file of src/ may have. Beyond it one idea has become two. */
const HARD_CAP = 500;
/** Nine files of ten stay below this. */
const NINE_OF_TEN = 300;

/** Generated tables are as long as what they are generated from. */
const handWritten = filesBelow('src').filter((file) => file.endsWith('.ts') && !file.endsWith('.generated.ts'));
const sizes = handWritten.map((file) => ({ file, lines: readText(file).trimEnd().split('\n').length })).sort((a, b) => a.lines - b.lines);
const quantile = (q: number) => sizes[Math.min(sizes.length - 1, Math.floor(q * sizes.length))]!.lines;

describe('file sizes', () => {
  it(`stay at or below ${HARD_CAP} lines`, () => {
    expect(sizes.filter(({ lines }) => lines > HARD_CAP)).toEqual([]);
  });

  it(`are at most ${NINE_OF_TEN} lines for nine files of ten`, () => {
    console.log(`src: ${sizes.length} files, median ${quantile(0.5)} lines, p90 ${quantile(0.9)}, longest ${sizes.at(-1)!.file} (${sizes.at(-1)!.lines})`);
    expect(quantile(0.9)).toBeLessThanOrEqual(NINE_OF_TEN);
  });
});
