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

/** Another shape. */
export const shapeNote = (found: Shape, expected: Shape): Text => ({
  en: `shape [${found.join(', ')}] instead of [${expected.join(', ')}]`, zh: `形状为 [${found.join(', ')}]，应为 [${expected.join(', ')}]`,
});

/** Another number of rows. */
export const vocabularyNote = (found: Shape, expected: Shape): Text => ({
  en: `${found[0]} rows of the vocabulary instead of ${expected[0]}`, zh: `词表有 ${found[0]} 行，应为 ${expected[0]} 行`,
});

/** The merged model stores it in another dtype than the base. */
export const dtypeNote = (stored: DType, base: DType): Text => ({ en: `stored as ${stored}, the base as ${base}`, zh: `以 ${stored} 存储，基座为 ${base}` });

/** A dtype that computed values are not rounded to. */
export const cannotCompareNote = (dtype: DType): Text => ({ en: `${dtype} cannot be compared with a computed value`, zh: `${dtype} 无法与计算值比较` });

/** A rounding without a name. */
export const stepsNote = (steps: number): Text => ({ en: `another rounding, at most ${steps} step${steps === 1 ? '' : 's'} off`, zh: `其他舍入方式，最多相差 ${steps} 步` });

/** How much of it is off. */
export const elementsNote = (differing: number, elements: number): Text => ({ en: `${differing} of ${elements} elements differ`, zh: `${elements} 个元素中有 ${differing} 个不同` });

/** Small differences that are no rounding: all one way. */
export const leaningNote: Text = { en: 'no more than rounding apart, but all one way: another delta', zh: '差异不超过舍入误差，但都偏向同一方向：是另一个增量' };

/** Small differences that are no rounding: whole lines at once. */
export const magnitudeNote: Text = { en: 'every row or column is the right one times a number of its own: wrong magnitudes', zh: '每一行或每一列都是正确值乘以各自的系数：幅值有误' };

/** Small differences that are no rounding: the delta is not among them. */
export const absentNote: Text = { en: 'no more than rounding apart, but the delta does not show', zh: '差异不超过舍入误差，但看不到增量' };
