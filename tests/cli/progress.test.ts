import { describe, expect, it } from 'vitest';
import { showProgress } from '../../src/cli/progress.ts';
import { PLAIN } from '../../src/reports/screen.ts';
import { displayWidth } from '../../src/reports/width.ts';
import type { ProgressEvent } from '../../src/verbs/verb.ts';

/** Progress over `seconds`, an event every `stepMs`; gives what was written and when. */
function watch(seconds: number, stepMs: number, terminal: boolean, columns = 80): { at: number; text: string }[] {
  let now = 50_000;
  const begin = now, written: { at: number; text: string }[] = [];
  const progress = showProgress({ ...PLAIN, columns }, { write: (text) => written.push({ at: now - begin, text }), terminal, now: () => now });
  const total = 16e9;
  progress.onEvent({ kind: 'phase', phase: 'open' });
  for (; now - begin <= seconds * 1000; now += stepMs) {
    progress.onEvent({ kind: 'progress', phase: 'run', doneBytes: (total * (now - begin)) / (seconds * 1000), totalBytes: total, current: 'model.layers.12.mlp.down_proj.weight\x1b[2J' });
  }
  progress.stop();
  return written;
}

describe('progress', () => {
  it('says nothing about work that is done within a second', () => {
    expect(watch(0.9, 10, true)).toEqual([]);
    expect(watch(4.9, 10, false)).toEqual([]);
  });

  it('redraws one line at most ten times a second on a terminal, and takes it away', () => {
    const written = watch(5, 3, true);
    expect(written[0]!.at).toBeGreaterThanOrEqual(1000);
    expect(written.length).toBeGreaterThan(30);
    expect(written.length).toBeLessThanOrEqual(42);
    for (const { text } of written) {
      expect(text).toMatch(/^\r\x1b\[2K/);
      expect(text).not.toContain('\n');
    }
    expect(written.at(-1)!.text).toBe('\r\x1b[2K');
  });

  it('prints a plain line every five seconds into a log', () => {
    const written = watch(21, 100, false, Infinity);
    expect(written.map(({ at }) => at)).toEqual([5000, 10000, 15000, 20000]);
    for (const { text } of written) expect(text).toMatch(/^writing .*\n$/);
  });

  it('tells bytes, rate, time left and what is in hand, within the screen', () => {
    const { text } = watch(20, 100, true, 100).at(-4)!;
    const line = text.slice('\r\x1b[2K'.length);
    expect(line).toMatch(/^writing {2}\d+% {2}15\.\d GB \/ 16\.0 GB {2}800 MB\/s {2}0\.\d s left {2}model/);
    for (const columns of [40, 60, 80, 100, 200]) {
      for (const one of watch(3, 100, true, columns)) expect(displayWidth(one.text.slice('\r\x1b[2K'.length))).toBeLessThan(Math.max(columns, 70));
    }
    expect(text).not.toContain('\x1b[2J');
  });

  it('follows a rate that changes', () => {
    let now = 0;
    const lines: string[] = [];
    const progress = showProgress({ ...PLAIN, language: 'zh' }, { write: (text) => lines.push(text), terminal: false, now: () => now });
    const event = (doneBytes: number): ProgressEvent => ({ kind: 'progress', phase: 'run', doneBytes, totalBytes: 20e9 });
    // 1 GB/s for ten seconds, then 100 MB/s.
    for (; now < 10_000; now += 500) progress.onEvent(event(now * 1e6));
    for (; now <= 30_000; now += 500) progress.onEvent(event(10e9 + (now - 10_000) * 1e5));
    expect(lines[0]).toContain('1.00 GB/s');
    expect(lines.at(-1)).toContain('100 MB/s');
    expect(lines.at(-1)).toContain('剩余 1 分 20 秒');
  });
});
