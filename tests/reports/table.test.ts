import { describe, expect, it } from 'vitest';
import { table } from '../../src/reports/table.ts';
import { PLAIN } from '../../src/reports/screen.ts';
import { displayWidth } from '../../src/reports/width.ts';

const COLUMNS = [{ title: 'Name', cut: 'middle' }, { title: 'Size', align: 'right' }, { title: 'Note', cut: 'end' }] as const;
const ROWS = [
  ['model.layers.0.self_attn.q_proj.weight', '16.1 GB', 'from the base, which was found in the cache of the hub'],
  ['配置文件', '9 B', '来自适配器目录'],
];

describe('tables', () => {
  it('line up numbers to the right and wide characters by width', () => {
    expect(table(PLAIN, COLUMNS, ROWS)).toEqual([
      'Name                                       Size  Note',
      'model.layers.0.self_attn.q_proj.weight  16.1 GB  from the base, which was found in the cache of the hub',
      '配置文件                                    9 B  来自适配器目录',
    ]);
  });

  it('stay within the screen and keep both ends of a name', () => {
    for (const columns of [40, 60, 80]) {
      const lines = table({ ...PLAIN, columns }, COLUMNS, ROWS);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines[1]).toMatch(/^model.*…?.*weight {2}16\.1 GB {2}/);
    }
  });

  it('colour what is styled without moving anything', () => {
    const rows = [[{ text: 'name', style: 'name' as const }, '1 B', ''], ['longer name', '22 B', 'x']];
    const plain = table(PLAIN, COLUMNS, rows), coloured = table({ ...PLAIN, color: true }, COLUMNS, rows);
    expect(coloured.map((line) => line.replace(/\x1b\[[\d;]*m/g, '').trimEnd())).toEqual(plain);
    expect(coloured[1]).toContain('\x1b[36mname\x1b[0m');
  });

  it('are nothing without rows', () => {
    expect(table(PLAIN, COLUMNS, [])).toEqual([]);
  });
});
