/** How a comparison reads, in both languages. */
import { expect, it } from 'vitest';
import { diffSentence, renderDiff, PLAIN, type DiffBody, type DiffedTensor } from '../../src/reports/index.ts';

const row = (name: string, rest: Partial<DiffedTensor>): DiffedTensor => ({ name, status: 'same', max_abs: 0, relative_norm: 0, elements: 4096, differing: 0, ...rest });
const body = (...tensors: DiffedTensor[]): DiffBody => {
  const summary = { added: 0, removed: 0, changed: 0, same: 0, dtype_changed: 0, shape_changed: 0 };
  for (const { status } of tensors) summary[status]++;
  return { summary, tensors };
};
const changed = { status: 'changed', max_abs: 0.25, relative_norm: 0.0123, differing: 4096, full_rank: 64 } as const;

it('folds layers and shows the one that changed most', () => {
  const lines = renderDiff(body(row('layers.0.w', { ...changed, effective_rank: 3 }), row('layers.1.w', { ...changed, relative_norm: 0.5, effective_rank: 8 }), row('norm', {})), PLAIN).join('\n');
  expect(lines).toContain('2 of 3 tensors differ. The matrices changed by at most rank 8');
  expect(lines).toMatch(/layers\.\[0-1\]\.w +×2 +changed +0\.25 +0\.5 +100% +3–8/);
});

it('says how tokens, shapes and names differ', () => {
  const lines = renderDiff(body(
    row('embed', { ...changed, changed_rows: 7 }), row('head', { status: 'shape_changed', max_abs: null, relative_norm: null, shape_a: [10, 4], shape_b: [12, 4], note: { en: 'called head.weight in B', zh: '在 B 中名为 head.weight' } }),
  ), { ...PLAIN, language: 'zh' }).join('\n');
  expect(lines).toContain('7 行');
  expect(lines).toContain('A 中为 [10, 4]，B 中为 [12, 4]');
  expect(lines).toContain('在 B 中名为 head.weight');
});

it('names the dtypes once when nothing else differs', () => {
  const other = body(row('a', { status: 'dtype_changed', dtype_a: 'BF16', dtype_b: 'F32' }), row('b', { status: 'dtype_changed', dtype_a: 'BF16', dtype_b: 'F32' }));
  const lines = renderDiff(other, PLAIN);
  expect(lines[0]).toBe('The same values in another dtype: 2 of 2 tensors are stored in another one, and nothing else differs.');
  expect(lines.join('\n').match(/BF16 → F32/g)).toHaveLength(1);
});

it('does not speak of an adapter where a rank is only bounded, or could not be higher', () => {
  expect(diffSentence(body(row('a', { ...changed, effective_rank: 8, full_rank: 8 })), PLAIN)).toBe('1 of 1 tensors differ.');
  expect(diffSentence(body(row('a', { ...changed, effective_rank: 64, effective_rank_is_at_least: true })), PLAIN)).toBe('1 of 1 tensors differ.');
  expect(diffSentence(body(row('a', {})), PLAIN)).toBe('The same: all 1 tensors have equal values.');
});
