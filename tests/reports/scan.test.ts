import { describe, expect, it } from 'vitest';
import { renderScan, scanInOneLine } from '../../src/reports/scan.ts';
import { PLAIN } from '../../src/reports/screen.ts';

const body = (verdict: 'dangerous' | 'data-only', globals: string[] = []) => ({
  path: 'p', verdict, globals, next: [],
  files: [{ path: 'a\u001b[31m.bin', verdict, format: 'torch-zip', globals, weights_only: { loads: verdict === 'data-only' } }],
});

describe('the report of a scan', () => {
  it('begins with what it means, in both languages', () => {
    expect(renderScan(body('dangerous', ['os.system']), PLAIN)[0]).toContain('do not load it');
    expect(renderScan(body('dangerous', ['os.system']), { ...PLAIN, language: 'zh' })[0]).toContain('请勿加载');
    expect(scanInOneLine(body('data-only'), PLAIN)).toMatch(/^data-only: /);
  });
  it('names what a pickle names, at most twenty unless asked, and lets no escape through', () => {
    const many = Array.from({ length: 25 }, (_, i) => `module.name${i}`), text = renderScan(body('dangerous', many), PLAIN).join('\n');
    expect(text).toContain('module.name19');
    expect(text).not.toContain('module.name20');
    expect(text).toContain('and 5 more');
    expect(renderScan(body('dangerous', many), { ...PLAIN, all: true }).join('\n')).toContain('module.name24');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('does not load');
  });
});
