/** How an extraction reads, in both languages. */
import { expect, it } from 'vitest';
import { extractInOneLine, renderExtract, PLAIN, type ExtractBody } from '../../src/reports/index.ts';

const BODY: ExtractBody = {
  output: 'adapter', files: [{ path: 'adapter_model.safetensors', bytes: 1000 }], tensors: { copied: 1, computed: 4, renamed: 0, dropped: [] },
  extracted: {
    modules: [{ module: 'layers.0.q', rank: 4, energy_kept: 0.99999, relative_error: 0.003 }, { module: 'layers.1.q', rank: 7, energy_kept: 0.91, relative_error: 0.3 }],
    energy_kept: 0.95, full_tensors: ['norm.weight'], left_out: [],
  },
};

it('says how much is kept, the worst of every kind of module', () => {
  const lines = renderExtract(BODY, PLAIN).join('\n');
  expect(lines).toContain('The adapter holds 95% of the change of the linear weights (2 tensors). Carried whole: 1 tensor.');
  expect(lines).toMatch(/layers\.\[0-1\]\.q +×2 +4,7 +91% +0\.3/);
});

it('does not call nearly all all', () => {
  const { extracted } = BODY, nearly = { ...BODY, extracted: { ...extracted, modules: extracted.modules.slice(0, 1), energy_kept: 0.99999 } };
  expect(extractInOneLine(nearly, { ...PLAIN, language: 'zh' })).toBe('adapter: 适配器保留了线性权重（1 个张量）的改变中的 >99.99%。完整携带：1 个张量。');
});
