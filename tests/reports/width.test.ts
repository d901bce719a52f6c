import { describe, expect, it } from 'vitest';
import { characterWidth, displayWidth, pad, truncate } from '../../src/reports/width.ts';
import { hanging, wrap } from '../../src/reports/wrap.ts';

describe('display width', () => {
  it.each([
    ['', 0], ['abc', 3], ['微调', 4], ['，。', 4], ['ｆｕｌｌ', 8], ['ﾊﾝ', 2], ['한국어', 6], ['日本', 4], ['é', 1], ['e\u0301', 1],
    ['…→·×≥', 5], ['🙂', 2], ['𠮷', 2], ['a\u200bb', 2], ['\x1b[1;31m错误\x1b[0m', 4], ['—“”', 3], ['█', 1], ['✓✗', 2], ['⌚', 2], ['ʰ', 1],
  ])('of %j is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('knows the edges of its ranges', () => {
    const widths = (points: number[]) => points.map((point) => characterWidth(String.fromCodePoint(point)));
    expect(widths([0x10ff, 0x1100, 0x115f, 0x1160])).toEqual([1, 2, 2, 1]);
    expect(widths([0xff00, 0xff01, 0xff60, 0xff61])).toEqual([1, 2, 2, 1]);
    expect(widths([0x1ffff, 0x20000, 0x3fffd, 0x3fffe])).toEqual([1, 2, 2, 1]);
  });

  it('pads by width, not by length', () => {
    expect(pad('大小', 6)).toBe('大小  ');
    expect(pad('大小', 6, 'right')).toBe('  大小');
    expect(pad('大小', 3)).toBe('大小');
  });

  it('never cuts to more than was asked for', () => {
    for (const text of ['model.layers.0.self_attn.q_proj.weight', '微调之后的模型权重文件', 'a微b调c之d后e']) {
      for (let columns = 0; columns < 40; columns++) {
        for (const keepEnd of [false, true]) expect(displayWidth(truncate(text, columns, keepEnd))).toBeLessThanOrEqual(Math.max(columns, 0));
      }
    }
    expect(truncate('model.layers.0.self_attn.q_proj.weight', 20)).toBe('model.layers.0.self…');
    expect(truncate('model.layers.0.self_attn.q_proj.weight', 20, true)).toBe('model.la…proj.weight');
    expect(truncate('微调之后', 5)).toBe('微调…');
  });
});

describe('line breaking', () => {
  it('breaks English between words', () => {
    expect(wrap('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrap('a/very/long/path/that/has/no/space x', 10)).toEqual(['a/very/long/path/that/has/no/space', 'x']);
  });

  it('breaks Chinese anywhere but before closing punctuation', () => {
    const lines = wrap('适配器已在合并后的模型中，它改动的张量全部正确。', 12);
    expect(lines.join('')).toBe('适配器已在合并后的模型中，它改动的张量全部正确。');
    for (const line of lines) {
      expect(displayWidth(line)).toBeLessThanOrEqual(14);
      expect(line).not.toMatch(/^[，。]/);
    }
  });

  it('never ends a line with an opening bracket', () => {
    for (let columns = 6; columns < 30; columns++) {
      for (const line of wrap('基座（base）与适配器（adapter）的形状“不符”，请检查', columns)) expect(line).not.toMatch(/[（“]$/);
    }
  });

  it('hangs further lines under the first', () => {
    expect(hanging('  why  ', 'one two three four five six', 27)).toBe('  why  one two three four\n       five six');
  });
});
