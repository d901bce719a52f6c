/** @module What a verdict adds in words, in both languages. */
import type { Text } from '../findings/index.ts';
import type { DType, Shape } from '../tensors/index.ts';

/** Several remarks as one. */
export function joinNotes(notes: readonly (Text | undefined)[]): Text | undefined {
  const said = notes.filter((note) => note !== undefined);
  return said.length === 0 ? undefined : { en: said.map(({ en }) => en).join('; '), zh: said.map(({ zh }) => zh).join('；') };
}

/** The name of a rounding: the same word in every language. */
export const named = (name: string): Text => ({ en: name, zh: name });

export const shapeNote = (found: Shape, expected: Shape): Text => ({
  en: `shape [${found.join(', ')}] instead of [${expected.join(', ')}]`, zh: `形状为 [${found.join(', ')}]，应为 [${expected.join(', ')}]`,
});

export const vocabularyNote = (found: Shape, expected: Shape): Text => ({
  en: `${found[0]} rows of the vocabulary instead of ${expected[0]}`, zh: `词表有 ${found[0]} 行，应为 ${expected[0]} 行`,
});

export const dtypeNote = (stored: DType, base: DType): Text => ({ en: `stored as ${stored}, the base as ${base}`, zh: `以 ${stored} 存储，基座为 ${base}` });

export const cannotCompareNote = (dtype: DType): Text => ({ en: `${dtype} cannot be compared with a computed value`, zh: `${dtype} 无法与计算值比较` });

export const stepsNote = (steps: number): Text => ({ en: `another rounding, at most ${steps} step${steps === 1 ? '' : 's'} off`, zh: `其他舍入方式，最多相差 ${steps} 步` });

export const elementsNote = (differing: number, elements: number): Text => ({ en: `${differing} of ${elements} elements differ`, zh: `${elements} 个元素中有 ${differing} 个不同` });

export const leaningNote: Text = { en: 'no more than rounding apart, but all one way: another delta', zh: '差异不超过舍入误差，但都偏向同一方向：是另一个增量' };

export const magnitudeNote: Text = { en: 'every row is the right one times a number of its own: wrong magnitudes', zh: '每一行都是正确行乘以各自的系数：幅值有误' };

export const absentNote: Text = { en: 'no more than rounding apart, but the delta does not show', zh: '差异不超过舍入误差，但看不到增量' };
